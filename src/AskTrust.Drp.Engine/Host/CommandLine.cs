using System.Text;

namespace AskTrust.Drp.Engine.Host;

/// <summary>Splits a command of the plan into program and arguments: blanks separate, quotes hold together, nothing is expanded.</summary>
internal static class CommandLine
{
    /// <summary>Splits.</summary>
    /// <returns>Null when a quote is not closed or there is nothing.</returns>
    public static string[]? Split(string text)
    {
        List<string> words = [];
        var word = new StringBuilder();
        bool inWord = false;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            // Inside single quotes a backslash is itself; inside double quotes it protects " and itself only.
            bool protects = c == '\\' && quote != '\'' && i + 1 < text.Length && (quote == '\0' || text[i + 1] is '"' or '\\');
            if (protects)
            {
                word.Append(text[++i]);
                inWord = true;
            }
            else if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else word.Append(c);
            }
            else if (c is '"' or '\'')
            {
                quote = c;
                inWord = true;
            }
            else if (!char.IsWhiteSpace(c))
            {
                word.Append(c);
                inWord = true;
            }
            else if (inWord)
            {
                words.Add(word.ToString());
                word.Clear();
                inWord = false;
            }
        }

        if (quote != '\0') return null;
        if (inWord) words.Add(word.ToString());
        return words.Count == 0 ? null : [.. words];
    }
}
