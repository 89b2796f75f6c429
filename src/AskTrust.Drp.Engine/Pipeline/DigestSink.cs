using System.Security.Cryptography;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>Counts and digests (SHA-256) what passes.</summary>
internal sealed class DigestSink(ISink next, Action<long>? onBytes = null) : ISink
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _size;

    /// <summary>Bytes so far.</summary>
    public long Size => Interlocked.Read(ref _size);

    /// <summary>SHA-256 of everything, lower-case hex; known after <see cref="CompleteAsync"/>.</summary>
    public string Sha256 { get; private set; } = "";

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        _hash.AppendData(bytes.Span);
        long size = Interlocked.Add(ref _size, bytes.Length);
        onBytes?.Invoke(size);
        await next.WriteAsync(bytes, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken ct)
    {
        Sha256 = Digests.Hex(_hash.GetHashAndReset());
        await next.CompleteAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await next.DisposeAsync().ConfigureAwait(false);
    }
}
