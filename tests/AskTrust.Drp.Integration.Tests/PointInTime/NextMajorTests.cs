using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>
/// A server of the next major version, of which this machine has no programs: all of it runs with those of its image. The image takes two minutes to make, so
/// the ordinary run takes it only where it is already; <c>./build.sh soak</c> makes it.
/// </summary>
public sealed class NextMajorTests
{
    [SkippableFact]
    public async Task The_next_major_version_is_backed_up_received_and_restored_with_the_programs_of_its_image()
    {
        await DockerEngine.EnsureNextAsync(build: false);
        await ReturnAsync();
    }

    [SkippableFact, Trait("Category", "Soak")]
    public async Task The_same_from_nothing()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("DRP_SOAK") == "1", "only in the long run: ./build.sh soak");
        await DockerEngine.EnsureNextAsync(build: true);
        await ReturnAsync();
    }

    private static async Task ReturnAsync()
    {
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync(keep: true, image: DockerEngine.NextImage);
        using var folder = new TestFolder("next");
        folder.Write("drp.yaml", $$"""
            version: 1
            name: boxed
            components:
              db: { type: postgresql, container: {{container.Name}}, pointInTime: { spool: {{folder["spool"]}}, shipEvery: 1s } }
            repositories:
              one: { type: directory, path: {{folder["one"]}} }
            encryption: none
            """);
        await using var session = await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);
        await container.SqlAsync("CREATE TABLE step AS SELECT i FROM generate_series(1, 3000) i");
        await session.BackupAsync(new BackupOptions { Kind = "base" }, default);
        string lsn = await container.SqlAsync("INSERT INTO step VALUES (0); SELECT pg_current_wal_insert_lsn()");
        await container.SqlAsync("SELECT pg_switch_wal(); DROP TABLE step");
        await session.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, default);
        Assert.True(RecoveryTarget.TryParse(lsn, out var target));
        var found = await session.FindRecoveryPointsAsync(new RecoveryPointOptions { Table = "step" }, default);
        Assert.Equal(TableAction.Drop, Assert.Single(found).Action);
        var report = await session.RestoreAsync(new RestoreOptions { To = target, Container = container.Name, Force = true }, default);
        Assert.Equal(RunStatus.Succeeded, report.Status);
        Assert.Equal("3001|17", await container.SqlAsync("SELECT count(*), current_setting('server_version_num')::int / 10000 FROM step"));
        var proof = await session.TestRestoreAsync(new RestoreTestOptions { To = target }, default);
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);
        Assert.StartsWith("17", proof.ServerVersion, StringComparison.Ordinal);
    }
}
