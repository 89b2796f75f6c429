using Npgsql;

namespace AskTrust.Drp.Integration.Tests.Primary;

/// <summary>Clients that write without pause to whoever takes writes, and remember what was acknowledged.</summary>
internal sealed class Writers : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<long> _acknowledged = [];
    private readonly Task[] _all;
    private long _last;

    public Writers(PairScene scene, int count = 4)
    {
        string connection = $"Host=127.0.0.1:{scene.PortA},127.0.0.1:{scene.PortB};Username=postgres;Database=postgres;Password={PairScene.Password};Target Session Attributes=read-write;Pooling=false;Timeout=5;Command Timeout=10";
        _all = [.. Enumerable.Range(0, count).Select(_ => Task.Run(() => WriteAsync(connection), _stop.Token))];
    }

    public int Acknowledged
    {
        get
        {
            lock (_acknowledged) return _acknowledged.Count;
        }
    }

    /// <summary>Waits for so many more writes.</summary>
    public async Task MoreAsync(int count)
    {
        int target = Acknowledged + count;
        await PairScene.UntilAsync(() => Acknowledged >= target);
    }

    /// <summary>Ends, and says what was acknowledged.</summary>
    public async Task<IReadOnlyList<long>> EndAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_all);
        return _acknowledged;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _stop.Dispose();
    }

    private async Task WriteAsync(string text)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using NpgsqlDataSource source = NpgsqlDataSource.Create(text);
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(_stop.Token);
                while (!_stop.IsCancellationRequested)
                {
                    long id = Interlocked.Increment(ref _last);
                    await using var command = new NpgsqlCommand("INSERT INTO work VALUES ($1)", connection) { Parameters = { new() { Value = id } } };
                    await command.ExecuteNonQueryAsync(_stop.Token);
                    lock (_acknowledged) _acknowledged.Add(id);
                }
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or InvalidOperationException or OperationCanceledException)
            {
                // The primary has changed, or is about to.
                await Task.Delay(10, CancellationToken.None);
            }
        }
    }
}
