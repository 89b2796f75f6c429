namespace AskTrust.Drp.Engine.Host;

/// <summary>A stream whose first bytes were looked at before; they are given again in front of the rest.</summary>
internal sealed class PeekedStream : ReadOnlyStream
{
    private readonly Stream _source;
    private ReadOnlyMemory<byte> _left;

    private PeekedStream(Stream source, ReadOnlyMemory<byte> start) => (_source, Start, _left) = (source, start, start);

    /// <summary>The first bytes; fewer than asked for when there are no more.</summary>
    public ReadOnlyMemory<byte> Start { get; }

    /// <summary>Looks at the first bytes.</summary>
    public static async Task<PeekedStream> PeekAsync(Stream source, int count, CancellationToken ct)
    {
        byte[] start = new byte[count];
        int got = await source.ReadAtLeastAsync(start, count, throwOnEndOfStream: false, ct).ConfigureAwait(false);
        return new PeekedStream(source, start.AsMemory(0, got));
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left.IsEmpty) return await _source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        int count = Math.Min(_left.Length, buffer.Length);
        _left[..count].CopyTo(buffer);
        _left = _left[count..];
        return count;
    }

    /// <inheritdoc/>
    protected override ValueTask ReleaseAsync() => _source.DisposeAsync();
}
