using System.Buffers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>Decompresses zstd frames. The end of the source inside a frame, or anything that is no frame, is damage, never a quiet end.</summary>
/// <param name="source">Compressed bytes; owned.</param>
/// <param name="subject">What it is, for messages.</param>
internal sealed class ZstdStream(Stream source, string subject) : ReadOnlyStream
{
    private const int BufferSize = 256 * 1024;
    private readonly Zstd.Decompressor _context = Zstd.Decompressor.Create();
    private readonly byte[] _input = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _start;
    private int _end;
    private bool _frameEnded;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        while (true)
        {
            // First what the library still holds: a frame's last bytes need no further input.
            if (_start < _end || !_frameEnded)
            {
                int count = Step(buffer, out bool stuck);
                if (count > 0) return count;
                if (!stuck) continue;
            }

            _start = 0;
            _end = await source.ReadAsync(_input.AsMemory(0, BufferSize), cancellationToken).ConfigureAwait(false);
            if (_end > 0) continue;
            if (_frameEnded) return 0;
            throw new DrpException(DrpError.VerificationFailed, Text.Of(PipelineTexts.Truncated, subject)) { Subject = subject, Hint = PipelineTexts.UseAnotherCopy };
        }
    }

    /// <inheritdoc/>
    protected override ValueTask ReleaseAsync()
    {
        _context.Dispose();
        ArrayPool<byte>.Shared.Return(_input);
        return source.DisposeAsync();
    }

    private unsafe int Step(Memory<byte> buffer, out bool stuck)
    {
        fixed (byte* from = _input)
        fixed (byte* to = buffer.Span)
        {
            var input = new Zstd.Buffer { Data = from, Size = (nuint)_end, Position = (nuint)_start };
            var output = new Zstd.Buffer { Data = to, Size = (nuint)buffer.Length };
            nuint hint = Zstd.Check(Zstd.ZSTD_decompressStream(_context.DangerousGetHandle(), &output, &input), subject, DrpError.VerificationFailed);
            stuck = input.Position == (nuint)_start && output.Position == 0;
            if (!stuck) _frameEnded = hint == 0;
            _start = (int)input.Position;
            return (int)output.Position;
        }
    }
}
