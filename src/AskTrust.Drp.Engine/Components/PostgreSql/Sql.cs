namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>Quoting and splitting of SQL.</summary>
internal static class Sql
{
    /// <summary>An identifier, always in double quotes.</summary>
    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A string constant, right whatever <c>standard_conforming_strings</c> says.</summary>
    public static string Literal(string value) => value.Contains('\\', StringComparison.Ordinal)
        ? $" E'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'"
        : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A table's key in manifests: both parts quoted where SQL needs it, in the way of <c>quote_ident</c> without its list of reserved words.</summary>
    public static string TableKey(string schema, string table) => $"{Quoted(schema)}.{Quoted(table)}";

    /// <summary>A connection string for programs that want the database as an argument; safe for names with blanks, quotes or <c>=</c>.</summary>
    public static string ConnectionString(string database) =>
        $"dbname='{database.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    /// <summary>
    /// Splits at semicolons outside quotes, dollar quotes, comments and parentheses, so that each statement can be its own transaction.
    /// (A function body in the <c>BEGIN ATOMIC</c> style must come alone.)
    /// </summary>
    public static IReadOnlyList<string> Split(string sql)
    {
        var statements = new List<string>();
        int start = 0, depth = 0;
        for (int i = 0; i < sql.Length; i++)
        {
            switch (sql[i])
            {
                case '\'':
                    i = EndOfQuoted(sql, i, '\'', escapes: i > 0 && sql[i - 1] is 'e' or 'E' && (i == 1 || !IsWord(sql[i - 2])));
                    break;
                case '"':
                    i = EndOfQuoted(sql, i, '"', escapes: false);
                    break;
                case '$' when i == 0 || !IsWord(sql[i - 1]):
                    i = EndOfDollarQuoted(sql, i);
                    break;
                case '-' when Next(sql, i) == '-':
                    int line = sql.IndexOf('\n', i);
                    i = line < 0 ? sql.Length : line;
                    break;
                case '/' when Next(sql, i) == '*':
                    i = EndOfComment(sql, i);
                    break;
                case '(':
                    depth++;
                    break;
                case ')':
                    depth--;
                    break;
                case ';' when depth <= 0:
                    Add(statements, sql[start..i]);
                    start = i + 1;
                    break;
            }
        }

        Add(statements, sql[Math.Min(start, sql.Length)..]);
        return statements;
    }

    private static string Quoted(string name)
    {
        bool plain = name.Length > 0 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_');
        foreach (char c in name) plain &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_';
        return plain ? name : Identifier(name);
    }

    private static void Add(List<string> statements, string statement)
    {
        if (!string.IsNullOrWhiteSpace(statement)) statements.Add(statement.Trim());
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';

    private static char Next(string sql, int i) => i + 1 < sql.Length ? sql[i + 1] : '\0';

    private static int EndOfQuoted(string sql, int i, char quote, bool escapes)
    {
        for (i++; i < sql.Length; i++)
        {
            if (escapes && sql[i] == '\\') i++;
            else if (sql[i] == quote && Next(sql, i) == quote) i++;
            else if (sql[i] == quote) return i;
        }

        return sql.Length;
    }

    private static int EndOfDollarQuoted(string sql, int i)
    {
        int end = i + 1;
        while (end < sql.Length && (char.IsLetterOrDigit(sql[end]) || sql[end] == '_')) end++;
        if (end >= sql.Length || sql[end] != '$' || char.IsAsciiDigit(sql[i + 1])) return i;
        string tag = sql[i..(end + 1)];
        int close = sql.IndexOf(tag, end + 1, StringComparison.Ordinal);
        return close < 0 ? sql.Length : close + tag.Length - 1;
    }

    private static int EndOfComment(string sql, int i)
    {
        int depth = 0;
        for (; i < sql.Length; i++)
        {
            if (sql[i] == '/' && Next(sql, i) == '*')
            {
                depth++;
                i++;
            }
            else if (sql[i] == '*' && Next(sql, i) == '/')
            {
                i++;
                if (--depth == 0) return i;
            }
        }

        return sql.Length;
    }
}
