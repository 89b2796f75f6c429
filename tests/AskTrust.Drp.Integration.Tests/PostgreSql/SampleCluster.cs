using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PostgreSql;

/// <summary>One server with the sample databases for the tests that only read them.</summary>
public sealed class SampleCluster : IAsyncLifetime
{
    public const string Password = "s3cr3t-p4ss'w\"ord";
    private readonly SemaphoreSlim _once = new(1);
    private PostgreSqlCluster? _cluster;

    /// <summary>Started by the first test that asks, so that a missing server skips tests and does not break them.</summary>
    public async Task<PostgreSqlCluster> GetAsync()
    {
        await _once.WaitAsync();
        try
        {
            if (_cluster is not null) return _cluster;
            PostgreSqlCluster cluster = await PostgreSqlCluster.StartAsync(new ClusterOptions { Password = Password.Replace("'", "''", StringComparison.Ordinal), Settings = ["wal_level=logical"] });
            await SampleDatabases.MakeShopAsync(cluster, orders: 5000);
            await SampleDatabases.MakeZooAsync(cluster);
            return _cluster = cluster;
        }
        finally
        {
            _once.Release();
        }
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class SampleClusterGroup : ICollectionFixture<SampleCluster>
{
    public const string Name = "sample cluster";
}
