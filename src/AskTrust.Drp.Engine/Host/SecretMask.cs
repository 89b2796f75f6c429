using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// Masks what looks like a secret in text of others (log lines, statements), besides the secrets we know of (<see cref="Redactor"/>). Rather too much than too
/// little: such text is read by people and may be sent away.
/// </summary>
internal static class SecretMask
{
    private const string Star = "***";
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    private static readonly Regex s_named = new(@"(?<name>[\w.-]*(?:passw|passphrase|secret|token|apikey|api[_-]key|access[_-]?key|private[_-]?key|pwd|credential)[\w.-]*[""']?\s*(?:[:=]|\bis\b)\s*[""']?)[^\s""',;&]+", Options);
    private static readonly Regex s_header = new(@"\b(?<name>(?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{8,}", Options);
    private static readonly Regex s_url = new(@"(?<name>://[^\s/:@""']*:)[^\s/@""']+@", Options);
    private static readonly Regex s_shape = new(@"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----.*", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    private static readonly Regex s_literal = new(@"'(?:[^']|'')*'?|\$[A-Za-z_]*\$.*", RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);
    private static readonly Regex s_name = new("passw|passphrase|secret|token|_key|apikey|credential|pwd|auth", Options);

    /// <summary>The text without passwords, tokens and keys.</summary>
    public static string Clean(string text)
    {
        if (text.Length == 0) return text;
        text = s_named.Replace(text, "${name}" + Star);
        text = s_header.Replace(text, "${name}" + Star);
        text = s_url.Replace(text, "${name}" + Star + "@");
        return s_shape.Replace(text, Star);
    }

    /// <summary>A statement without its values: whoever reads it need not know what is in the rows.</summary>
    public static string CleanSql(string sql) => Clean(s_literal.Replace(sql, "'…'"));

    /// <summary>True for the name of a variable whose value is a secret.</summary>
    public static bool IsSecretName(string variable) => s_name.IsMatch(variable);
}
