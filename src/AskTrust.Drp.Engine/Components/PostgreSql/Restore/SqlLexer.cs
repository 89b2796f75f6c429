namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// Finds where statements end: a semicolon outside quotes, comments and parentheses. Works in steps over a growing buffer;
/// positions are relative to the start of what is not yet consumed.
/// </summary>
internal sealed class SqlLexer
{
    private const int LongestTag = 70;
    private State _state;
    private int _depth;
    private int _parentheses;
    private byte[] _tag = [];
    private bool _escapes;
    private byte _before;

    /// <summary>Why a scan stopped.</summary>
    public enum Stop
    {
        /// <summary>More bytes are needed.</summary>
        NeedMore,

        /// <summary>After a semicolon: one statement lies before <see cref="Position"/>.</summary>
        Statement,

        /// <summary>At a backslash outside quotes: a command of psql.</summary>
        Backslash,
    }

    private enum State
    {
        Plain,
        Text,
        Quoted,
        Dollar,
        LineComment,
        Comment,
    }

    /// <summary>Backslashes escape in every string: <c>standard_conforming_strings = off</c>, as in very old dumps.</summary>
    public bool EscapesAlways { get; set; }

    /// <summary>Bytes scanned so far.</summary>
    public int Position { get; private set; }

    /// <summary>True when only blanks and comments were seen.</summary>
    public bool Blank { get; private set; } = true;

    /// <summary>True inside quotes or a comment that must be closed.</summary>
    public bool Inside => _state is State.Text or State.Quoted or State.Dollar or State.Comment;

    /// <summary>Forgets everything: a new statement begins.</summary>
    public void Reset() => (_state, _depth, _parentheses, Position, Blank, _before) = (State.Plain, 0, 0, 0, true, 0);

    /// <summary>What was scanned is taken away by the caller; the state goes on.</summary>
    /// <returns>How many bytes.</returns>
    public int Consume()
    {
        int taken = Position;
        Position = 0;
        return taken;
    }

    /// <summary>Scans on.</summary>
    /// <param name="s">Everything not consumed.</param>
    /// <param name="end">True when nothing will follow.</param>
    public Stop Scan(ReadOnlySpan<byte> s, bool end)
    {
        // Two-character tokens need one byte ahead.
        int limit = end ? s.Length : s.Length - 1;
        while (Position < limit)
        {
            switch (_state)
            {
                case State.Plain:
                    if (Plain(s, end) is { } stop) return stop;
                    break;
                case State.Text:
                    Text(s, end);
                    break;
                case State.Quoted:
                    if (Find(s, (byte)'"')) _state = State.Plain; // a doubled quote opens again at once
                    break;
                case State.LineComment:
                    if (Find(s, (byte)'\n')) _state = State.Plain;
                    break;
                case State.Comment:
                    Comment(s, end);
                    break;
                default:
                    if (!Dollar(s, end)) return Stop.NeedMore;
                    break;
            }
        }

        return Stop.NeedMore;
    }

    private Stop? Plain(ReadOnlySpan<byte> s, bool end)
    {
        byte c = s[Position];
        byte next = Position + 1 < s.Length ? s[Position + 1] : (byte)0;
        byte before = Position > 0 ? s[Position - 1] : _before;
        switch (c)
        {
            case (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'\f':
                break;
            case (byte)'-' when next == '-':
                _state = State.LineComment;
                break;
            case (byte)'/' when next == '*':
                (_state, _depth) = (State.Comment, 1);
                Position++;
                break;
            case (byte)'\\':
                _before = 0;
                return Stop.Backslash;
            case (byte)';' when _parentheses <= 0:
                Position++;
                return Stop.Statement;
            case (byte)'$' when !SqlToken.IsWord(before):
                if (Tag(s, end) is not { } tag) return Stop.NeedMore;
                Blank = false;
                if (tag.Length == 0) break;
                (_state, _tag) = (State.Dollar, tag);
                Position += tag.Length;
                return null;
            default:
                Blank = false;
                if (c == '\'') (_state, _escapes) = (State.Text, EscapesAlways || IsEscapePrefix(s));
                else if (c == '"') _state = State.Quoted;
                else if (c == '(') _parentheses++;
                else if (c == ')') _parentheses--;
                break;
        }

        _before = c;
        Position++;
        return null;
    }

    private void Text(ReadOnlySpan<byte> s, bool end)
    {
        int at = _escapes ? s[Position..].IndexOfAny((byte)'\'', (byte)'\\') : s[Position..].IndexOf((byte)'\'');
        if (at < 0)
        {
            Position = s.Length;
            return;
        }

        Position += at;
        // What follows decides (an escaped byte, a doubled quote): when it is not there yet, wait for it.
        if (Position + 1 == s.Length && !end) return;
        bool pair = s[Position] == '\\' || (Position + 1 < s.Length && s[Position + 1] == '\'');
        if (!pair) (_state, _before) = (State.Plain, (byte)'\'');
        Position = Math.Min(Position + (pair ? 2 : 1), s.Length);
    }

    private void Comment(ReadOnlySpan<byte> s, bool end)
    {
        int at = s[Position..].IndexOfAny((byte)'*', (byte)'/');
        Position = at < 0 ? s.Length : Position + at;
        if (at < 0 || (Position + 1 == s.Length && !end)) return;
        byte next = Position + 1 < s.Length ? s[Position + 1] : (byte)0;
        int step = (s[Position], next) switch { ((byte)'*', (byte)'/') => -1, ((byte)'/', (byte)'*') => 1, _ => 0 };
        _depth += step;
        Position += step == 0 ? 1 : 2;
        if (_depth == 0) _state = State.Plain;
    }

    private bool Dollar(ReadOnlySpan<byte> s, bool end)
    {
        int at = s[Position..].IndexOf(_tag);
        if (at >= 0)
        {
            Position += at + _tag.Length;
            _state = State.Plain;
            _before = (byte)'$';
            return true;
        }

        // The closing tag may be cut at the end of the buffer.
        Position = end ? s.Length : Math.Max(Position, s.Length - _tag.Length + 1);
        return end;
    }

    /// <summary>The dollar quote that begins here; empty when it is none; null when more bytes are needed to tell.</summary>
    private byte[]? Tag(ReadOnlySpan<byte> s, bool end)
    {
        int i = Position + 1;
        while (i < s.Length && i - Position < LongestTag * 4 && s[i] != '$' && SqlToken.IsWord(s[i]) && !(i == Position + 1 && char.IsAsciiDigit((char)s[i]))) i++;
        if (i >= s.Length && !end) return null;
        return i < s.Length && s[i] == '$' ? s[Position..(i + 1)].ToArray() : [];
    }

    /// <summary>True for <c>E'</c>, but not for a word that ends in e (<c>date'…'</c>).</summary>
    private bool IsEscapePrefix(ReadOnlySpan<byte> s) =>
        Position > 0 && s[Position - 1] is (byte)'E' or (byte)'e' && (Position < 2 || !SqlToken.IsWord(s[Position - 2]));

    private bool Find(ReadOnlySpan<byte> s, byte end)
    {
        int at = s[Position..].IndexOf(end);
        Position = at < 0 ? s.Length : Position + at + 1;
        return at >= 0;
    }
}
