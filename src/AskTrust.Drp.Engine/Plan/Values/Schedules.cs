using NCrontab;

namespace AskTrust.Drp.Engine.Plan.Values;

/// <summary>Cron expressions of five fields, and <c>@daily</c> and the like.</summary>
internal static class Schedules
{
    /// <summary>The short forms and what they stand for.</summary>
    public static readonly IReadOnlyDictionary<string, string> Macros = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["@hourly"] = "0 * * * *", ["@daily"] = "0 0 * * *", ["@midnight"] = "0 0 * * *", ["@weekly"] = "0 0 * * 0",
        ["@monthly"] = "0 0 1 * *", ["@yearly"] = "0 0 1 1 *", ["@annually"] = "0 0 1 1 *",
    };

    // A year without the 29th of February: rules that never come true within four years are found by looking further.
    private static readonly DateTime s_from = new(2023, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    /// <summary>Reads one; false for what is no schedule or never comes (31 February).</summary>
    public static bool TryParse(string text, out CrontabSchedule? schedule)
    {
        schedule = CrontabSchedule.TryParse(Macros.TryGetValue(text, out string? fields) ? fields : text);
        return schedule is not null && schedule.GetNextOccurrences(s_from, s_from.AddYears(8)).Any();
    }

    /// <summary>The longest time between two runs within a year; what a promise about loss of data has to be measured against.</summary>
    public static TimeSpan LongestGap(CrontabSchedule schedule)
    {
        var longest = TimeSpan.Zero;
        DateTime? last = null;
        foreach (var next in schedule.GetNextOccurrences(s_from, s_from.AddYears(8)).Take(20_000))
        {
            if (last is { } previous && next - previous > longest) longest = next - previous;
            last = next;
        }

        return longest == TimeSpan.Zero ? TimeSpan.FromDays(366) : longest;
    }
}
