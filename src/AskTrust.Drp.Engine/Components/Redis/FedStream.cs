using System.Threading.Channels;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Redis;

/// <summary>A stream that reads what somebody feeds it, a few pieces ahead at most. A reader that gives up lets the feeder go on.</summary>
internal sealed class FedStream : ReadOnlyStream
{
    private readonly Channel<byte[]> _pieces = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(8) { SingleReader = true, SingleWriter = true });
    private ReadOnlyMemory<byte> _rest;

    /// <summary>Feeds a piece; the buffer may be used again afterwards.</summary>
    public async ValueTask FeedAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await _pieces.Writer.WriteAsync(bytes.ToArray(), ct).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The reader gave up: why, it tells itself.
        }
    }

    /// <summary>No more is fed, or the reader reads no more.</summary>
    public void End() => _pieces.Writer.TryComplete();

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_rest.IsEmpty)
        {
            if (!await _pieces.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false)) return 0;
            if (_pieces.Reader.TryRead(out byte[]? piece)) _rest = piece;
        }

        int count = Math.Min(buffer.Length, _rest.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }
}
