using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// Decides by the <em>statement</em> (whatever the server's language) whether its failure leaves the data whole: such errors
/// become warnings, each named. Everything else fails the restore.
/// </summary>
internal sealed class ToleratedError(IReadOnlySet<string> roles)
{
    private static readonly string[] s_roleWords = ["public", "current_user", "session_user", "current_role"];

    /// <summary>Why the failure of a statement can be tolerated; null when it cannot.</summary>
    /// <param name="statement">Tokens of the statement or statements.</param>
    public string? Reason(IReadOnlyList<SqlToken> statement)
    {
        if (Starts(statement, "create", "schema", "public")) return RestoreTexts.SchemaPublicExists;
        if (Starts(statement, "comment", "on", "extension")) return RestoreTexts.ExtensionComment;
        return MissingRole(statement) is { } role ? Text.Of(RestoreTexts.RoleMissing, role) : null;
    }

    /// <summary>True when a statement begins with these words; a quoted name counts for a word.</summary>
    public static bool Starts(IReadOnlyList<SqlToken> statement, params ReadOnlySpan<string> words)
    {
        if (statement.Count < words.Length) return false;
        for (int i = 0; i < words.Length; i++)
            if (!statement[i].IsName || statement[i].Text != words[i]) return false;
        return true;
    }

    /// <summary>A role named as owner, grantor or grantee that the server does not have.</summary>
    private string? MissingRole(IReadOnlyList<SqlToken> s)
    {
        if (s.Count == 0) return null;
        bool ownership = s[0].Is("alter");
        bool privileges = s[0].Is("grant") || s[0].Is("revoke") || Starts(s, "alter", "default", "privileges") || Starts(s, "set", "session", "authorization");
        if (!ownership && !privileges) return null;
        for (int i = 1; i + 1 < s.Count; i++)
        {
            bool named = ownership && s[i - 1].Is("owner") && s[i].Is("to")
                || s[i - 1].Is("for") && s[i].Is("role")
                || s[i - 1].Is("session") && s[i].Is("authorization")
                || privileges && (s[i].Is("to") || s[i].Is("from"));
            if (!named) continue;
            for (int at = i + 1; at < s.Count; at += 2)
            {
                if (!s[at].IsName) break;
                if (IsMissing(s[at])) return s[at].Text;
                if (at + 1 >= s.Count || s[at + 1] is not { Kind: SqlTokenKind.Symbol, Text: "," }) break;
            }
        }

        return null;
    }

    private bool IsMissing(SqlToken name) =>
        !roles.Contains(name.Text) && !(name.Kind == SqlTokenKind.Word && s_roleWords.Contains(name.Text, StringComparer.Ordinal));
}
