using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Plan.Yaml;

/// <summary>
/// In YAML a value that starts with <c>${</c> inside <c>{ … }</c> or <c>[ … ]</c> ends at the brace, and the parser's message is
/// about commas. So the braces of references are hidden behind characters that no text may hold, of the same width, and
/// shown again afterwards: then the error can name the reference, and the rest of the file is still checked.
/// </summary>
internal static partial class ReferenceMask
{
    private const string Shown = "{},[]";
    private const string Hidden = "\uFDD0\uFDD1\uFDD2\uFDD3\uFDD4";

    /// <summary>Hides the braces of references.</summary>
    public static string Apply(string text) => References().Replace(text, match => Swap(match.Value, Shown, Hidden));

    /// <summary>Shows them again.</summary>
    public static string Undo(string text, out bool masked)
    {
        masked = text.AsSpan().IndexOfAny(Hidden) >= 0;
        return masked ? Swap(text, Hidden, Shown) : text;
    }

    /// <summary>True, with a problem, when the text holds a character that no text may hold.</summary>
    public static bool Forbids(string text, ProblemList problems)
    {
        int line = 1, start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\n') (line, start) = (line + 1, i + 1);
            if (c is (>= ' ' or '\t' or '\r' or '\n') and not (>= '\uFDD0' and <= '\uFDEF') and not '\u007F' and not '\uFFFE' and not '\uFFFF') continue;
            problems.Add(line, i - start + 1, c == '\0' ? PlanTexts.FileBinary : Host.Text.Of(PlanTexts.ControlCharacter, ((int)c).ToString("X4", null)));
            return true;
        }

        return false;
    }

    private static string Swap(string text, string from, string to) =>
        string.Create(text.Length, (text, from, to), static (span, state) =>
        {
            state.text.CopyTo(span);
            for (int i = 0; i < span.Length; i++)
            {
                int at = state.from.IndexOf(span[i], StringComparison.Ordinal);
                if (at >= 0) span[i] = state.to[at];
            }
        });

    // Only where a value can start, so that text in quotes and comments is left alone as far as one line shows it.
    [GeneratedRegex(@"(?<=(?:[:\-?,\[][ \t]+|[\[,{][ \t]*))\$\{[a-z]+:[^\r\n}]*\}", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex References();
}
