using System.Buffers;
using System.Security.Cryptography;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>
/// Takes zstd frames, made elsewhere, and passes them on as they are. On the way it opens them, so that what is stored is known to be whole, and its plain bytes are
/// counted, digested (SHA-256) and looked at as those of any other artifact.
/// </summary>
internal sealed class OpeningSink(ISink next, string subject, Feed? look, Action<long>? onBytes) : IPlainDigest
{
    private const int BufferSize = 512 * 1024;
    private readonly Zstd.Decompressor _context = Zstd.Decompressor.Create();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _plain = ArrayPool<byte>.Shared.Rent(BufferSize);
    private long _size;
    private bool _frameEnded;
    private bool _disposed;

    /// <inheritdoc/>
    public long Size => _size;

    /// <inheritdoc/>
    public string Sha256 { get; private set; } = "";

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        Open(bytes.Span);
        onBytes?.Invoke(_size);
        return next.WriteAsync(bytes, ct);
    }

    /// <inheritdoc/>
    public Task CompleteAsync(CancellationToken ct)
    {
        if (!_frameEnded) throw new DrpException(DrpError.Failed, Text.Of(PipelineTexts.Truncated, subject)) { Subject = subject };
        Sha256 = Digests.Hex(_hash.GetHashAndReset());
        return next.CompleteAsync(ct);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_disposed) return ValueTask.CompletedTask;
        _disposed = true;
        _context.Dispose();
        _hash.Dispose();
        ArrayPool<byte>.Shared.Return(_plain);
        return next.DisposeAsync();
    }

    private unsafe void Open(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* from = bytes)
        fixed (byte* to = _plain)
        {
            var input = new Zstd.Buffer { Data = from, Size = (nuint)bytes.Length };
            Zstd.Buffer output;
            do
            {
                output = new Zstd.Buffer { Data = to, Size = BufferSize };
                _frameEnded = Zstd.Check(Zstd.ZSTD_decompressStream(_context.DangerousGetHandle(), &output, &input), subject, DrpError.Failed) == 0;
                ReadOnlySpan<byte> plain = _plain.AsSpan(0, (int)output.Position);
                _hash.AppendData(plain);
                look?.Invoke(plain);
                _size += plain.Length;
            }
            // A full buffer: the library may hold more, though it took everything.
            while (input.Position < input.Size || output.Position == BufferSize);
        }
    }
}
