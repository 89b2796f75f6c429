using System.Buffers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>
/// Compresses with libzstd, on worker threads, with the frame's checksum. Memory is bounded by small jobs and, at high
/// levels, by limits on window, tables and workers: some 20 MiB at level 3 with four threads, 60 MiB at levels 10 to 19.
/// </summary>
internal sealed class ZstdSink : ISink
{
    private const int LevelOfLargeTables = 10;
    private const int BufferSize = 512 * 1024;
    private const int Piece = 128 * 1024;
    private readonly ISink _next;
    private readonly Zstd.Compressor _context;
    private readonly byte[] _output = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _filled;
    private bool _disposed;

    public ZstdSink(ISink next, CompressionPlan plan)
    {
        _next = next;
        _context = Zstd.Compressor.Create();
        int workers = Math.Clamp(plan.Threads > 0 ? plan.Threads : Math.Min(Environment.ProcessorCount, 4), 1, 64);
        Set(Zstd.CompressionLevel, plan.Level);
        Set(Zstd.ChecksumFlag, 1);
        if (plan.Level >= LevelOfLargeTables)
        {
            // The library's own choice takes up to 100 MiB for each worker.
            Set(Zstd.WindowLog, 22);
            Set(Zstd.HashLog, 21);
            Set(Zstd.ChainLog, 21);
            workers = Math.Min(workers, 2);
        }

        Set(Zstd.Workers, workers);
        Set(Zstd.JobSize, plan.Level >= LevelOfLargeTables ? 4 << 20 : 2 << 20);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[Step(bytes, Zstd.Continue, out _)..];
            if (_filled >= Piece) await EmitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken ct)
    {
        bool more;
        do
        {
            ct.ThrowIfCancellationRequested();
            Step(default, Zstd.End, out more);
            if (_filled >= Piece || !more) await EmitAsync(ct).ConfigureAwait(false);
        }
        while (more);
        await _next.CompleteAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        _context.Dispose();
        ArrayPool<byte>.Shared.Return(_output);
        await _next.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask EmitAsync(CancellationToken ct)
    {
        int count = _filled;
        _filled = 0;
        if (count > 0) await _next.WriteAsync(_output.AsMemory(0, count), ct).ConfigureAwait(false);
    }

    private unsafe int Step(ReadOnlyMemory<byte> bytes, int directive, out bool more)
    {
        fixed (byte* from = bytes.Span)
        fixed (byte* to = _output)
        {
            var input = new Zstd.Buffer { Data = from, Size = (nuint)bytes.Length };
            var output = new Zstd.Buffer { Data = to, Size = BufferSize, Position = (nuint)_filled };
            nuint left = Zstd.Check(Zstd.ZSTD_compressStream2(_context.DangerousGetHandle(), &output, &input, directive), "zstd", DrpError.Failed);
            _filled = (int)output.Position;
            more = left != 0;
            return (int)input.Position;
        }
    }

    private void Set(int parameter, int value) =>
        Zstd.Check(Zstd.ZSTD_CCtx_setParameter(_context.DangerousGetHandle(), parameter, value), "zstd", DrpError.Failed);
}
