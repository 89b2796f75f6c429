using System.Text.Json;
using AskTrust.Drp.Engine.Components.PostgreSql.Pair;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Primary;

public sealed class SwitchPlaceTests
{
    [SkippableFact]
    public async Task Over_ssh_it_is_the_same_and_the_program_tells_it_as_json()
    {
        SshServer ssh = await SshServer.SharedAsync();
        string place = $"ssh: {{ host: {SshServer.Host}, port: {ssh.Port}, user: {SshServer.User}, identityFile: {ssh.IdentityFile}, knownHostsFile: {ssh.KnownHostsFile} }}";
        await using PairScene scene = await PairScene.SetAsync((s, text) => text
            .Replace($"dataDirectory: {s.Data("a")}", $"dataDirectory: {s.Data("a")}, {place}", StringComparison.Ordinal).Replace($"dataDirectory: {s.Data("b")}", $"dataDirectory: {s.Data("b")}, {place}", StringComparison.Ordinal));
        var (code, output) = await scene.DrpAsync("primary", "status", "--json");
        Assert.Equal((0, "a"), (code, JsonDocument.Parse(output.Split('\n')[0]).RootElement.GetProperty("primary").GetString()));

        // Diverged: rewound over ssh, with the password in a file for as long as that takes.
        Func<Task> mend = await scene.CutAsync("b");
        await scene.SqlAsync("a", "INSERT INTO work SELECT generate_series(1, 300000)");
        await scene.KillAsync("a");
        await mend();
        (code, output) = await scene.DrpAsync("primary", "switch");
        Assert.Equal(15, code);
        (code, output) = await scene.DrpAsync("primary", "switch", "--allow-data-loss", "--json", "--quiet");
        Assert.True(code == 0, output);
        JsonElement report = JsonDocument.Parse(output.Split('\n').Single(l => l.StartsWith("{\"type\":\"primarySwitch\"", StringComparison.Ordinal))).RootElement;
        Assert.Equal(("succeeded", false, "rewound", "2"), (report.GetProperty("status").GetString(), report.GetProperty("lossFree").GetBoolean(), report.GetProperty("standby").GetString(), report.GetProperty("timeline").ToString()));
        Assert.DoesNotContain(PairScene.Password, output, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFiles(scene.Folder["d"]), f => f.Contains("brief", StringComparison.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.Data("a") + ".drp-pgpass"));
        Assert.Equal(0, (await scene.DrpAsync("primary", "guard", "a")).Code);
        Assert.Equal(2, (await scene.DrpAsync("primary", "switch", "--unfenced", "no")).Code);
    }

    [SkippableFact]
    public async Task A_server_in_a_container_is_refused_before_anything_is_touched()
    {
        Requires.That(Environment.UserName == "root", "only root sees the volumes of the container engine");
        using var context = new TestContext();
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync(keep: true);
        string data = await DockerEngine.RunAsync(["inspect", "-f", "{{range .Mounts}}{{.Source}}{{end}}", container.Name]);
        var node = new PairNodePlan { Name = "paris", Url = "postgresql://postgres@127.0.0.1/postgres", DataDirectory = data };
        // While it runs, when it is down, and with its data in a folder below the volume.
        await RefusedAsync(node);
        await DockerEngine.RunAsync(["stop", container.Name]);
        await RefusedAsync(node);
        await RefusedAsync(node with { DataDirectory = Directory.CreateDirectory(Path.Join(data, "below")).FullName });

        // The plan says it by itself: nobody is asked.
        context.Folder.Write("drp.yaml", $$"""
            version: 1
            name: shop
            components:
              db:
                type: postgresql
                container: {{container.Name}}
                pair:
                  nodes:
                    a: { url: "postgresql://postgres@127.0.0.1:1/postgres", dataDirectory: /nowhere/a }
                    b: { url: "postgresql://postgres@127.0.0.1:2/postgres", dataDirectory: /nowhere/b }
            repositories:
              one: { type: directory, path: {{context.Folder["one"]}} }
            encryption: none
            """);
        await using var session = await DrpSession.OpenAsync(context.Folder["drp.yaml"], new EngineOptions { StateDirectory = context.Folder["drp"], Observer = context }, default);
        foreach (Func<Task> act in (Func<Task>[])[() => session.SwitchPrimaryAsync(new PrimarySwitchOptions(), default), () => session.RepairStandbyAsync(new StandbyRepairOptions(), default)])
        {
            var refused = await Assert.ThrowsAsync<DrpException>(act);
            Assert.Equal(DrpError.PlanInvalid, refused.Code);
            Assert.Contains("container", refused.Message, StringComparison.Ordinal);
            Assert.Contains("Patroni", refused.Hint, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(context.Folder["one"]) || File.Exists(Path.Join(data, "standby.signal")));

        async Task RefusedAsync(PairNodePlan plan)
        {
            var refused = await Assert.ThrowsAsync<DrpException>(() => new NodeShell(plan, context.Host, TimeSpan.FromSeconds(20)).LookAsync(default));
            Assert.Equal(DrpError.PlanInvalid, refused.Code);
            Assert.Contains("paris runs in a container", refused.Message, StringComparison.Ordinal);
            Assert.Contains("drp restore --container", refused.Hint, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task The_archive_of_the_WAL_follows_without_a_gap()
    {
        await using PairScene scene = await PairScene.SetAsync((s, text) => text.Replace("    pair:", $"    pointInTime: {{ shipEvery: 1s, spool: {s.Folder["spool"]} }}\n    pair:", StringComparison.Ordinal));
        await using var receiver = new BackgroundReceiver(scene);
        await PairScene.UntilAsync(async () => await scene.SqlAsync("a", "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'drp_shop_db' AND active") == "1");
        await scene.SqlAsync("a", "INSERT INTO work VALUES (1)");
        Assert.Equal(RunStatus.Succeeded, (await scene.SwitchAsync()).Status);
        await scene.SqlAsync("b", "INSERT INTO work VALUES (2)");
        Lsn written = Lsn.Parse(await scene.SqlAsync("b", "SELECT pg_current_wal_flush_lsn()"));
        RecoveryWindow? window = null;
        await PairScene.UntilAsync(async () => (window = await scene.WithAsync(async s => (await s.RecoveryWindowAsync(null, default).ToListAsync()).Single())).Ranges.Any(r => r.Timeline == 2 && r.End >= written));
        Assert.Empty(window!.Gaps);
        Assert.Equal(2u, window.Forks.Single().Timeline);
        Assert.Equal("0", await scene.SqlAsync("a", "SELECT count(*) FROM pg_replication_slots"));
    }

    /// <summary>A receiver until it is disposed.</summary>
    private sealed class BackgroundReceiver : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task<WalReceiveReport> _running;

        public BackgroundReceiver(PairScene scene) => _running = Task.Run(() => scene.WithAsync(s => s.WalReceiveAsync(new WalReceiveOptions(), _stop.Token)));

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await ((Task)_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }
}
