using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>Keeps all writes together, and all reads together, below a rate each.</summary>
/// <param name="inner">The repository.</param>
/// <param name="upload">Bytes per second when writing; null = unlimited.</param>
/// <param name="download">Bytes per second when reading; null = unlimited.</param>
/// <param name="clock">The clock.</param>
internal sealed class ThrottledRepository(IRepository inner, long? upload, long? download, TimeProvider clock) : IRepository
{
    // Small enough that a slow rate flows evenly instead of in jerks.
    private const int Piece = 64 * 1024;
    private readonly TokenBucket? _up = upload is { } u ? new TokenBucket(u, clock) : null;
    private readonly TokenBucket? _down = download is { } d ? new TokenBucket(d, clock) : null;

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public string Location => inner.Location;

    /// <inheritdoc/>
    public bool IsReadOnly => inner.IsReadOnly;

    /// <inheritdoc/>
    public async Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct)
    {
        ISink sink = await inner.CreateAsync(key, expectedSize, ct).ConfigureAwait(false);
        return _up is null ? sink : new Sink(sink, _up);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct)
    {
        Stream stream = await inner.OpenReadAsync(key, offset, length, ct).ConfigureAwait(false);
        return _down is null ? stream : new Reader(stream, _down);
    }

    /// <inheritdoc/>
    public Task<StoredObject?> StatAsync(string key, CancellationToken ct) => inner.StatAsync(key, ct);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct) => inner.ListAsync(prefix, ct);

    /// <inheritdoc/>
    public Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct) => inner.DeleteAsync(key, ct);

    /// <inheritdoc/>
    public Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct) => inner.SweepAsync(prefix, olderThan, ct);

    /// <inheritdoc/>
    public Task<long?> FreeSpaceAsync(CancellationToken ct) => inner.FreeSpaceAsync(ct);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken ct) => inner.CheckAsync(ct);

    /// <inheritdoc/>
    public Task<bool> LookAsync(CancellationToken ct) => inner.LookAsync(ct);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class Sink(ISink inner, TokenBucket bucket) : IProgressSink
    {
        private long _pieces;

        /// <summary>A write of several pieces waits long at a low rate, but it moves.</summary>
        public long Moved => Interlocked.Read(ref _pieces) + ((inner as IProgressSink)?.Moved ?? 0);

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            while (!bytes.IsEmpty)
            {
                ReadOnlyMemory<byte> piece = bytes[..Math.Min(Piece, bytes.Length)];
                await bucket.TakeAsync(piece.Length, ct).ConfigureAwait(false);
                await inner.WriteAsync(piece, ct).ConfigureAwait(false);
                Interlocked.Increment(ref _pieces);
                bytes = bytes[piece.Length..];
            }
        }

        public Task CompleteAsync(CancellationToken ct) => inner.CompleteAsync(ct);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Reader(Stream inner, TokenBucket bucket) : ReadOnlyStream
    {
        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int got = await inner.ReadAsync(buffer[..Math.Min(Piece, buffer.Length)], cancellationToken).ConfigureAwait(false);
            await bucket.TakeAsync(got, cancellationToken).ConfigureAwait(false);
            return got;
        }

        protected override ValueTask ReleaseAsync() => inner.DisposeAsync();
    }
}
