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
    private static readonly DateTimeOffset s_from = new(2023, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads one; false for what is no schedule or never comes (31 February).</summary>
    public static bool TryParse(string text, out CronFields? schedule)
    {
        schedule = CronFields.TryParse(Macros.TryGetValue(text, out string? fields) ? fields : text);
        return schedule is not null && schedule.Between(s_from, s_from.AddYears(8), TimeZoneInfo.Utc).Any();
    }

    /// <summary>The schedule of a job of a plan that was read; null when it runs on demand only.</summary>
    public static CronFields? Of(JobPlan job) => job.Schedule is { } text && TryParse(text, out var schedule) ? schedule : null;

    /// <summary>The time zone of a job of a plan that was read.</summary>
    public static TimeZoneInfo ZoneOf(JobPlan job) => job.TimeZone == "UTC" ? TimeZoneInfo.Utc : TimeZoneInfo.FindSystemTimeZoneById(job.TimeZone);

    /// <summary>The longest time between two runs within a year; what a promise about loss of data has to be measured against.</summary>
    public static TimeSpan LongestGap(CronFields schedule)
    {
        var longest = TimeSpan.Zero;
        DateTimeOffset? last = null;
        foreach (var next in schedule.Between(s_from, s_from.AddYears(8), TimeZoneInfo.Utc).Take(20_000))
        {
            if (last is { } previous && next - previous > longest) longest = next - previous;
            last = next;
        }

        return longest == TimeSpan.Zero ? TimeSpan.FromDays(366) : longest;
    }
}
