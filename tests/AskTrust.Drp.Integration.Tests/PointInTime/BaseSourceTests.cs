using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>Bases of servers that are not simply there: in a container, on a standby.</summary>
public sealed class BaseSourceTests
{
    [SkippableFact]
    public async Task A_stock_container_needs_no_change_not_even_with_tablespaces()
    {
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync();
        await container.SqlAsync("CREATE TABLE t AS SELECT i FROM generate_series(1, 3000) i");
        using var folder = new TestFolder("container");
        folder.Write("drp.yaml", Plan(folder, $"container: {container.Name}, canary: true, restoreTest: {{ where: cluster }}"));
        await using var session = await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);
        Assert.Equal(RunStatus.Succeeded, (await session.BackupAsync(new BackupOptions { Kind = "base" }, default)).Status);
        await ProveAsync(session);

        // Nor for a table to come back: the rows go in through the container's own psql.
        await container.SqlAsync("DROP TABLE t");
        var back = await session.RestoreTableAsync(new TableRestoreOptions { Tables = ["t"], To = RecoveryTarget.Immediate, Into = TableRestoreInto.Missing }, default);
        Assert.Equal(3000, Assert.Single(back.Tables).Put);
        Assert.Equal("3000", (await container.SqlAsync("SELECT count(*) FROM t")).Trim());

        await DockerEngine.RunAsync(["exec", "-u", "0", container.Name, "sh", "-c", "mkdir -p /var/lib/postgresql/fast && chown postgres /var/lib/postgresql/fast"]);
        await container.SqlAsync("CREATE TABLESPACE fast LOCATION '/var/lib/postgresql/fast'");
        await container.SqlAsync("CREATE TABLE u TABLESPACE fast AS SELECT i FROM generate_series(1, 500) i");
        var report = await session.BackupAsync(new BackupOptions { Kind = "base" }, default);
        Assert.Equal(RunStatus.Succeeded, report.Status);
        await ProveAsync(session);
    }

    [SkippableFact]
    public async Task A_standby_is_a_source_as_good_as_its_primary()
    {
        await using var scene = await Scene.SetAsync();
        // The bed saves these; without them nothing that a standby gives could be trusted.
        await scene.Cluster.SqlAsync("ALTER SYSTEM SET full_page_writes = on");
        await scene.Cluster.SqlAsync("SELECT pg_reload_conf(); SELECT pg_sleep(0.5); CHECKPOINT");
        string data = scene.Folder["standby"];
        await scene.Cluster.ToolAsync("pg_basebackup", ["-D", data, "-R", "-X", "stream", "-c", "fast"]);
        await using var standby = await RestoredServer.StartAsync(data);
        Assert.Equal("t", await standby.SqlAsync("SELECT pg_is_in_recovery()"));
        using var folder = new TestFolder("of-standby");
        folder.Write("drp.yaml", Plan(folder, $"url: \"{standby.Url("shop")}\", restoreTest: {{ assertions: [ {{ sql: select count(*) from purchase, equal: \"9000\" }} ] }}"));
        await using var session = await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);
        Assert.Equal(RunStatus.Succeeded, (await session.BackupAsync(new BackupOptions { Kind = "base" }, default)).Status);
        var proof = await session.TestRestoreAsync(new RestoreTestOptions { To = RecoveryTarget.Immediate }, default);
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);
    }

    private static async Task ProveAsync(DrpSession session)
    {
        var proof = await session.TestRestoreAsync(new RestoreTestOptions { To = RecoveryTarget.Immediate }, default);
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message + string.Join('\n', proof.Assertions.Select(a => a.Actual)));
        Assert.NotNull(proof.Canary);
    }

    private static string Plan(TestFolder folder, string component) => $$"""
        version: 1
        name: shop
        components:
          db: { type: postgresql, {{component}} }
        repositories:
          one: { type: directory, path: {{folder["one"]}} }
        encryption: none
        """;
}
