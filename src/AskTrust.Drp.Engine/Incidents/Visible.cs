using System.Globalization;
using System.Text;

namespace AskTrust.Drp.Engine.Incidents;

/// <summary>
/// Foreign text (names of tables, messages of servers) made harmless before it is shown: control characters, half
/// surrogates and the marks that turn the direction of writing become visible, so that no name can fake a line of a report.
/// </summary>
internal static class Visible
{
    /// <summary>The text with what is invisible or dangerous written as <c>\u{…}</c>.</summary>
    /// <param name="text">Foreign text.</param>
    /// <param name="keepBreaks">True leaves line breaks as they are.</param>
    public static string Of(string? text, bool keepBreaks = false)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsHostile(rune) && !(keepBreaks && rune.Value == '\n')) shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
            else shown.Append(rune.ToString());
        }

        return shown.ToString();
    }

    private static bool IsHostile(Rune rune) => Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 or 0x200E or 0x200F or 0x061C or 0xFEFF or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);
}
