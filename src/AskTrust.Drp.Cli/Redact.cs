using System.Buffers;

namespace AskTrust.Drp.Cli;

/// <summary>Keeps a password that somebody typed into a URL from being printed back.</summary>
internal static class Redact
{
    private static readonly SearchValues<char> s_ends = SearchValues.Create("/?# \t\r\n'\"”»");

    /// <summary>The text with <c>://user:password@</c> turned into <c>://user:***@</c>.</summary>
    public static string Passwords(string text)
    {
        int from = 0;
        while (text.IndexOf("://", from, StringComparison.Ordinal) is var scheme and >= 0)
        {
            int start = scheme + 3;
            // The authority ends at a slash, question mark, blank or quote; its last @ ends the user part.
            int end = text.AsSpan(start).IndexOfAny(s_ends);
            string authority = end < 0 ? text[start..] : text[start..(start + end)];
            int at = authority.LastIndexOf('@');
            int colon = authority.IndexOf(':', StringComparison.Ordinal);
            if (at > 0 && colon >= 0 && colon < at) text = string.Concat(text.AsSpan(0, start + colon + 1), "***", text.AsSpan(start + at));
            from = start;
        }

        return text;
    }
}
