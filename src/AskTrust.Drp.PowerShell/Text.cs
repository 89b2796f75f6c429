using System.Globalization;

namespace AskTrust.Drp.PowerShell;

/// <summary>Fills a text of the resources.</summary>
internal static class Text
{
    public static string Of(string format, params object?[] values) => string.Format(CultureInfo.CurrentUICulture, format, values);
}
