namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>A stream whose length is known beforehand: what an archive must write first.</summary>
/// <param name="inner">Where the bytes come from.</param>
/// <param name="length">How many they are.</param>
/// <param name="took">Told the bytes of each piece.</param>
internal sealed class SizedStream(Stream inner, long length, Action<int> took) : Stream
{
    private long _position;

    public override bool CanRead => true;

    // The archive only asks how much is left; nobody goes back.
    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _position += count;
        took(count);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
        // Nothing is kept back.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
