using NCrontab;

namespace AskTrust.Drp.Engine.Plan.Values;

/// <summary>
/// A cron expression taken apart. Day and weekday are as in cron(8): when both are restricted, either is enough.
/// </summary>
/// <param name="Minutes">0 to 59, rising.</param>
/// <param name="Hours">0 to 23, rising.</param>
/// <param name="Days">1 to 31, rising.</param>
/// <param name="Months">1 to 12, rising.</param>
/// <param name="Weekdays">0 (Sunday) to 6, rising.</param>
/// <param name="Either">True when a day that fits one of days and weekdays is enough.</param>
internal sealed record CronFields(IReadOnlyList<int> Minutes, IReadOnlyList<int> Hours, IReadOnlyList<int> Days, IReadOnlyList<int> Months, IReadOnlyList<int> Weekdays, bool Either)
{
    /// <summary>True when the days of the month are all.</summary>
    public bool AnyDay => Days.Count == 31;

    /// <summary>True when the weekdays are all.</summary>
    public bool AnyWeekday => Weekdays.Count == 7;

    /// <summary>Reads five fields; null for what is no expression.</summary>
    public static CronFields? TryParse(string text)
    {
        if (CrontabSchedule.TryParse(text) is null) return null;
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new CronFields(
            Values(CrontabField.Minutes(parts[0]), 0, 59), Values(CrontabField.Hours(parts[1]), 0, 23), Values(CrontabField.Days(parts[2]), 1, 31),
            Values(CrontabField.Months(parts[3]), 1, 12), Values(CrontabField.DaysOfWeek(parts[4]), 0, 6), parts[2][0] != '*' && parts[4][0] != '*');
    }

    /// <summary>
    /// The moments at which it comes, oldest first: after <paramref name="from"/>, up to <paramref name="to"/>. A local time that a clock skips (summer time begins)
    /// comes when the clock has jumped; one that comes twice (it ends) counts the first time.
    /// </summary>
    public IEnumerable<DateTimeOffset> Between(DateTimeOffset from, DateTimeOffset to, TimeZoneInfo zone)
    {
        DateTimeOffset last = DateTimeOffset.MinValue;
        DateOnly end = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(to, zone).DateTime);
        for (DateOnly day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(from, zone).DateTime); day <= end; day = day.AddDays(1))
        {
            if (!Fits(day)) continue;
            foreach (int hour in Hours)
            {
                foreach (int minute in Minutes)
                {
                    DateTimeOffset moment = Moment(day.ToDateTime(new TimeOnly(hour, minute)), zone);
                    // What was skipped falls on one moment; it comes once.
                    if (moment <= from || moment <= last) continue;
                    if (moment > to) yield break;
                    last = moment;
                    yield return moment;
                }
            }
        }
    }

    /// <summary>The next moment at which it comes.</summary>
    public DateTimeOffset Next(DateTimeOffset after, TimeZoneInfo zone) => Between(after, after.AddYears(8), zone).First();

    private bool Fits(DateOnly day)
    {
        if (!Months.Contains(day.Month)) return false;
        bool inMonth = Days.Contains(day.Day), inWeek = Weekdays.Contains((int)day.DayOfWeek);
        return Either ? inMonth || inWeek : inMonth && inWeek;
    }

    private static DateTimeOffset Moment(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        // Of two offsets the larger is the earlier moment.
        TimeSpan offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    private static int[] Values(CrontabField field, int least, int most) => [.. Enumerable.Range(least, most - least + 1).Where(field.Contains)];
}
