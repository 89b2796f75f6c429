using System.Globalization;
using System.Text.RegularExpressions;

namespace AskTrust.Drp.PowerShell;

/// <summary>
/// Takes a moment in the forms operators have at hand: a date object, ISO 8601 text (UTC when it names no zone, as in
/// every view of this module), a backup set, or how long ago (<c>2h</c>, <c>7d</c>, <c>2h ago</c>).
/// </summary>
public sealed partial class PointInTimeAttribute : ReadsAttribute
{
    /// <inheritdoc/>
    protected override object? Read(object input) => input switch
    {
        DateTimeOffset at => at,
        DateTime at => new DateTimeOffset(at),
        BackupSet set => set.Time,
        TimeSpan ago => TimeProvider.System.GetUtcNow() - ago,
        decimal or short => TimeProvider.System.GetUtcNow() - DurationAttribute.FromNumber(input),
        string text when TryParse(text.Trim(), TimeProvider.System, out var at) => at,
        _ => null,
    };

    /// <inheritdoc/>
    protected override string Refusal(object input) => Text.Of(CmdletTexts.NoPointInTime, input);

    internal static bool TryParse(string text, TimeProvider clock, out DateTimeOffset at)
    {
        at = default;
        if (Ago().Match(text) is { Success: true } ago && DurationAttribute.TryParse(ago.Groups["duration"].Value, out var span))
        {
            at = clock.GetUtcNow() - span;
            return true;
        }

        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return Iso().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, utc, out at);
    }

    [GeneratedRegex(@"^(?<duration>\S+?)(\s+ago)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ago();

    // A year first: 01/02/2026 means two different days to two readers.
    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Iso();
}
