using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Health;

/// <summary>Is all well: real servers, pages with TLS, and everything that can be wrong with them.</summary>
public sealed class HealthTests
{
    [SkippableFact]
    public async Task What_is_well_is_ok_and_what_is_not_says_so_and_what_to_do()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.ForLocalhost();
        await using var secure = new PageServer("Basket", certificate);
        await using var plain = new PageServer("Basket");
        await using var scene = await Scene.SetAsync((s, text) => $$"""
            {{text}}
            health:
              timeout: 3s
              http:
                good: { url: {{secure.Url()}}, contains: Basket, caFile: {{s.Folder.Write("ca.pem", authority.Pem)}}, within: 3s }
                stranger: { url: {{secure.Url()}} }
                broken: { url: {{plain.Url("/503")}} }
                expected: { url: {{plain.Url("/503")}}, status: 503, within: 3s }
                other: { url: {{plain.Url()}}, contains: Panier }
                slow: { url: {{plain.Url()}}, within: 1ms }
                silent: { url: "http://127.0.0.1:{{FreePort.Take()}}/" }
                hanging: { url: {{plain.Url("/hang")}} }
              logs:
                app: { file: {{s.Folder.Write("app.log", Log(TimeProvider.System.GetUtcNow()))}}, since: 1h }
                calm: { file: {{s.Folder["app.log"]}}, since: 1h, patterns: [nothing of the kind] }
                missing: { file: {{s.Folder["no.log"]}} }
              limits: { transaction: 1s, certificateDays: 9 }
            """);
        await scene.BackUpAsync();
        await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions(), default));
        var checks = await CheckAsync(scene);

        Assert.All(["good", "expected", "calm", "db", "db connections", "db transaction", "db wraparound", "db backup", "db restore test", "db restore time", "one", "two"],
            name => Assert.True(checks[name].Status == CheckVerdict.Ok, $"{name}: {checks[name]}"));
        Assert.Equal((HealthKind.Certificate, CheckVerdict.Warning, "days"), (checks["good certificate"].Kind, checks["good certificate"].Status, checks["good certificate"].Unit));
        Assert.InRange(checks["good certificate"].Measured!.Value, 4, 5);
        Bad("stranger", DrpError.Unreachable, "PartialChain");
        Bad("broken", DrpError.Failed, "503");
        Bad("other", DrpError.Failed, "Panier");
        Bad("silent", DrpError.Unreachable, "refused");
        Bad("hanging", DrpError.Unreachable, "timed out after 3.0s");
        Bad("missing", DrpError.Unreachable, "no.log");
        Odd("slow", "1 ms");
        Odd("app", "ERROR: of now");
        Assert.Equal(2, checks["app"].Measured);
        Assert.InRange(checks["cpu"].Measured!.Value, 0, 100);
        Assert.InRange(checks["memory"].Measured!.Value, 1, 100);
        Assert.InRange(checks["disk /"].Measured!.Value, 0, 100);

        // A transaction somebody forgot, and a day in which nobody backed up.
        Task forgotten = scene.Cluster.SqlAsync("BEGIN; SELECT pg_sleep(120)", "shop");
        for (var until = DateTime.UtcNow.AddSeconds(60); DateTime.UtcNow < until && (await CheckAsync(scene, kind: HealthKind.PostgreSql))["db transaction"].Status == CheckVerdict.Ok;) await Task.Delay(200);
        checks = await CheckAsync(scene, kind: HealthKind.PostgreSql);
        Odd("db transaction", "more than 1.0s");
        Assert.Contains("pg_terminate_backend", checks["db transaction"].Advice, StringComparison.Ordinal);
        await scene.Cluster.SqlAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' OR query LIKE 'BEGIN; SELECT pg_sleep%'");
        await Assert.ThrowsAnyAsync<Exception>(() => forgotten);
        checks = await CheckAsync(scene, new LaterClock(TimeSpan.FromDays(2)), HealthKind.Backup);
        Bad("db backup", DrpError.ObjectiveBreached, "more than 6h");
        Assert.Equal("drp backup", checks["db backup"].Advice![(checks["db backup"].Advice!.IndexOf("drp", StringComparison.Ordinal))..][..10]);

        // The program: what failed is the code, and the JSON is the object.
        var (code, output) = await DrpProgram.RunAsync(scene, "health", "broken", "--json");
        Assert.Equal(1, code);
        Assert.Contains("\"type\":\"health\"", output, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"failed\"", output, StringComparison.Ordinal);
        Assert.Equal(3, (await DrpProgram.RunAsync(scene, "health", "slow")).Code);
        Assert.Equal(2, (await DrpProgram.RunAsync(scene, "health", "nobody")).Code);

        // Nobody answers: each is a failed check, and the others still come.
        await scene.Cluster.DisposeAsync();
        Directory.Move(scene.Repository("two"), scene.Repository("away"));
        checks = await CheckAsync(scene);
        Bad("db", DrpError.Unreachable, "");
        Assert.Equal(CheckVerdict.Failed, checks["two"].Status);
        Assert.Equal(CheckVerdict.Ok, checks["db backup"].Status);
        Assert.Equal(CheckVerdict.Ok, checks["good"].Status);

        void Bad(string name, DrpError error, string says)
        {
            Assert.True(checks[name].Status == CheckVerdict.Failed && checks[name].Code == error, $"{name}: {checks[name]}");
            Assert.Contains(says, checks[name].Message, StringComparison.Ordinal);
            Assert.False(string.IsNullOrEmpty(checks[name].Advice), name);
        }

        void Odd(string name, string says)
        {
            Assert.True(checks[name].Status == CheckVerdict.Warning, $"{name}: {checks[name]}");
            Assert.Contains(says, checks[name].Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Watching_goes_round_until_it_is_stopped_which_is_its_ordinary_end()
    {
        await using var scene = await Scene.SetAsync();
        await using var session = await scene.OpenAsync();
        using var stop = new CancellationTokenSource();
        int rounds = 0;
        await foreach (var round in session.WatchHealthAsync(new HealthOptions { Kinds = [HealthKind.PostgreSql] }, TimeSpan.FromMilliseconds(100), stop.Token))
        {
            Assert.Contains(round, c => c.Name == "db");
            if (++rounds == 3) await stop.CancelAsync();
        }

        Assert.Equal(3, rounds);

        // What was seen is remembered: after an hour of looks there is an availability, and one that failed is seen in it.
        for (int minutes = 9; minutes <= 63; minutes += 9) Assert.Equal(minutes == 63, (await CheckAsync(scene, new LaterClock(TimeSpan.FromMinutes(minutes)), HealthKind.PostgreSql)).ContainsKey("db availability"));
        HealthCheck good = (await CheckAsync(scene, new LaterClock(TimeSpan.FromMinutes(64)), HealthKind.PostgreSql))["db availability"];
        Assert.Equal((CheckVerdict.Ok, "100.0 %", "99.9 %"), (good.Status, good.Value, good.Limit));
        await scene.Cluster.KillAsync();
        HealthCheck bad = (await CheckAsync(scene, new LaterClock(TimeSpan.FromMinutes(68)), HealthKind.PostgreSql))["db availability"];
        Assert.Equal(CheckVerdict.Warning, bad.Status);
        Assert.InRange(bad.Measured!.Value, 93, 95);
        // Somebody in a hurry has seen nothing.
        string memory = Directory.GetFiles(scene.State, "availability.json", SearchOption.AllDirectories).Single(), before = await File.ReadAllTextAsync(memory, CancellationToken.None);
        await scene.WithAsync(async s => await s.HealthAsync(new HealthOptions { Timeout = TimeSpan.FromMilliseconds(1) }, default).ToListAsync());
        Assert.Equal(before, await File.ReadAllTextAsync(memory, CancellationToken.None));
    }

    private static async Task<Dictionary<string, HealthCheck>> CheckAsync(Scene scene, TimeProvider? clock = null, HealthKind? kind = null)
    {
        await using var session = await DrpSession.OpenAsync(scene.PlanFile, new EngineOptions { StateDirectory = scene.State, Clock = clock ?? TimeProvider.System }, default);
        var checks = await session.HealthAsync(new HealthOptions { Kinds = kind is null ? [] : [kind.Value] }, default).ToListAsync();
        return checks.ToDictionary(c => c.Name, StringComparer.Ordinal);
    }

    private static string Log(DateTimeOffset now) => $"""
        {now.AddHours(-3):yyyy-MM-dd HH:mm:ss} UTC ERROR: of long ago
        a line without a time, of long ago, with an error
        {now.AddMinutes(-5):yyyy-MM-dd'T'HH:mm:ss'Z'} all well
        {now.AddMinutes(-4):yyyy/MM/dd HH:mm:ss} UTC fatal: what now
        {now.AddMinutes(-3):yyyy-MM-dd HH:mm:ss}.123 UTC [12] ERROR: of now

        """;

    /// <summary>The clock of somebody who comes later.</summary>
    private sealed class LaterClock(TimeSpan later) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + later;
    }
}
