namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>Reads texts that each end with a zero byte: names of files may hold anything else. Keeps one piece in memory, whatever the length of the stream.</summary>
/// <param name="stream">The stream; owned.</param>
internal sealed class ZeroReader(Stream stream) : IAsyncDisposable, IDisposable
{
    private const int Piece = 256 * 1024;

    /// <summary>No path is longer on Linux than 4 KiB; what is longer than this is no list of ours.</summary>
    private const int Longest = 4 * 1024 * 1024;

    private byte[] _buffer = new byte[Piece];
    private int _start;
    private int _end;
    private int _length;
    private bool _taken;

    /// <summary>The text, without its zero; valid until the next one is asked for.</summary>
    public ReadOnlyMemory<byte> Current => _buffer.AsMemory(_start, _length);

    /// <summary>Goes to the next text; false at the end.</summary>
    /// <exception cref="InvalidDataException">The stream ends in the middle of a text.</exception>
    public async ValueTask<bool> MoveAsync(CancellationToken ct)
    {
        while (!Next())
        {
            int count = await stream.ReadAsync(Room(), ct).ConfigureAwait(false);
            if (count == 0) return Ended();
            _end += count;
        }

        return true;
    }

    /// <summary>The same, for files.</summary>
    public bool Move()
    {
        while (!Next())
        {
            int count = stream.Read(Room().Span);
            if (count == 0) return Ended();
            _end += count;
        }

        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private bool Next()
    {
        int begin = _taken ? _start + _length + 1 : _start;
        int zero = _buffer.AsSpan(begin, _end - begin).IndexOf((byte)0);
        if (zero < 0)
        {
            // What is left moves to the front when room is made.
            (_start, _length, _taken) = (begin, 0, false);
            return false;
        }

        (_start, _length, _taken) = (begin, zero, true);
        return true;
    }

    private Memory<byte> Room()
    {
        int rest = _end - _start;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, rest).CopyTo(_buffer);
            (_start, _end) = (0, rest);
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= Longest) throw new InvalidDataException();
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        return _buffer.AsMemory(_end);
    }

    private bool Ended() => _end == _start ? false : throw new InvalidDataException();
}
