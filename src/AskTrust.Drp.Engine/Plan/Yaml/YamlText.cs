using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Plan.Yaml;

/// <summary>Writes scalars so that every YAML reader takes them for the same text.</summary>
internal static partial class YamlText
{
    private static readonly string[] s_words = ["y", "n", "yes", "no", "on", "off"];

    /// <summary>Text as it stands in a file: bare where that is safe, else in double quotes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="flow">True inside <c>{ … }</c> or <c>[ … ]</c>.</param>
    public static string Of(string text, bool flow = false)
    {
        bool bare = Bare().IsMatch(text) && !text.EndsWith(':') && !Keys.PlainValues.LooksTyped(text)
            && !s_words.Contains(text, StringComparer.OrdinalIgnoreCase)
            // 1:30 is 90 for readers of YAML 1.1; 2026-01-01 is a date.
            && !(char.IsAsciiDigit(text[0]) && text.AsSpan().IndexOfAny(':', '-') >= 0)
            && !(flow && text.AsSpan().IndexOfAny("{}[],") >= 0);
        return bare ? text : Quoted(text);
    }

    /// <summary>Text in double quotes.</summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\u2028' or '\u2029' or '\u0085' or '\uFEFF' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ when char.IsControl(c) || c is >= '\uFDD0' and <= '\uFDEF' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    [GeneratedRegex(@"^[A-Za-z0-9_./~$][A-Za-z0-9_./~${}:@+=%?&,()*!^-]*\z", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Bare();
}
