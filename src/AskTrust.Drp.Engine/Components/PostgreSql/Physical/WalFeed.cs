namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Fetches one file of the WAL archive.</summary>
/// <param name="name">Exact name.</param>
/// <param name="destination">File to write.</param>
/// <param name="ct">Cancels.</param>
/// <returns>False when every repository answered and none has it.</returns>
/// <exception cref="DrpException">It is not known whether the archive has it.</exception>
internal delegate Task<bool> WalFetch(string name, string destination, CancellationToken ct);

/// <summary>
/// Gives a recovering server the WAL it asks for. The repositories' keys stay with us; several files are fetched ahead of it. When a file cannot be got although
/// it may be there, or when we are gone, the server is made to stop: recovery never ends early by mistake.
/// </summary>
internal sealed class WalFeed : IAsyncDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);

    // More at once would take the processors from the server that replays, and let the first one wait for the last.
    private static readonly int s_atOnce = Math.Clamp(Environment.ProcessorCount, 2, 4);
    private readonly SemaphoreSlim _places = new(s_atOnce);
    private readonly IWalExchange _exchange;
    private readonly WalFetch _fetch;
    private readonly Func<string, IEnumerable<string>> _next;
    private readonly CancellationTokenSource _stop;
    private readonly Dictionary<string, Task<bool>> _under = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ready = new(StringComparer.Ordinal);
    private readonly HashSet<string> _absent = new(StringComparer.Ordinal);
    private Task _work = Task.CompletedTask;
    private int _given;

    private WalFeed(IWalExchange exchange, WalFetch fetch, Func<string, IEnumerable<string>> next, CancellationToken ct)
    {
        (_exchange, _fetch, _next) = (exchange, fetch, next);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
    }

    /// <summary>Folder of the server: socket, settings.</summary>
    public string Folder => _exchange.Folder;

    /// <summary>What <c>restore_command</c> is.</summary>
    public string RestoreCommand => _exchange.RestoreCommand;

    /// <summary>Segments given so far.</summary>
    public int Given => _given;

    /// <summary>Called with the name of each segment that was taken.</summary>
    public Action<string>? OnTaken { get; set; }

    /// <summary>Why the server was made to stop; null when it was not.</summary>
    public DrpException? Failure { get; private set; }

    /// <summary>Begins to listen.</summary>
    /// <param name="exchange">Where the server asks; goes with the feed.</param>
    /// <param name="fetch">Fetches.</param>
    /// <param name="next">Names that will probably be asked for after one.</param>
    /// <param name="ct">Cancels.</param>
    public static WalFeed Start(IWalExchange exchange, WalFetch fetch, Func<string, IEnumerable<string>> next, CancellationToken ct)
    {
        var feed = new WalFeed(exchange, fetch, next, ct);
        feed._work = Task.Run(feed.WorkAsync, CancellationToken.None);
        return feed;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        _stop.Dispose();
        _places.Dispose();
        await _exchange.DisposeAsync().ConfigureAwait(false);
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                Take();
                foreach (string name in _exchange.Asked()) Answer(name);
                await SettleAsync().ConfigureAwait(false);
                await Task.Delay(s_look, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or DrpException or IOException or UnauthorizedAccessException)
        {
            if (!_stop.IsCancellationRequested) Failure = e as DrpException ?? new DrpException(DrpError.Failed, e.Message, e);
            await _stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_under.Values).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            await _exchange.FailAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What the server has taken since: those behind it are fetched.</summary>
    private void Take()
    {
        foreach (string name in _exchange.Taken())
        {
            _ready.Remove(name);
            if (name.Length == 24)
            {
                Interlocked.Increment(ref _given);
                OnTaken?.Invoke(name);
            }

            Ahead(name);
        }
    }

    private void Answer(string name)
    {
        if (_ready.Contains(name) || _under.ContainsKey(name)) return;
        // One that was not there when fetched ahead may have come since.
        _absent.Remove(name);
        _under[name] = BeginAsync(name);
        Ahead(name);
    }

    private void Ahead(string name)
    {
        foreach (string next in _next(name).Where(n => !_ready.Contains(n) && !_under.ContainsKey(n) && !_absent.Contains(n))) _under[next] = AheadAsync(next);
    }

    /// <summary>Waits for its turn here, not on another thread: they come in the order in which they will be asked for.</summary>
    private async Task<bool> AheadAsync(string name)
    {
        await _places.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            return await BeginAsync(name).ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }

    private Task<bool> BeginAsync(string name) => Task.Run(() => _fetch(name, _exchange.PlaceOf(name), _stop.Token), _stop.Token);

    private async Task SettleAsync()
    {
        foreach (var (name, task) in _under.Where(u => u.Value.IsCompleted).ToList())
        {
            _under.Remove(name);
            if (await task.ConfigureAwait(false))
            {
                _ready.Add(name);
                await _exchange.GiveAsync(name, _stop.Token).ConfigureAwait(false);
            }
            else if (_exchange.Asked().Contains(name, StringComparer.Ordinal))
            {
                await _exchange.RefuseAsync(name, _stop.Token).ConfigureAwait(false);
            }
            else
            {
                _absent.Add(name);
            }
        }
    }
}
