using System.Text;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Kinds of tokens that matter when a statement is judged.</summary>
internal enum SqlTokenKind
{
    /// <summary>Keyword or unquoted identifier, in lower case.</summary>
    Word,

    /// <summary>Quoted identifier, without its quotes.</summary>
    Quoted,

    /// <summary>String constant; its content is not kept.</summary>
    Text,

    /// <summary>One other character.</summary>
    Symbol,
}

/// <summary>One token of a statement.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Text)
{
    /// <summary>True for a word or quoted identifier.</summary>
    public bool IsName => Kind is SqlTokenKind.Word or SqlTokenKind.Quoted;

    /// <summary>True when it is this keyword.</summary>
    public bool Is(string word) => Kind == SqlTokenKind.Word && Text == word;

    /// <summary>Splits a statement; comments are dropped. Only the first tokens, up to the limit.</summary>
    public static List<SqlToken> Split(ReadOnlySpan<byte> statement, int limit = 64)
    {
        var tokens = new List<SqlToken>();
        int i = 0;
        while (i < statement.Length && tokens.Count < limit)
        {
            byte c = statement[i];
            if (c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'\f') i++;
            else if (c == '-' && Next(statement, i) == '-') i = SkipTo(statement, i, (byte)'\n');
            else if (c == '/' && Next(statement, i) == '*') i = SkipComment(statement, i);
            else if (c == '"') tokens.Add(new(SqlTokenKind.Quoted, Quoted(statement, ref i)));
            else if (c == '\'') tokens.Add(new(SqlTokenKind.Text, Skip(statement, ref i)));
            else if (IsWord(c)) tokens.Add(Word(statement, ref i));
            else tokens.Add(new(SqlTokenKind.Symbol, ((char)statement[i++]).ToString()));
        }

        return tokens;
    }

    /// <summary>True for the characters of words: letters, digits, underscore, dollar and everything beyond ASCII.</summary>
    public static bool IsWord(byte c) => c is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9') or (byte)'_' or (byte)'$' or >= 0x80;

    private static int Next(ReadOnlySpan<byte> s, int i) => i + 1 < s.Length ? s[i + 1] : -1;

    private static int SkipTo(ReadOnlySpan<byte> s, int i, byte end)
    {
        int at = s[i..].IndexOf(end);
        return at < 0 ? s.Length : i + at + 1;
    }

    private static int SkipComment(ReadOnlySpan<byte> s, int i)
    {
        int depth = 0;
        do
        {
            if (s[i] == '/' && Next(s, i) == '*') (depth, i) = (depth + 1, i + 2);
            else if (s[i] == '*' && Next(s, i) == '/') (depth, i) = (depth - 1, i + 2);
            else i++;
        }
        while (depth > 0 && i < s.Length);
        return i;
    }

    private static string Quoted(ReadOnlySpan<byte> s, ref int i)
    {
        int start = ++i;
        while (i < s.Length && (s[i] != '"' || Next(s, i) == '"')) i += s[i] == '"' ? 2 : 1;
        string name = Encoding.UTF8.GetString(s[start..Math.Min(i, s.Length)]).Replace("\"\"", "\"", StringComparison.Ordinal);
        i++;
        return name;
    }

    private static string Skip(ReadOnlySpan<byte> s, ref int i)
    {
        bool escapes = i > 0 && s[i - 1] is (byte)'E' or (byte)'e' && (i < 2 || !IsWord(s[i - 2]));
        for (i++; i < s.Length; i++)
        {
            if (escapes && s[i] == '\\') i++;
            else if (s[i] == '\'' && Next(s, i) != '\'') break;
            else if (s[i] == '\'') i++;
        }

        i++;
        return "";
    }

    private static SqlToken Word(ReadOnlySpan<byte> s, ref int i)
    {
        int start = i;
        while (i < s.Length && IsWord(s[i])) i++;
        // PostgreSQL folds ASCII only in multi-byte encodings.
        return new(SqlTokenKind.Word, Encoding.UTF8.GetString(s[start..i]).ToLowerAscii());
    }
}

/// <summary>Folding as the server does it.</summary>
internal static class AsciiFolding
{
    /// <summary>Lower case for ASCII letters only.</summary>
    public static string ToLowerAscii(this string text) =>
        string.Create(text.Length, text, static (to, from) => { for (int i = 0; i < from.Length; i++) to[i] = char.IsAsciiLetterUpper(from[i]) ? (char)(from[i] | 0x20) : from[i]; });
}
