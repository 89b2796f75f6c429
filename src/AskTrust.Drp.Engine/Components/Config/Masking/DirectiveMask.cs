using System.Text;

namespace AskTrust.Drp.Engine.Components.Config.Masking;

/// <summary>Files of directives, as Nginx and Caddy read them, and tables: the first word of a line and its braces stay. What stands alone on a line is no directive's name for sure, and goes.</summary>
internal static class DirectiveMask
{
    public static MaskedText Of(string text)
    {
        var masked = new StringBuilder();
        int values = 0, depth = 0;
        string? heredoc = null;
        char open = '\0';
        foreach (string line in text.Split('\n'))
        {
            string trimmed = line.Trim();
            if (heredoc is not null)
            {
                if (trimmed == heredoc) heredoc = null;
                continue;
            }

            bool inside = open != '\0';
            open = QuoteAfter(trimmed, open);
            if (inside || trimmed.Length == 0 || trimmed[0] == '#') continue;
            string[] words = trimmed.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words[^1].StartsWith("<<", StringComparison.Ordinal) && words[^1].Length > 2) heredoc = words[^1][2..];
            if (trimmed[0] == '}') depth = Math.Max(0, depth - 1);
            string end = trimmed[^1] is '{' or ';' ? trimmed[^1].ToString() : "";
            string name = trimmed[0] == '}' ? "}" : words.Length > 1 && IsDirective(words[0]) ? words[0] : MaskedText.Mask;
            bool value = name == MaskedText.Mask || words.Length > (end == "{" ? 2 : 1);
            masked.Append(' ', depth * 4).Append(name).Append(value && name != MaskedText.Mask ? " " + MaskedText.Mask : "").Append(end == "{" && words.Length > 1 ? " {" : trimmed == "{" ? "" : end).Append('\n');
            if (value) values++;
            if (end == "{") depth++;
        }

        return new MaskedText("directives", masked.ToString(), values);
    }

    private static bool IsDirective(string word) => word.Length <= 60 && (char.IsAsciiLetter(word[0]) || word[0] is '@' or '(' or '_' or '-') && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '@' or '(' or ')');

    /// <summary>The quote that is still open at the end of a line.</summary>
    private static char QuoteAfter(string line, char open)
    {
        for (int at = 0; at < line.Length; at++)
        {
            char c = line[at];
            if (c == '\\') at++;
            else if (open == '\0' && c == '#' && (at == 0 || line[at - 1] == ' ')) break;
            else if (open == '\0' && c is '"' or '`') open = c;
            else if (c == open) open = '\0';
        }

        return open;
    }
}
