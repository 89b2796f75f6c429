using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

public sealed class WalContainerTests
{
    [SkippableFact]
    public async Task The_wal_of_an_unmodified_container_is_received_by_a_side_container()
    {
        await using var server = await PostgreSqlContainer.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["POSTGRES_PASSWORD"] = "only-from-outside" });
        using var folder = new TestFolder("walc");
        folder.Write("drp.yaml", $$"""
            version: 1
            name: boxed
            components:
              db: { type: postgresql, container: {{server.Name}}, pointInTime: { spool: {{folder["spool"]}}, shipEvery: 1s } }
            repositories:
              one: { type: directory, path: {{folder["one"]}} }
            encryption: none
            """);
        await server.SqlAsync("CREATE TABLE t (n int)");
        await server.SqlAsync("SELECT pg_switch_wal()");
        await using var session = await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));

        WalReceiveReport report = await session.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, patience.Token);

        Assert.False(patience.IsCancellationRequested);
        WalShipment shipped = Assert.Single(report.Repositories);
        Assert.Equal((null, 0), (shipped.Message, shipped.Waiting));
        Assert.True(shipped.Segments > 0);
        Assert.DoesNotContain("drp-receive-drp-boxed-db", await DockerEngine.RunAsync(["ps", "-a", "--format", "{{.Names}}"], default), StringComparison.Ordinal);
    }
}
