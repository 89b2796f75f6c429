using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

public sealed class EnableTests
{
    [SkippableFact]
    public async Task A_server_without_wal_for_copies_is_changed_and_put_back()
    {
        await using var scene = await SetAsync("wal_level=minimal", "max_wal_senders=0", "max_replication_slots=0");
        string before = await AutoAsync(scene);

        PointInTimeReport planned = await EnableAsync(scene, new EnableOptions { DryRun = true });
        Assert.Equal((RunStatus.Planned, true), (planned.Status, planned.RestartNeeded));
        Assert.Contains("ALTER SYSTEM SET wal_level = 'replica'", planned.Steps);
        Assert.DoesNotContain(planned.Steps, s => s.Contains("slot(", StringComparison.Ordinal));
        Assert.Contains((await EnableAsync(scene, new EnableOptions { DryRun = true, Restart = true })).Steps, s => s.Contains("slot(", StringComparison.Ordinal));
        Assert.Equal(before, await AutoAsync(scene));
        Assert.False(Directory.Exists(Path.Join(scene.State, "shop", "point-in-time")));

        // Without the choice to restart, it is only said; and no slot is made that nobody could stream through.
        PointInTimeReport changed = await EnableAsync(scene);
        Assert.Equal((RunStatus.Incomplete, true), (changed.Status, changed.RestartNeeded));
        Assert.Equal(3, changed.Steps.Count);
        Assert.Equal("minimal,0", await scene.Cluster.SqlAsync("SELECT current_setting('wal_level') || ',' || (SELECT count(*) FROM pg_replication_slots)"));
        Assert.Equal(RunStatus.Incomplete, (await EnableAsync(scene)).Status);
        await scene.Cluster.KillAsync();
        await scene.Cluster.StartServerAsync();

        PointInTimeReport ready = await EnableAsync(scene);
        Assert.True(ready.Status == RunStatus.Succeeded, string.Join('\n', ready.Findings.Where(f => f.Verdict == CheckVerdict.Failed)));
        Assert.Contains("drp_shop_db", Assert.Single(ready.Steps), StringComparison.Ordinal);
        PointInTimeReport again = await EnableAsync(scene);
        Assert.Equal((RunStatus.Skipped, 0), (again.Status, again.Steps.Count));
        WalReceiveReport received = await scene.WithAsync(s => s.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, new CancellationTokenSource(60_000).Token));
        Assert.All(received.Repositories, r => Assert.Null(r.Message));

        // What somebody changed since stays; the rest goes back.
        await scene.Cluster.SqlAsync("ALTER SYSTEM SET max_wal_senders = '17'");
        Assert.Equal(RunStatus.Planned, (await DisableAsync(scene, new DisableOptions { DryRun = true })).Status);
        Assert.Equal("1", await scene.Cluster.SqlAsync("SELECT count(*) FROM pg_replication_slots"));
        PointInTimeReport off = await DisableAsync(scene);
        Assert.Equal((RunStatus.Succeeded, true), (off.Status, off.RestartNeeded));
        Assert.Contains(off.Warnings, w => w.Contains("max_wal_senders", StringComparison.Ordinal) && w.Contains("17", StringComparison.Ordinal));
        Assert.Equal("0", await scene.Cluster.SqlAsync("SELECT count(*) FROM pg_replication_slots"));
        Assert.Equal("max_wal_senders = '17'", (await AutoAsync(scene)).Trim());
        Assert.Equal(RunStatus.Skipped, (await DisableAsync(scene)).Status);
        Assert.Equal(CheckVerdict.Ok, (await scene.WithAsync(async s => await s.TestEvidenceAsync(default).ToListAsync()))[0].Verdict);
    }

    [SkippableFact]
    public async Task What_the_plan_s_user_may_not_is_changed_by_an_administrator_and_taken_back()
    {
        await using var scene = await SetAsync();
        await scene.Cluster.SqlAsync($"CREATE ROLE \"Shipper 1\" LOGIN PASSWORD '{Scene.Password}'; REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() FROM PUBLIC", "shop");
        string hba = Path.Join(scene.Cluster.Data, "pg_hba.conf");
        await File.WriteAllTextAsync(hba, "# caf\u00e9\nlocal all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
        await scene.Cluster.SqlAsync("SELECT pg_reload_conf()");
        string rules = await File.ReadAllTextAsync(hba), plan = await File.ReadAllTextAsync(scene.PlanFile);
        await File.WriteAllTextAsync(scene.PlanFile, plan.Replace("postgres@", "Shipper%201@", StringComparison.Ordinal));
        string admin = scene.Cluster.SocketUrl();

        PointInTimeReport alone = await EnableAsync(scene);
        Assert.Equal(RunStatus.Incomplete, alone.Status);
        Assert.Empty(alone.Steps);
        Assert.Contains("ALTER ROLE \"Shipper 1\" REPLICATION", Finding(alone, "replication").Hint, StringComparison.Ordinal);
        Assert.Contains("host replication \"Shipper 1\" 127.0.0.1/32 scram-sha-256", Finding(alone, "pg_hba.conf").Hint, StringComparison.Ordinal);
        Assert.Equal(CheckVerdict.Failed, Finding(alone, "pg_control_system()").Verdict);

        // The line only by an explicit choice.
        Assert.Equal(RunStatus.Incomplete, (await EnableAsync(scene, new EnableOptions { AdminUrl = admin })).Status);
        Assert.Equal(rules, await File.ReadAllTextAsync(hba));
        PointInTimeReport ready = await EnableAsync(scene, new EnableOptions { AdminUrl = admin, Hba = true });
        Assert.True(ready.Status == RunStatus.Succeeded, string.Join('\n', ready.Findings.Where(f => f.Verdict == CheckVerdict.Failed)));
        Assert.Contains("# AskTrust.Drp drp_shop_db: begin", await File.ReadAllTextAsync(hba), StringComparison.Ordinal);
        WalReceiveReport received = await scene.WithAsync(s => s.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, new CancellationTokenSource(60_000).Token));
        Assert.All(received.Repositories, r => Assert.Null(r.Message));

        await File.AppendAllTextAsync(hba, "# added by hand\n");
        Assert.Equal(RunStatus.Succeeded, (await DisableAsync(scene, new DisableOptions { AdminUrl = admin })).Status);
        Assert.Equal(rules + "# added by hand\n", await File.ReadAllTextAsync(hba));
        Assert.Equal("f,f,0", await scene.Cluster.SqlAsync("""
            SELECT concat_ws(',', rolreplication, has_function_privilege(rolname, 'pg_control_system()', 'EXECUTE'), (SELECT count(*) FROM pg_largeobject_metadata)) FROM pg_roles WHERE rolname = 'Shipper 1'
            """, "shop"));
    }

    [SkippableFact]
    public async Task A_plan_without_the_key_is_told_what_to_add_and_no_slot_is_made()
    {
        await using var scene = await Scene.SetAsync();

        PointInTimeReport report = await EnableAsync(scene);

        Assert.Equal(RunStatus.Incomplete, report.Status);
        Assert.Contains("pointInTime: { window: 7d }", Finding(report, "pointInTime").Hint, StringComparison.Ordinal);
        Assert.Equal("0", await scene.Cluster.SqlAsync("SELECT count(*) FROM pg_replication_slots"));
    }

    [SkippableFact]
    public async Task A_server_started_by_pg_ctl_is_restarted_when_that_is_chosen()
    {
        await using var scene = await SetAsync("max_replication_slots=0");
        await scene.Cluster.KillAsync();
        File.Delete(Path.Join(scene.Cluster.Data, "postmaster.pid"));
        string control = Path.Join(PostgreSqlCluster.Bin, "pg_ctl");
        var asOwner = new ChildOptions { RunAs = Environment.UserName == "root" ? "postgres" : null, Folder = "/" };
        await ChildProcess.RunAsync(control, ["start", "-w", "-D", scene.Cluster.Data, "-l", Path.Join(scene.Cluster.Data, "server.log")], asOwner);
        try
        {
            string started = await scene.Cluster.SqlAsync("SELECT pg_postmaster_start_time()");
            PointInTimeReport report = await EnableAsync(scene, new EnableOptions { Restart = true });
            Assert.True(report.Status == RunStatus.Succeeded, string.Join('\n', report.Findings.Where(f => f.Verdict == CheckVerdict.Failed)));
            Assert.NotEqual(started, await scene.Cluster.SqlAsync("SELECT pg_postmaster_start_time()"));
            Assert.False(report.RestartNeeded);
        }
        finally
        {
            await ChildProcess.RunAsync(control, ["stop", "-D", scene.Cluster.Data, "-m", "immediate"], asOwner);
        }
    }

    [SkippableFact]
    public async Task On_a_stock_container_nothing_has_to_be_changed_and_a_changed_one_is_restarted()
    {
        await using var server = await PostgreSqlContainer.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["POSTGRES_PASSWORD"] = "only-from-outside" }, keep: true);
        using var folder = new TestFolder("enablec");
        folder.Write("drp.yaml", $$"""
            version: 1
            name: boxed
            components:
              db: { type: postgresql, container: {{server.Name}}, pointInTime: { spool: {{folder["spool"]}}, shipEvery: 1s } }
            repositories:
              one: { type: directory, path: {{folder["one"]}} }
            encryption: none
            """);
        const string state = "SELECT md5(pg_read_file('postgresql.auto.conf') || pg_read_file('postgresql.conf') || pg_read_file('pg_hba.conf'))";
        string files = await server.SqlAsync(state);
        await using var session = await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);

        PointInTimeReport ready = await session.EnablePointInTimeAsync(new EnableOptions(), default);

        Assert.True(ready.Status == RunStatus.Succeeded, string.Join('\n', ready.Findings));
        Assert.Contains("drp_boxed_db", Assert.Single(ready.Steps), StringComparison.Ordinal);
        Assert.Equal(files, await server.SqlAsync(state));
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90)))
        {
            Assert.Null(Assert.Single((await session.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, patience.Token)).Repositories).Message);
            Assert.False(patience.IsCancellationRequested);
        }

        Assert.Equal(RunStatus.Succeeded, (await session.DisablePointInTimeAsync(new DisableOptions(), default)).Status);
        Assert.Equal("0", await server.SqlAsync("SELECT count(*) FROM pg_replication_slots"));

        await server.SqlAsync("ALTER SYSTEM SET max_replication_slots = '0'");
        await server.RestartAsync();
        ready = await session.EnablePointInTimeAsync(new EnableOptions { Restart = true }, default);
        Assert.True(ready.Status == RunStatus.Succeeded, string.Join('\n', ready.Findings));
        Assert.Contains(ready.Steps, s => s.Contains("restart", StringComparison.Ordinal));
        Assert.Equal(RunStatus.Succeeded, (await session.DisablePointInTimeAsync(new DisableOptions(), default)).Status);
        Assert.Contains("max_replication_slots = '0'", await server.SqlAsync("SELECT pg_read_file('postgresql.auto.conf')"), StringComparison.Ordinal);
    }

    private static PointInTimeFinding Finding(PointInTimeReport report, string check) => report.Findings.Single(f => f.Check == check);

    private static Task<PointInTimeReport> EnableAsync(Scene scene, EnableOptions? options = null) => scene.WithAsync(s => s.EnablePointInTimeAsync(options ?? new EnableOptions(), default));

    private static Task<PointInTimeReport> DisableAsync(Scene scene, DisableOptions? options = null) => scene.WithAsync(s => s.DisablePointInTimeAsync(options ?? new DisableOptions(), default));

    private static async Task<string> AutoAsync(Scene scene) =>
        string.Join('\n', (await File.ReadAllLinesAsync(Path.Join(scene.Cluster.Data, "postgresql.auto.conf"))).Where(l => !l.StartsWith('#')));

    /// <summary>The scene with the plan's key, on a server with these settings in its own file.</summary>
    private static async Task<Scene> SetAsync(params string[] settings)
    {
        Scene scene = await Scene.SetAsync((s, text) => text.Replace("canary: true", $"canary: true\n    pointInTime: {{ spool: {s.Folder["spool"]} }}", StringComparison.Ordinal));
        await File.AppendAllTextAsync(Path.Join(scene.Cluster.Data, "pg_hba.conf"), "host replication all 127.0.0.1/32 scram-sha-256\n");
        await File.AppendAllLinesAsync(Path.Join(scene.Cluster.Data, "postgresql.conf"), settings);
        if (settings.Length == 0) return scene;
        await scene.Cluster.KillAsync();
        await scene.Cluster.StartServerAsync();
        return scene;
    }
}
