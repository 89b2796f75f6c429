using System.Globalization;

namespace AskTrust.Drp.Engine.Host;

/// <summary>Fills a text of the resources: <c>Text.Of(HostTexts.ToolMissing, "gpg")</c>.</summary>
internal static class Text
{
    public static string Of(string format, params object?[] values) => string.Format(CultureInfo.CurrentUICulture, format, values);
}
