using System.Globalization;
using AskTrust.Drp.Engine.Operations.Scheduling;
using AskTrust.Drp.Engine.Plan.Values;

namespace AskTrust.Drp.Engine.Tests.Plan;

public sealed class CronFieldsTests
{
    [Theory]
    // Summer time begins on 29 March 2026 at 01:00Z: 02:30 is not there, the job comes when the clock has jumped.
    [InlineData("30 2 * * *", "Europe/Paris", "2026-03-28 02:00", "2026-03-29 01:00")]
    [InlineData("30 2 * * *", "Europe/Paris", "2026-03-29 01:00", "2026-03-30 00:30")]
    // Several skipped times are one.
    [InlineData("0,15,30,45 2 * * *", "Europe/Paris", "2026-03-29 00:59", "2026-03-29 01:00")]
    [InlineData("0,15,30,45 2 * * *", "Europe/Paris", "2026-03-29 01:00", "2026-03-30 00:00")]
    // It ends on 25 October 2026 at 01:00Z: 02:30 comes twice, the job once.
    [InlineData("30 2 * * *", "Europe/Paris", "2026-10-24 12:00", "2026-10-25 00:30")]
    [InlineData("30 2 * * *", "Europe/Paris", "2026-10-25 00:30", "2026-10-26 01:30")]
    [InlineData("0 3 * * *", "Africa/Douala", "2026-11-21 14:00", "2026-11-22 02:00")]
    [InlineData("0 3 * * *", "Asia/Kathmandu", "2026-11-21 14:00", "2026-11-21 21:15")]
    // A day of the month or a weekday, as in cron(8); with a star in front, both.
    [InlineData("0 5 1 * 1", "UTC", "2026-11-21 14:00", "2026-11-23 05:00")]
    [InlineData("0 5 13 * 5", "UTC", "2026-11-28 00:00", "2026-12-04 05:00")]
    [InlineData("0 5 */2 * 1", "UTC", "2026-11-21 14:00", "2026-11-23 05:00")]
    [InlineData("0 0 29 2 *", "UTC", "2026-11-21 14:00", "2028-02-29 00:00")]
    public void It_comes_next(string expression, string zone, string after, string expected)
    {
        var next = CronFields.TryParse(expression)!.Next(Utc(after), TimeZoneInfo.FindSystemTimeZoneById(zone));

        Assert.Equal(Utc(expected), next);
    }

    [Theory]
    [InlineData("0 3 * * *", "*-*-* 03:00:00 Europe/Paris")]
    [InlineData("*/20 6-8 * jan,jul *", "*-01,07-* 06,07,08:00,20,40:00 Europe/Paris")]
    [InlineData("0 4 * * 1-5", "Mon,Tue,Wed,Thu,Fri *-*-* 04:00:00 Europe/Paris")]
    [InlineData("0 4 1,15 * *", "*-*-01,15 04:00:00 Europe/Paris")]
    [InlineData("0 4 1 * 0", "*-*-01 04:00:00 Europe/Paris", "Sun *-*-* 04:00:00 Europe/Paris")]
    public void It_is_said_to_systemd(string expression, params string[] calendar) =>
        Assert.Equal(calendar, TimerText.Calendar(CronFields.TryParse(expression)!, "Europe/Paris"));

    [Theory, InlineData("60 * * * *"), InlineData("* * * *"), InlineData("every day"), InlineData("")]
    public void What_is_no_expression_is_none(string text) => Assert.False(Schedules.TryParse(text, out _));

    [Fact]
    public void What_never_comes_is_no_schedule()
    {
        Assert.False(Schedules.TryParse("0 0 31 2 *", out _));
        // The 31st of February never comes, but Mondays do.
        Assert.True(Schedules.TryParse("0 0 31 2 1", out _));
        Assert.True(Schedules.TryParse("@daily", out var daily));
        Assert.Equal(TimeSpan.FromDays(1), Schedules.LongestGap(daily!));
    }

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
