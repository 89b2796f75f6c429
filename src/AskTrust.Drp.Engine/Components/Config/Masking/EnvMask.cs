using System.Text;

namespace AskTrust.Drp.Engine.Components.Config.Masking;

/// <summary><c>KEY=value</c>, also with <c>export</c>, also of several lines in quotes.</summary>
internal static class EnvMask
{
    public static MaskedText Of(string text)
    {
        var masked = new StringBuilder();
        int values = 0;
        char open = '\0';
        foreach (string line in text.Split('\n'))
        {
            // The rest of a value in quotes, up to the line that ends it.
            if (open != '\0')
            {
                if (Ends(line, open)) open = '\0';
                continue;
            }

            string trimmed = line.TrimStart();
            int equal = trimmed.IndexOf('=', StringComparison.Ordinal);
            if (equal <= 0 || trimmed[0] == '#') continue;
            string key = trimmed[..equal].Trim(), value = trimmed[(equal + 1)..].TrimStart();
            string name = key.StartsWith("export ", StringComparison.Ordinal) ? key[7..].Trim() : key;
            // What is no name is part of something else, which may be a value.
            if (!IsName(name)) continue;
            masked.Append(key).Append('=').Append(value.Length == 0 ? "" : MaskedText.Mask).Append('\n');
            if (value.Length > 0) values++;
            if (value.Length > 0 && value[0] is '"' or '\'' && !Ends(value[1..], value[0])) open = value[0];
        }

        return new MaskedText("env", masked.ToString(), values);
    }

    /// <summary>True for names of variables and of settings (<c>server.port</c>, <c>max-size</c>).</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= 100 && (char.IsAsciiLetter(text[0]) || text[0] == '_') && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static bool Ends(string line, char quote)
    {
        for (int at = 0; at < line.Length; at++)
        {
            if (quote == '"' && line[at] == '\\') at++;
            else if (line[at] == quote) return true;
        }

        return false;
    }
}
