using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>
/// One writer, several repositories at once, with a bounded number of buffers between them. A branch that fails, or stalls
/// while the others wait, is dropped and remembered; the others go on. Writing fails only when no branch is left.
/// </summary>
internal sealed class FanOutSink : ISink
{
    private const int BlockSize = 256 * 1024;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_closing = TimeSpan.FromSeconds(20);
    private readonly FanOutBranch[] _branches;
    private readonly TimeProvider _clock;
    private readonly BlockPool _pool;
    private BlockPool.Block? _block;
    private bool _disposed;

    /// <param name="branches">The destinations; their sinks are owned.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="memory">Bytes of all buffers together.</param>
    public FanOutSink(IReadOnlyList<Branch> branches, TimeProvider clock, int memory = 8 * 1024 * 1024)
    {
        _clock = clock;
        _pool = new BlockPool(BlockSize, Math.Max(memory / BlockSize, 4));
        _branches = [.. branches.Select(b => new FanOutBranch(b, clock))];
    }

    /// <summary>How each branch fared; final after <see cref="CompleteAsync"/> or disposal.</summary>
    public IReadOnlyList<BranchOutcome> Outcomes => [.. _branches.Select(b => b.Outcome)];

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        ThrowIfAllLost();
        while (!bytes.IsEmpty)
        {
            _block ??= await RentAsync(ct).ConfigureAwait(false);
            int count = Math.Min(bytes.Length, BlockSize - _block.Count);
            bytes[..count].CopyTo(_block.Bytes.AsMemory(_block.Count));
            _block.Count += count;
            bytes = bytes[count..];
            if (_block.Count == BlockSize) Send();
        }
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken ct)
    {
        if (_block is { Count: > 0 }) Send();
        foreach (var branch in _branches) branch.Finish();
        Task all = Task.WhenAll(_branches.Select(b => b.Work));
        long since = _clock.GetTimestamp();
        while (!all.IsCompleted)
        {
            await Task.WhenAny(all, Task.Delay(s_look, _clock, ct)).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
            foreach (var branch in _branches) branch.DropIfStalled(since);
            if (_branches.All(b => !b.IsAlive || b.Work.IsCompleted)) break;
        }

        ThrowIfAllLost();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        _block?.Release();
        using var brief = new CancellationTokenSource(s_closing, _clock);
        await Task.WhenAll(_branches.Select(b => b.CloseAsync(brief.Token))).ConfigureAwait(false);
        foreach (var branch in _branches) branch.Dispose();
    }

    private void Send()
    {
        var block = _block!;
        _block = null;
        foreach (var branch in _branches) branch.Add(block);
        // The writer's own hold.
        block.Release();
        ThrowIfAllLost();
    }

    private async Task<BlockPool.Block> RentAsync(CancellationToken ct)
    {
        Task free = _pool.ReserveAsync(ct);
        long since = _clock.GetTimestamp();
        while (!free.IsCompleted)
        {
            await Task.WhenAny(free, Task.Delay(s_look, _clock, ct)).ConfigureAwait(false);
            if (free.IsCompleted) break;
            ct.ThrowIfCancellationRequested();
            foreach (var branch in _branches) branch.DropIfStalled(since);
        }

        await free.ConfigureAwait(false);
        return _pool.Take(_branches.Length + 1);
    }

    private void ThrowIfAllLost()
    {
        if (_branches.Any(b => b.IsAlive)) return;
        var lost = Outcomes;
        var first = lost[0].Error!;
        DrpError code = lost.Select(o => (o.Error as DrpException)?.Code ?? DrpError.Failed).Distinct().ToArray() is [var same] ? same : DrpError.Failed;
        throw new DrpException(code, Text.Of(PipelineTexts.AllRepositoriesLost, string.Join("; ", lost.Select(o => $"{o.Name}: {o.Error!.Message}"))), first)
        {
            Subject = string.Join(", ", lost.Select(o => o.Name)), Hint = (first as DrpException)?.Hint,
        };
    }
}
