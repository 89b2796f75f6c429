using System.Globalization;
using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Plan.Values;

/// <summary>Durations of the plan: <c>500ms</c>, <c>30s</c>, <c>15m</c>, <c>4h</c>, <c>7d</c>, <c>2w</c>, also <c>1h30m</c>.</summary>
internal static partial class Durations
{
    /// <summary>Ten years: what is longer is a mistake.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(3660);

    private static readonly (string Unit, long Milliseconds)[] s_units = [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>Pattern for the schema.</summary>
    public const string Pattern = "^(?:[0-9]{1,9}w)?(?:[0-9]{1,9}d)?(?:[0-9]{1,9}h)?(?:[0-9]{1,9}m)?(?:[0-9]{1,9}s)?(?:[0-9]{1,9}ms)?$";

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        var match = Shape().Match(text);
        if (text.Length == 0 || !match.Success) return false;
        long milliseconds = 0;
        foreach (var (unit, size) in s_units)
        {
            if (match.Groups[unit] is { Success: true } group) milliseconds += long.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) * size;
        }

        if (milliseconds > (long)s_longest.TotalMilliseconds) return false;
        value = TimeSpan.FromMilliseconds(milliseconds);
        return true;
    }

    /// <summary>Writes one the shortest way that reads back the same: <c>90m</c> is <c>1h30m</c>, <c>48h</c> is <c>2d</c>.</summary>
    public static string Format(TimeSpan value)
    {
        long rest = (long)value.TotalMilliseconds;
        if (rest == 0) return "0s";
        var text = new System.Text.StringBuilder();
        foreach (var (unit, size) in s_units)
        {
            // Weeks only alone: “4w2d” is no way to say thirty days.
            if (unit == "w" && rest % size != 0) continue;
            if (rest >= size) text.Append(CultureInfo.InvariantCulture, $"{rest / size}{unit}");
            rest %= size;
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^(?:(?<w>[0-9]{1,9})w)?(?:(?<d>[0-9]{1,9})d)?(?:(?<h>[0-9]{1,9})h)?(?:(?<m>[0-9]{1,9})m)?(?:(?<s>[0-9]{1,9})s)?(?:(?<ms>[0-9]{1,9})ms)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Shape();
}
