using System.Globalization;
using System.Text.RegularExpressions;

namespace AskTrust.Drp.PowerShell;

/// <summary>Takes a duration as the plan writes it (<c>500ms</c>, <c>15m</c>, <c>36h</c>, <c>7d</c>, <c>4w</c>) or as a TimeSpan; never a bare number.</summary>
public sealed partial class DurationAttribute : ReadsAttribute
{
    /// <inheritdoc/>
    protected override object? Read(object input) => input switch
    {
        TimeSpan span => span,
        decimal or short => FromNumber(input),
        string text when TryParse(text.Trim(), out var span) => span,
        string text when text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) => span,
        _ => null,
    };

    /// <inheritdoc/>
    protected override string Refusal(object input) => Text.Of(CmdletTexts.NoDuration, input);

    /// <summary>
    /// PowerShell itself reads an unquoted <c>7d</c> as a decimal and <c>30s</c> as a short number, before anybody else sees it. Nobody
    /// types these types otherwise; a plain <c>7</c> is an int and stays refused.
    /// </summary>
    internal static TimeSpan? FromNumber(object number) => number switch
    {
        decimal days and >= 0 => TimeSpan.FromDays((double)days),
        short seconds and >= 0 => TimeSpan.FromSeconds(seconds),
        _ => null,
    };

    internal static bool TryParse(string text, out TimeSpan span)
    {
        span = default;
        if (Form().Match(text) is not { Success: true } match) return false;
        double number = double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        span = match.Groups["unit"].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            "d" => TimeSpan.FromDays(number),
            _ => TimeSpan.FromDays(7 * number),
        };
        return true;
    }

    [GeneratedRegex(@"^(?<number>\d{1,6}(\.\d{1,3})?)(?<unit>ms|[smhdw])$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
