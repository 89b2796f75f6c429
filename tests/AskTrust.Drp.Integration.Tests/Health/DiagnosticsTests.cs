using System.IO.Compression;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Health;

/// <summary>What an operator wants to see first: with real servers, real containers, what is dead and what never answers.</summary>
public sealed class DiagnosticsTests
{
    private const string InEnvironment = "Planted-In-Environment-1", InLog = "Planted-In-Log-2", InQuery = "Planted-In-Query-3", InUrl = "Planted-In-Url-4";

    [SkippableFact]
    public async Task Every_section_answers_or_says_why_not_and_no_secret_leaves()
    {
        await using var silent = new PageServer("");
        await using var scene = await Scene.SetAsync((s, text) => $$"""
            {{text.Replace("repositories:", $$"""
                  dead: { type: postgresql, url: "postgresql://nobody@127.0.0.1:{{FreePort.Take()}}/gone" }
                  hanging: { type: postgresql, url: "postgresql://nobody@127.0.0.1:{{silent.Port}}/hang" }
                repositories:
                """, StringComparison.Ordinal)}}
            health:
              http:
                never: { url: {{silent.Url("/hang")}} }
              logs:
                app: { file: {{s.Folder.Write("app.log", $"fatal: password={InLog} postgresql://me:{InUrl}@db/x {Scene.Password}\n")}} }
            """);
        // Not of what never answers: that would be waited for.
        await scene.WithAsync(s => s.BackupAsync(new BackupOptions { Components = ["db"] }, default));
        await scene.Cluster.SqlAsync("CREATE TABLE held (id int); ANALYZE", "shop");
        Task holder = scene.Cluster.SqlAsync("BEGIN; LOCK TABLE held; SELECT pg_sleep(600)", "shop");
        // Who waits comes after who holds: two programs started at once may arrive in any order.
        await UntilOneAsync("SELECT count(*) FROM pg_locks WHERE relation = 'held'::regclass AND mode = 'AccessExclusiveLock' AND granted");
        Task waiter = scene.Cluster.SqlAsync($"SELECT count(*), '{InQuery}' FROM held", "shop");
        await UntilOneAsync("SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0");

        string bundle = scene.Folder["case.zip"];
        var report = await scene.WithAsync(s => s.DiagnosticsAsync(new DiagnosticOptions { Bundle = bundle, Timeout = TimeSpan.FromSeconds(4) }, default));
        Assert.All(report.Sections(), s => Assert.True(s.Elapsed < TimeSpan.FromSeconds(5), $"{s.Section}: {s.Elapsed}"));
        Assert.Contains("timed out after 4.0s", Section("hanging").Message, StringComparison.Ordinal);
        Assert.Equal(CheckVerdict.Failed, Section("dead").Status);
        Assert.All(["host", "disk /", "processes", "db", "repository one", "repository two", "health", "evidence", "log app"], n => Assert.True(Section(n).Status == CheckVerdict.Ok, $"{n}: {Section(n).Message}"));
        Assert.True(report.Machine.MemoryTotal > report.Machine.MemoryAvailable);
        Assert.NotEmpty(report.Processes.Busiest);
        Assert.Contains(report.Machine.Listening, l => l.EndsWith($":{scene.Cluster.Port}", StringComparison.Ordinal));
        var db = report.PostgreSql.Single(p => p.Section == "db");
        Assert.Contains(db.Databases, d => d.Name == "shop" && d.Size > 1_000_000);
        Assert.Contains(db.Tables, t => t is { Name: "public.purchase", Size: > 100_000 });
        var blocked = Assert.Single(db.Blocked);
        Assert.Contains(db.Activity, a => blocked.BlockedBy.Contains(a.Pid) && a.Query!.Contains("pg_sleep", StringComparison.Ordinal));
        Assert.Equal(1, report.Repositories[0].Sets);
        Assert.Contains(report.Evidence.Records, r => r.Operation == "backup");
        Assert.Equal(1, report.Logs.Single().Errors);
        Assert.Contains(report.Health.Checks, c => c is { Name: "never", Status: CheckVerdict.Failed });

        // In the object, on the screen, as JSON and in the bundle: nothing of what was planted, and yet the texts are there.
        var (code, screen) = await DrpProgram.RunAsync(scene, "diagnostics");
        var (_, json) = await DrpProgram.RunAsync(scene, "diagnostics", "--json");
        Assert.Equal(3, code);
        Assert.Contains("timed out after 2.0s", json, StringComparison.Ordinal);
        string packed = await UnpackAsync(bundle);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(bundle));
        foreach (string text in (string[])[packed, screen, json, string.Join('\n', report.Logs.Single().Lines), blocked.Query!])
            Assert.All([InLog, InQuery, InUrl, Scene.Password, "correct horse battery staple"], secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        Assert.Contains("fatal: password=***", packed, StringComparison.Ordinal);
        Assert.Contains("${env:DRP_TEST_PASSWORD}", packed, StringComparison.Ordinal);
        var there = await Assert.ThrowsAsync<DrpException>(() => scene.WithAsync(s => s.DiagnosticsAsync(new DiagnosticOptions { Bundle = bundle }, default)));
        Assert.Equal(DrpError.UnsafeTarget, there.Code);
        await scene.Cluster.SqlAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE (query LIKE '%held%' OR query LIKE '%pg_sleep%') AND pid <> pg_backend_pid()");
        await Task.WhenAll(holder, waiter).ContinueWith(_ => { }, TaskScheduler.Default);

        async Task UntilOneAsync(string count)
        {
            for (var until = DateTime.UtcNow.AddSeconds(60); await scene.Cluster.SqlAsync(count, "shop") != "1"; await Task.Delay(100)) Assert.True(DateTime.UtcNow < until, count);
        }

        DiagnosticSection Section(string name) => report.Sections().Single(s => s.Section == name);
    }

    [SkippableFact]
    public async Task Containers_are_looked_at_by_their_project_and_their_secrets_masked()
    {
        await using var project = await ComposeProject.UpAsync($$"""
            version: "2.4"
            services:
              well:
                image: debian:bookworm-slim
                command: ["sh", "-c", "echo started with {{InEnvironment}}; echo fatal: once; trap 'exit 0' TERM; sleep 600 & wait"]
                environment: { API_TOKEN: {{InEnvironment}} }
                healthcheck: { test: "true", interval: 1s }
              ill:
                image: debian:bookworm-slim
                command: ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"]
                healthcheck: { test: "echo no connection; exit 1", interval: 1s, retries: 1 }
              gone:
                image: debian:bookworm-slim
                command: ["sh", "-c", "echo last words; exit 7"]
            """);
        await project.WaitHealthyAsync("well");
        await using var scene = await Scene.SetAsync(text => $$"""
            {{text}}
            health:
              compose: [{{project.Name}}]
              containers: [no-such-container]
              logs:
                well: { compose: { service: well, project: {{project.Name}} } }
            """);
        Dictionary<string, HealthCheck> checks = [];
        for (var until = DateTime.UtcNow.AddSeconds(30); DateTime.UtcNow < until && checks.GetValueOrDefault("ill container")?.Message?.Contains("no connection", StringComparison.Ordinal) != true;)
            checks = (await scene.WithAsync(async s => await s.HealthAsync(new HealthOptions { Kinds = [HealthKind.Container, HealthKind.Log] }, default).ToListAsync())).ToDictionary(c => c.Name, StringComparer.Ordinal);
        Assert.Equal((CheckVerdict.Ok, "healthy"), (checks["well container"].Status, checks["well container"].Value));
        Assert.Equal((CheckVerdict.Failed, "unhealthy"), (checks["ill container"].Status, checks["ill container"].Value));
        Assert.Contains("no connection", checks["ill container"].Message, StringComparison.Ordinal);
        Assert.Equal(CheckVerdict.Failed, checks["gone container"].Status);
        Assert.Contains("last words", checks["gone container"].Message, StringComparison.Ordinal);
        Assert.Equal(DrpError.Unreachable, checks["no-such-container container"].Code);
        Assert.Equal((CheckVerdict.Warning, 1), (checks["well"].Status, checks["well"].Measured));
        var one = await scene.WithAsync(async s => await s.HealthAsync(new HealthOptions { Name = "ill" }, default).ToListAsync());
        Assert.Equal("ill container", Assert.Single(one).Name);

        var report = await scene.WithAsync(s => s.DiagnosticsAsync(new DiagnosticOptions { Timeout = TimeSpan.FromSeconds(10) }, default));
        var look = report.Containers.Containers.ToDictionary(c => c.Name, StringComparer.Ordinal);
        Assert.Equal((7, ContainerState.Exited), (look["gone"].ExitCode, look["gone"].State));
        Assert.Contains("started with ***", look["well"].LastLines);
        var load = report.ContainerLoad.Containers.ToDictionary(c => c.Name, StringComparer.Ordinal);
        Assert.Equal(["ill", "well"], load.Keys.Order(StringComparer.Ordinal));
        Assert.True(load["well"] is { CpuPercent: >= 0, Memory: > 0, Received: not null, Written: not null, Processes: > 0 } well && well.MemoryLimit > well.Memory, load["well"].ToString());
        Assert.True(report.EngineDisk.Kinds.Single(k => k.Kind == "Images") is { Count: > 0, Active: > 0, Size: > 1_000_000 }, report.EngineDisk.ToString());
        Assert.DoesNotContain(look["well"].LastLines, l => l.Contains(InEnvironment, StringComparison.Ordinal));
    }

    private static async Task<string> UnpackAsync(string file)
    {
        using ZipArchive zip = ZipFile.OpenRead(file);
        Assert.Equal(["diagnostics.json", "plan.yaml"], zip.Entries.Select(e => e.FullName));
        var texts = new List<string>();
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using var reader = new StreamReader(entry.Open());
            texts.Add(await reader.ReadToEndAsync());
        }

        return string.Join('\n', texts);
    }
}
