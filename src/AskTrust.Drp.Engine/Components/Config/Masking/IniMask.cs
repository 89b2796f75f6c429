using System.Text;

namespace AskTrust.Drp.Engine.Components.Config.Masking;

/// <summary>Sections in brackets, <c>key = value</c> or <c>key: value</c>; TOML and systemd's units look the same. A line that is neither is the rest of a value.</summary>
internal static class IniMask
{
    public static MaskedText Of(string text)
    {
        var masked = new StringBuilder();
        int values = 0;
        string? heredoc = null;
        foreach (string line in text.Split('\n'))
        {
            string trimmed = line.Trim();
            if (heredoc is not null)
            {
                if (trimmed.EndsWith(heredoc, StringComparison.Ordinal)) heredoc = null;
                continue;
            }

            if (trimmed.Length == 0 || trimmed[0] is '#' or ';') continue;
            if (trimmed[0] == '[' && trimmed[^1] == ']' && trimmed.Trim('[', ']') is var section && section.Split('.', ' ').All(EnvMask.IsName))
            {
                masked.Append(masked.Length > 0 ? "\n" : "").Append(trimmed).Append('\n');
                continue;
            }

            // Indented lines go on with the value of the line before.
            int at = trimmed.IndexOfAny(['=', ':']);
            string key = at < 0 ? "" : trimmed[..at].Trim().Trim('"');
            if (at <= 0 || char.IsWhiteSpace(line[0]) || !EnvMask.IsName(key)) continue;
            string value = trimmed[(at + 1)..].Trim();
            masked.Append(key).Append(' ').Append(trimmed[at]).Append(value.Length == 0 ? "" : " " + MaskedText.Mask).Append('\n');
            if (value.Length > 0) values++;
            foreach (string mark in (string[])["\"\"\"", "'''"]) if (value.StartsWith(mark, StringComparison.Ordinal) && value.IndexOf(mark, 3, StringComparison.Ordinal) < 0) heredoc = mark;
        }

        return new MaskedText("ini", masked.ToString(), values);
    }
}
