using System.Globalization;

namespace AskTrust.Drp.Cli;

/// <summary>Fills a text of the resources.</summary>
internal static class Text
{
    /// <summary>The text with values put in; numbers in the invariant culture.</summary>
    public static string Of(string format, params object?[] values) => string.Format(CultureInfo.InvariantCulture, format, values);
}
