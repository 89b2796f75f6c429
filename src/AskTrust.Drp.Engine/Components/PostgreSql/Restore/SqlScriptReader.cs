namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>What a piece of a script is.</summary>
internal enum ScriptPiece
{
    /// <summary>One whole statement, with the blanks and comments before it and its semicolon.</summary>
    Statement,

    /// <summary>Part of a statement too long to be held: pass it on unseen.</summary>
    LongPart,

    /// <summary>Data of <c>COPY … FROM stdin</c>, up to and with its end mark.</summary>
    CopyData,

    /// <summary>A command of psql itself (<c>\connect …</c>), to the end of its line.</summary>
    MetaCommand,

    /// <summary>Blanks and comments at the end.</summary>
    Trailer,
}

/// <summary>
/// Cuts an SQL script as psql reads it into statements, COPY data and backslash commands, without ever holding more than a
/// bounded part. Needed because a script decides what psql does: a <c>\connect</c> would leave the database we restore into.
/// </summary>
internal sealed class SqlScriptReader(Stream source, Action<int>? onRead = null)
{
    private const int LongStatement = 512 * 1024;
    private readonly SqlLexer _lexer = new();
    private byte[] _buffer = new byte[1024 * 1024];
    private int _start;
    private int _end;
    private bool _eof;
    private bool _copy;
    private bool _long;

    /// <summary>What the current piece is.</summary>
    public ScriptPiece Piece { get; private set; }

    /// <summary>Bytes of the current piece; valid until the next read.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>True when the script ended inside COPY data, a quote or a comment: it was cut off.</summary>
    public bool Truncated { get; private set; }

    /// <summary>Reads the next piece.</summary>
    /// <returns>False at the end.</returns>
    public async ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        _start += Bytes.Length;
        Bytes = default;
        while (true)
        {
            int length = _copy ? CopyLength() : StatementLength();
            if (length > 0)
            {
                Bytes = _buffer.AsMemory(_start, length);
                return true;
            }

            if (_eof) return End();
            await FillAsync(ct).ConfigureAwait(false);
        }
    }

    private int StatementLength()
    {
        var span = _buffer.AsSpan(_start, _end - _start);
        switch (_lexer.Scan(span, _eof))
        {
            case SqlLexer.Stop.Statement:
                int length = _lexer.Position;
                Piece = _long ? ScriptPiece.LongPart : ScriptPiece.Statement;
                if (!_long) Look(span[..length]);
                _long = false;
                _lexer.Reset();
                return length;
            case SqlLexer.Stop.Backslash when _lexer.Position > 0:
                // What stands before the command is a piece of its own; the state goes on (a command may stand inside a statement).
                Piece = _lexer.Blank ? ScriptPiece.Trailer : ScriptPiece.LongPart;
                return _lexer.Consume();
            case SqlLexer.Stop.Backslash:
                int line = span.IndexOf((byte)'\n');
                if (line < 0 && !_eof) return 0;
                Piece = ScriptPiece.MetaCommand;
                return line < 0 ? span.Length : line + 1;
            default:
                if (_lexer.Position < LongStatement) return 0;
                (Piece, _long) = (ScriptPiece.LongPart, true);
                return _lexer.Consume();
        }
    }

    /// <summary>Length of the data that can be passed on: up to the end mark, or up to the last whole line.</summary>
    private int CopyLength()
    {
        var span = _buffer.AsSpan(_start, _end - _start);
        Piece = ScriptPiece.CopyData;
        for (int from = 0; ;)
        {
            int mark = span[from..].IndexOf("\\."u8);
            if (mark < 0) break;
            mark += from;
            from = mark + 2;
            if (mark > 0 && span[mark - 1] != '\n') continue;
            int end = from < span.Length && span[from] == '\r' ? from + 1 : from;
            if (end >= span.Length && !_eof) break;
            if (end < span.Length && span[end] != '\n') continue;
            _copy = false;
            return Math.Min(end + 1, span.Length);
        }

        // Only whole lines: so a piece always begins where a line begins. A line longer than the buffer makes it grow.
        return span.LastIndexOf((byte)'\n') + 1;
    }

    private bool End()
    {
        int rest = _end - _start;
        Truncated = _copy || _lexer.Inside || _long;
        if (rest == 0) return false;
        Piece = _copy ? ScriptPiece.CopyData : _lexer.Blank ? ScriptPiece.Trailer : ScriptPiece.Statement;
        Bytes = _buffer.AsMemory(_start, rest);
        return true;
    }

    private async ValueTask FillAsync(CancellationToken ct)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_end, _start) = (_end - _start, 0);
        }

        // Only one line of COPY data can fill the whole buffer; PostgreSQL's own limit for a line is 1 GiB.
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        int read = await source.ReadAsync(_buffer.AsMemory(_end), ct).ConfigureAwait(false);
        onRead?.Invoke(read);
        _eof = read == 0;
        _end += read;
    }

    /// <summary>Notices what changes how the script is read on: <c>COPY … FROM stdin</c> and <c>standard_conforming_strings</c>.</summary>
    private void Look(ReadOnlySpan<byte> statement)
    {
        var tokens = SqlToken.Split(statement, 1);
        if (tokens.Count == 0 || !(tokens[0].Is("copy") || tokens[0].Is("set"))) return;
        tokens = SqlToken.Split(statement, int.MaxValue);
        // Strings and quoted names cannot fool this: they are no words.
        for (int i = 0; i + 1 < tokens.Count; i++)
        {
            if (tokens[0].Is("copy") && tokens[i].Is("from") && tokens[i + 1].Is("stdin")) _copy = true;
            else if (tokens[0].Is("set") && tokens[i].Is("standard_conforming_strings")) _lexer.EscapesAlways = tokens.Exists(t => t.Is("off"));
        }
    }
}
