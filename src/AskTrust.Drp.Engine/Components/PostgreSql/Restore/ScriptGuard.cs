using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>What becomes of a piece of a script.</summary>
internal enum ScriptVerdict
{
    /// <summary>To psql as it is.</summary>
    Pass,

    /// <summary>Left out.</summary>
    Drop,

    /// <summary>To psql, and its failure is only a warning.</summary>
    Tolerate,
}

/// <summary>
/// Watches over a foreign script: it must stay inside the one database it is restored into, and must not make psql run
/// programs or read files. Statements about the database itself are left out and named.
/// </summary>
/// <param name="name">Name of the script, for messages.</param>
/// <param name="tolerated">Which failures are harmless.</param>
/// <param name="singleTransaction">One transaction round it all: then the script's own BEGIN and COMMIT are left out.</param>
internal sealed class ScriptGuard(string name, ToleratedError tolerated, bool singleTransaction)
{
    private readonly List<string> _warnings = [];
    private bool _created;
    private bool _connected;
    private bool _header;
    private bool _complete;

    /// <summary>What was left out.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Statements seen.</summary>
    public long Statements { get; private set; }

    /// <summary>True when pg_dump began the script but never ended it.</summary>
    public bool IsCut => _header && !_complete;

    /// <summary>Judges a piece.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: the script wants to leave its database.</exception>
    public ScriptVerdict Judge(ScriptPiece piece, ReadOnlySpan<byte> bytes)
    {
        if (piece is ScriptPiece.CopyData or ScriptPiece.LongPart)
        {
            Statements++;
            return ScriptVerdict.Pass;
        }

        if (piece == ScriptPiece.MetaCommand) return Meta(Encoding.UTF8.GetString(bytes).Trim());
        LookForMarks(bytes);
        if (piece == ScriptPiece.Trailer) return ScriptVerdict.Pass;
        Statements++;
        var tokens = SqlToken.Split(bytes, 1);
        if (tokens.Count == 0 || tokens[0].Kind != SqlTokenKind.Word) return ScriptVerdict.Pass;
        return Statement(tokens[0].Text, bytes);
    }

    private ScriptVerdict Statement(string first, ReadOnlySpan<byte> bytes)
    {
        switch (first)
        {
            case "create" or "alter" or "drop" or "comment" or "grant" or "revoke" or "security":
                break;
            case "begin" or "start" or "commit" or "end" when singleTransaction:
                _warnings.Add(Text.Of(RestoreTexts.TransactionLeftOut, name, first.ToUpperInvariant()));
                return ScriptVerdict.Drop;
            case "rollback" or "abort" when singleTransaction:
                throw Refuse(first.ToUpperInvariant());
            default:
                return ScriptVerdict.Pass;
        }

        var tokens = SqlToken.Split(bytes, 512);
        if (IsAboutTheDatabase(tokens))
        {
            _warnings.Add(Text.Of(RestoreTexts.StatementLeftOut, name, Short(bytes)));
            return ScriptVerdict.Drop;
        }

        if (first is "create" or "alter" or "drop" && tokens.Count > 1 && (tokens[1].Is("role") || tokens[1].Is("user") && !tokens[Math.Min(2, tokens.Count - 1)].Is("mapping") || tokens[1].Is("group") || tokens[1].Is("tablespace")))
            throw Refuse(Short(bytes));
        // pg_dump --clean without --if-exists drops first what an empty database does not have.
        bool drops = !_created && (first == "drop" || first == "alter" && tokens.Exists(t => t.Is("drop")));
        bool harmless = drops || tolerated.Reason(tokens) is not null;
        if (first == "create") _created |= !ToleratedError.Starts(tokens, "create", "schema");
        return harmless && !singleTransaction ? ScriptVerdict.Tolerate : ScriptVerdict.Pass;
    }

    private static bool IsAboutTheDatabase(List<SqlToken> s) => s[0].Text switch
    {
        "create" or "drop" or "alter" => s.Count > 1 && s[1].Is("database"),
        "comment" => ToleratedError.Starts(s, "comment", "on", "database"),
        "grant" or "revoke" => FindOn(s) is var on and >= 0 && on + 1 < s.Count && s[on + 1].Is("database"),
        _ => ToleratedError.Starts(s, "security", "label") && s.Exists(t => t.Is("database")),
    };

    private static int FindOn(List<SqlToken> s) => s.FindIndex(t => t.Is("on"));

    private ScriptVerdict Meta(string line)
    {
        int blank = line.IndexOfAny([' ', '\t']);
        string command = blank < 0 ? line : line[..blank];
        switch (command)
        {
            // New pg_dump guards its scripts with these; we guard them ourselves, and an older psql does not know them.
            case "\\restrict" or "\\unrestrict":
                return ScriptVerdict.Drop;
            case "\\connect" or "\\c" when !_connected && !_created:
                _connected = true;
                _warnings.Add(Text.Of(RestoreTexts.ConnectLeftOut, name, line));
                return ScriptVerdict.Drop;
            default:
                throw Refuse(line);
        }
    }

    private void LookForMarks(ReadOnlySpan<byte> bytes)
    {
        if (Statements == 0 && bytes.IndexOf(DumpFormats.ScriptHeader) >= 0) _header = true;
        if (bytes.IndexOf("-- PostgreSQL database dump complete"u8) >= 0) _complete = true;
    }

    private DrpException Refuse(string what) =>
        new(DrpError.UnsafeTarget, Text.Of(RestoreTexts.ScriptRefused, name, what)) { Hint = RestoreTexts.ScriptRefusedHint, Subject = name };

    /// <summary>The beginning of a statement, on one line; never beyond the first quote, where a secret could follow.</summary>
    private static string Short(ReadOnlySpan<byte> bytes)
    {
        int quote = bytes.IndexOf((byte)'\'');
        var words = SqlToken.Split(quote < 0 ? bytes : bytes[..quote], 8).Select(t => t.Kind == SqlTokenKind.Word && IsKeyword(t.Text) ? t.Text.ToUpperInvariant() : t.Text);
        return string.Join(' ', words).TrimEnd(' ', ';');
    }

    private static bool IsKeyword(string word) => word is "create" or "alter" or "drop" or "comment" or "on" or "grant" or "revoke" or "database" or "role" or "user" or "tablespace" or "to" or "from" or "with" or "set" or "all" or "connect" or "temporary" or "if" or "exists" or "is" or "owner";
}
