using System.Threading.Channels;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>One destination of a <see cref="FanOutSink"/>.</summary>
/// <param name="Name">Name of the repository.</param>
/// <param name="Sink">Takes the bytes; owned by the fan-out.</param>
/// <param name="StallTimeout">Given up when it makes no progress this long while others wait for it.</param>
internal sealed record Branch(string Name, ISink Sink, TimeSpan StallTimeout);

/// <summary>How a branch ended.</summary>
/// <param name="Name">Name of the repository.</param>
/// <param name="Bytes">Bytes it took.</param>
/// <param name="Error">Why it was dropped; null when the object is complete there.</param>
internal sealed record BranchOutcome(string Name, long Bytes, Exception? Error);

/// <summary>A branch at work: a queue and the task that empties it into the sink.</summary>
internal sealed class FanOutBranch : IDisposable
{
    /// <summary>Making an object visible may take a store a while (parts put together, caches flushed).</summary>
    private const int CompletionFactor = 10;

    private readonly Branch _branch;
    private readonly TimeProvider _clock;
    private readonly Channel<BlockPool.Block> _queue = Channel.CreateUnbounded<BlockPool.Block>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly object _gate = new();
    private readonly Task _work;
    private BlockPool.Block? _current;
    private Exception? _error;
    private volatile bool _completing;
    private volatile bool _completed;
    private long _bytes;
    private long _lastProgress;
    private long _lastMoved;

    public FanOutBranch(Branch branch, TimeProvider clock)
    {
        (_branch, _clock) = (branch, clock);
        _lastProgress = clock.GetTimestamp();
        _work = Task.Run(WorkAsync, CancellationToken.None);
    }

    /// <summary>False after it was dropped.</summary>
    public bool IsAlive => Volatile.Read(ref _error) is null;

    /// <summary>How it ended.</summary>
    public BranchOutcome Outcome => new(_branch.Name, Interlocked.Read(ref _bytes), Volatile.Read(ref _error));

    /// <summary>Ends when everything is written and complete, or the branch was dropped.</summary>
    public Task Work => _work;

    /// <summary>Hands over a block; the branch lets go of it in any case.</summary>
    public void Add(BlockPool.Block block)
    {
        if (!IsAlive || !_queue.Writer.TryWrite(block)) block.Release();
        // Dropped in between: nobody else will empty the queue.
        else if (!IsAlive) Drain();
    }

    /// <summary>No more blocks come: finish and complete.</summary>
    public void Finish() => _queue.Writer.TryComplete();

    /// <summary>Drops the branch when it has something to do and made no progress for its stall timeout since others began to wait.</summary>
    public void DropIfStalled(long waitingSince)
    {
        if (!IsAlive || _work.IsCompleted) return;
        lock (_gate)
        {
            long moved = (_branch.Sink as IProgressSink)?.Moved ?? 0;
            if (moved != _lastMoved) (_lastMoved, _lastProgress) = (moved, _clock.GetTimestamp());
        }

        TimeSpan idle = _clock.GetElapsedTime(Math.Max(Interlocked.Read(ref _lastProgress), waitingSince));
        bool busy = Volatile.Read(ref _current) is not null || _queue.Reader.TryPeek(out _) || _completing;
        if (!busy || idle < _branch.StallTimeout * (_completing ? CompletionFactor : 1)) return;
        Drop(new DrpException(DrpError.Unreachable, Text.Of(PipelineTexts.Stalled, _branch.Name, (int)idle.TotalSeconds)) { Subject = _branch.Name, IsTransient = true });
    }

    /// <summary>Drops the branch: its queue is given back, whether or not its sink ever returns.</summary>
    public void Drop(Exception error)
    {
        if (Interlocked.CompareExchange(ref _error, error, null) is not null) return;
        _queue.Writer.TryComplete();
        // Not here on this thread: what waits on the token may run at once, and block.
        _ = _stop.CancelAsync();
        Drain();
        if (Interlocked.Exchange(ref _current, null) is { } hanging) hanging.Release(mayStillRead: true);
    }

    /// <summary>Waits for the task and disposes the sink, both no longer than the token allows.</summary>
    public async Task CloseAsync(CancellationToken ct)
    {
        if (!_completed) Drop(new OperationCanceledException());
        await _work.WaitAsync(ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await _branch.Sink.DisposeAsync().AsTask().WaitAsync(ct).ConfigureAwait(false);
        }
        catch (Exception) when (!IsAlive)
        {
            // The branch is lost and its error known; what is left of the object, the repository's sweep removes.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private void Drain()
    {
        while (_queue.Reader.TryRead(out var block)) block.Release();
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var block in _queue.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                Volatile.Write(ref _current, block);
                Progress();
                await _branch.Sink.WriteAsync(block.Bytes.AsMemory(0, block.Count), _stop.Token).ConfigureAwait(false);
                Interlocked.Add(ref _bytes, block.Count);
                Progress();
                if (Interlocked.CompareExchange(ref _current, null, block) == block) block.Release();
            }

            if (!IsAlive) return;
            _completing = true;
            Progress();
            await _branch.Sink.CompleteAsync(_stop.Token).ConfigureAwait(false);
            _completed = true;
        }
        catch (Exception e)
        {
            // Whatever it is: this repository is lost for this object, the others go on.
            Drop(e);
        }
        finally
        {
            // Dropped while a write was under way that has now returned after all.
            if (Interlocked.Exchange(ref _current, null) is { } block) block.Release();
        }
    }

    private void Progress() => Interlocked.Exchange(ref _lastProgress, _clock.GetTimestamp());
}
