namespace AskTrust.Drp.Engine.Repositories.S3;

/// <summary>Cancels a request that moves no byte for too long; a slow one that does move may take its time.</summary>
internal sealed class ProgressWatch : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _caller;
    private readonly TimeSpan _idle;
    private readonly Action? _onMove;

    public ProgressWatch(TimeSpan idle, CancellationToken ct, Action? onMove = null)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _caller = ct;
        _idle = idle;
        _onMove = onMove;
        Touch();
    }

    /// <summary>For the request.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>True when it was the watch that ended the request, not the caller.</summary>
    public bool Expired => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Something moved.</summary>
    public void Touch()
    {
        _source.CancelAfter(_idle);
        _onMove?.Invoke();
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    /// <summary>A request's body, reporting to a watch whenever some of it is taken.</summary>
    internal sealed class Body(byte[] buffer, int count, ProgressWatch watch) : MemoryStream(buffer, 0, count, writable: false)
    {
        public override int Read(byte[] buffer, int offset, int count)
        {
            watch.Touch();
            return base.Read(buffer, offset, count);
        }

        public override int Read(Span<byte> buffer)
        {
            watch.Touch();
            return base.Read(buffer);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            watch.Touch();
            return base.ReadAsync(buffer, cancellationToken);
        }

        // In pieces, so that progress is seen; the base class would hand over everything in one write.
        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            byte[] piece = new byte[64 * 1024];
            while (Read(piece.AsSpan()) is > 0 and int got) await destination.WriteAsync(piece.AsMemory(0, got), cancellationToken).ConfigureAwait(false);
        }
    }
}
