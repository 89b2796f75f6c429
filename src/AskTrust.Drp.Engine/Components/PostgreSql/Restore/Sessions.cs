namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Work shared out to a number of sessions, in the order in which it was added; the first failure stops the rest.</summary>
/// <param name="count">Sessions at the same time.</param>
/// <param name="stop">Cancelled at the first failure.</param>
internal sealed class Sessions(int count, CancellationTokenSource stop) : IDisposable
{
    private readonly SemaphoreSlim _free = new(count);
    private readonly List<Task<IReadOnlyList<string>>> _running = [];

    /// <summary>Adds work; it begins when a session is free.</summary>
    public void Add(Func<CancellationToken, Task<IReadOnlyList<string>>> work) => _running.Add(RunAsync(work));

    /// <summary>Waits for all the work, and for another task that it depends on.</summary>
    /// <returns>Warnings.</returns>
    /// <exception cref="DrpException">The first failure; everything has ended then.</exception>
    public async Task<IReadOnlyList<string>> AllAsync(Task other)
    {
        List<Task> open = [.. _running, other];
        Exception? first = null;
        while (open.Count > 0)
        {
            Task done = await Task.WhenAny(open).ConfigureAwait(false);
            open.Remove(done);
            if (done.IsCompletedSuccessfully) continue;
            first ??= done.Exception?.GetBaseException() ?? new OperationCanceledException(stop.Token);
            await stop.CancelAsync().ConfigureAwait(false);
        }

        if (first is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        return [.. (await Task.WhenAll(_running).ConfigureAwait(false)).SelectMany(w => w)];
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();

    private async Task<IReadOnlyList<string>> RunAsync(Func<CancellationToken, Task<IReadOnlyList<string>>> work)
    {
        await _free.WaitAsync(stop.Token).ConfigureAwait(false);
        try
        {
            return await work(stop.Token).ConfigureAwait(false);
        }
        finally
        {
            _free.Release();
        }
    }
}
