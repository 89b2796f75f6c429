using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// For negative controls: passes a stream on with one bit flipped at one place. A restore test that does not notice is broken.
/// </summary>
internal sealed class DamagedStream(Stream inner, long place) : ReadOnlyStream
{
    private long _position;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (place >= _position && place < _position + count) buffer.Span[(int)(place - _position)] ^= 0x10;
        _position += count;
        return count;
    }

    protected override ValueTask ReleaseAsync() => inner.DisposeAsync();
}
