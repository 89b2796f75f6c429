using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

public sealed class WalContainerTests
{
    [SkippableFact]
    public async Task The_wal_of_an_unmodified_container_is_received_by_a_side_container()
    {
        await using var server = await StartAsync();
        using var folder = Plan(server);
        await server.SqlAsync("CREATE TABLE t (n int)");
        await server.SqlAsync("SELECT pg_switch_wal()");
        await using var session = await OpenAsync(folder);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));

        WalReceiveReport report = await session.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, patience.Token);

        Assert.False(patience.IsCancellationRequested);
        WalShipment shipped = Assert.Single(report.Repositories);
        Assert.Equal((null, 0), (shipped.Message, shipped.Waiting));
        Assert.True(shipped.Segments > 0);
        Assert.Equal("", await ReceiverAsync(server));
    }

    [SkippableFact]
    public async Task Two_plans_with_the_same_names_receive_beside_each_other()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        using TestFolder first = Plan(one), second = Plan(other);
        await using var session = await OpenAsync(first);
        await using var beside = await OpenAsync(second);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
        Task<WalReceiveReport> receiving = session.WalReceiveAsync(new WalReceiveOptions(), stop.Token);
        while (await one.SqlAsync("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", ct: patience.Token) != "1") await Task.Delay(100, patience.Token);
        string receiver = await ReceiverAsync(one), stream = await one.SqlAsync("SELECT active_pid FROM pg_replication_slots", ct: patience.Token);
        Assert.NotEqual("", receiver);

        WalReceiveReport caught = await beside.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, patience.Token);

        Assert.Null(Assert.Single(caught.Repositories).Message);
        Assert.Equal((receiver, stream), (await ReceiverAsync(one), await one.SqlAsync("SELECT active_pid FROM pg_replication_slots", ct: patience.Token)));
        Assert.False(receiving.IsCompleted);
        await stop.CancelAsync();
        await receiving;
        Assert.False(patience.IsCancellationRequested);
    }

    private static Task<PostgreSqlContainer> StartAsync() =>
        PostgreSqlContainer.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["POSTGRES_PASSWORD"] = "only-from-outside" });

    private static TestFolder Plan(PostgreSqlContainer server)
    {
        var folder = new TestFolder("walc");
        folder.Write("drp.yaml", $$"""
            version: 1
            name: boxed
            components:
              db: { type: postgresql, container: {{server.Name}}, pointInTime: { spool: {{folder["spool"]}}, shipEvery: 1s } }
            repositories:
              one: { type: directory, path: {{folder["one"]}} }
            encryption: none
            """);
        return folder;
    }

    private static Task<DrpSession> OpenAsync(TestFolder folder) =>
        DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);

    /// <summary>The side container of this server's receiver: "" when there is none.</summary>
    private static async Task<string> ReceiverAsync(PostgreSqlContainer server)
    {
        string id = await DockerEngine.RunAsync(["inspect", "--format", "{{.Id}}", server.Name]);
        return await DockerEngine.RunAsync(["ps", "-a", "-q", "--filter", $"name=drp-receive-drp-boxed-db-{id[..12]}"]);
    }
}
