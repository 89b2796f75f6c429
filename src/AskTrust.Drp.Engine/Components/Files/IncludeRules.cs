using System.Text;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Components.Tar;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>
/// Which entries are meant, by the same patterns that leave out entries when they are backed up: <c>*.pdf</c> and <c>invoices</c> at any depth, <c>/invoices</c> only at the
/// top; what fits is meant with all it holds. Without patterns everything is.
/// </summary>
internal sealed class IncludeRules
{
    private readonly Regex[] _rules;

    /// <summary>Reads patterns.</summary>
    public IncludeRules(IReadOnlyList<string> patterns) => _rules = [.. patterns.Select(Translate)];

    /// <summary>True when everything is meant.</summary>
    public bool IsAll => _rules.Length == 0;

    /// <summary>True when the entry of that name is meant.</summary>
    public bool Fit(ReadOnlySpan<byte> name)
    {
        if (IsAll) return true;
        string text = Encoding.Latin1.GetString(TarNames.Trim(name));
        return Array.Exists(_rules, r => r.IsMatch(text));
    }

    // Bytes as Latin-1 on both sides: names need not be text.
    private static Regex Translate(string pattern)
    {
        bool top = pattern.StartsWith('/') || pattern.StartsWith("./", StringComparison.Ordinal);
        string bytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(pattern[(top ? pattern.IndexOf('/', StringComparison.Ordinal) + 1 : 0)..].TrimEnd('/')));
        var text = new StringBuilder(top ? "^" : "(?:^|/)");
        foreach (char c in bytes)
        {
            text.Append(c switch { '*' => ".*", '?' => "[^\u0080-\u00BF][\u0080-\u00BF]*", _ => Regex.Escape(c.ToString()) });
        }

        return new Regex(text.Append("(?:/|\\z)").ToString(), RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);
    }
}
