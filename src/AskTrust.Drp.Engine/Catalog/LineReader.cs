namespace AskTrust.Drp.Engine.Catalog;

/// <summary>The lines of a file of UTF-8 as bytes, one at a time: a large file is never in memory as a whole.</summary>
internal sealed class LineReader(Stream stream)
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private int _next;
    private int _filled;

    /// <summary>The line, without its end; valid until the next one is read.</summary>
    public ReadOnlySpan<byte> Current => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Reads the next line; the last one need not be ended.</summary>
    public bool MoveNext()
    {
        int seen = _next;
        while (true)
        {
            int at = _buffer.AsSpan(seen, _filled - seen).IndexOf((byte)'\n');
            if (at >= 0)
            {
                (_start, _end) = (_next, seen + at);
                _next = _end + 1;
                return true;
            }

            seen = _filled - _next;
            if (!Fill())
            {
                (_start, _end, _next) = (_next, _filled, _filled);
                return _end > _start;
            }
        }
    }

    /// <summary>Moves what is not yet a line to the front and reads more behind it.</summary>
    private bool Fill()
    {
        byte[] to = _filled - _next > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        _buffer.AsSpan(_next, _filled - _next).CopyTo(to);
        (_buffer, _filled, _next) = (to, _filled - _next, 0);
        int count = stream.Read(_buffer, _filled, _buffer.Length - _filled);
        _filled += count;
        return count > 0;
    }
}
