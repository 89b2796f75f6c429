using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>The base of a container is proven, and a table brought back, in a throw-away container of its image: this machine needs no server programs.</summary>
public sealed class ContainerProofTests
{
    [SkippableFact]
    public async Task The_chain_of_a_container_is_proven_in_its_image_and_a_dropped_table_comes_back()
    {
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync(keep: true);
        using var folder = new TestFolder("proof");
        folder.Write("drp.yaml", $$"""
            version: 1
            name: boxed
            components:
              db:
                type: postgresql
                container: {{container.Name}}
                canary: true
                pointInTime: { spool: {{folder["spool"]}}, shipEvery: 1s }
                restoreTest:
                  assertions:
                    - { sql: "SELECT current_setting('max_logical_replication_workers')", equal: 0 }
                    - { sql: "SELECT count(*) FROM step", equal: 3000 }
                  command: [sh, -c, 'test "$(psql -X -A -t -c "SELECT count(*) FROM step" "$DATABASE_URL")" = 3000']
            repositories:
              one: { type: directory, path: {{folder["one"]}} }
            encryption: none
            """);
        await using var session = await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);
        await container.SqlAsync("CREATE TABLE step AS SELECT i FROM generate_series(1, 3000) i; ALTER TABLE step ADD PRIMARY KEY (i)");
        await session.BackupAsync(new BackupOptions { Kind = "base" }, default);
        string lsn = await container.SqlAsync("CREATE TABLE later AS SELECT 1 AS n; SELECT pg_current_wal_insert_lsn()");
        await container.SqlAsync("SELECT pg_switch_wal(); DROP TABLE step");
        await session.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, default);
        Assert.True(RecoveryTarget.TryParse(lsn, out RecoveryTarget? before));

        var proof = await session.TestRestoreAsync(new RestoreTestOptions { To = before, NegativeControl = true }, default);
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);
        Assert.StartsWith($"container {DockerEngine.PostgreSqlImage}@sha256:", proof.Where, StringComparison.Ordinal);
        Assert.True(proof.NegativeControl);
        Assert.NotNull(proof.MeasuredRpo);
        Assert.Contains(proof.Assertions, a => a.Kind == AssertionKind.Command && a.Verdict == CheckVerdict.Ok);
        Assert.Contains(proof.Assertions, a => a.Name == "pg_amcheck");

        // At the end the table is gone: the plan's assertion and the command notice.
        var red = await session.TestRestoreAsync(new RestoreTestOptions { To = RecoveryTarget.Latest }, default);
        Assert.Equal((CheckVerdict.Failed, DrpError.VerificationFailed), (red.Verdict, red.Code));
        Assert.Equal(2, red.Assertions.Count(a => a.Verdict == CheckVerdict.Failed));

        var back = await session.RestoreTableAsync(new TableRestoreOptions { Tables = ["step"], To = before!, Into = TableRestoreInto.Replace, Confirmed = true }, default);
        Assert.Equal(RunStatus.Succeeded, back.Status);
        Assert.Equal("3000|step_pkey", await container.SqlAsync("SELECT count(*), (SELECT conname FROM pg_constraint WHERE conrelid = 'step'::regclass) FROM step"));
        Assert.Equal("1", await container.SqlAsync("SELECT n FROM later"));
        string left = "?";
        for (var until = DateTime.UtcNow.AddSeconds(20); left.Length > 0 && DateTime.UtcNow < until; await Task.Delay(100))
            left = await DockerEngine.RunAsync(["ps", "-a", "-q", "--filter", $"label={ThrowawayContainer.OwnerLabel}={OwnerMark.Current}", "--filter", "status=exited"]);
        Assert.Equal("", left);
    }
}
