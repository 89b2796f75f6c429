using System.Management.Automation;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Tests;

public sealed class ParameterFormTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2026-02-27 08:30", "2026-02-27T08:30:00Z")]
    [InlineData("2026-02-27", "2026-02-27T00:00:00Z")]
    [InlineData("2026-02-27T08:30:00+02:00", "2026-02-27T06:30:00Z")]
    [InlineData("2026-02-27 08:30:05Z", "2026-02-27T08:30:05Z")]
    [InlineData("2h", "2026-03-01T10:00:00Z")]
    [InlineData("2h ago", "2026-03-01T10:00:00Z")]
    [InlineData("1.5d", "2026-02-28T00:00:00Z")]
    [InlineData("1w", "2026-02-22T12:00:00Z")]
    public void A_moment_is_understood(string text, string expected)
    {
        Assert.True(PointInTimeAttribute.TryParse(text, new Clock(), out var at));
        Assert.Equal(DateTimeOffset.Parse(expected), at);
        Assert.Equal(TimeSpan.Zero, at.Offset);
    }

    [Theory]
    [InlineData(""), InlineData("01/02/2026"), InlineData("yesterday"), InlineData("2x"), InlineData("-2h"), InlineData("2026"), InlineData("20260227T083005Z-full"), InlineData("12:00")]
    public void What_two_readers_read_differently_is_no_moment(string text) => Assert.False(PointInTimeAttribute.TryParse(text, new Clock(), out _));

    [Theory]
    [InlineData("15m", 900), InlineData("36h", 129_600), InlineData("7d", 604_800), InlineData("2w", 1_209_600), InlineData("1.5h", 5_400), InlineData("3000ms", 3)]
    public void A_duration_is_understood(string text, int seconds)
    {
        Assert.True(DurationAttribute.TryParse(text, out var span));
        Assert.Equal(TimeSpan.FromSeconds(seconds), span);
    }

    [Theory, InlineData("7"), InlineData("d"), InlineData("7 days"), InlineData("-1d"), InlineData("")]
    public void A_bare_number_is_no_duration(string text) => Assert.False(DurationAttribute.TryParse(text, out _));

    [Fact]
    public void What_PowerShell_makes_of_7d_and_30s_is_understood()
    {
        Assert.Equal(TimeSpan.FromDays(7), DurationAttribute.FromNumber(7m));
        Assert.Equal(TimeSpan.FromSeconds(30), DurationAttribute.FromNumber((short)30));
        Assert.Null(DurationAttribute.FromNumber(7));
        Assert.Null(DurationAttribute.FromNumber(-7m));
    }

    [Theory]
    [InlineData("postgresql://host:5433/db?sslmode=require", "a b", "postgresql://a%20b@host:5433/db?sslmode=require")]
    [InlineData("postgresql://me@host/db", "other", "postgresql://me@host/db")]
    [InlineData("postgresql:///db?host=/run", "u@corp", "postgresql://u%40corp@/db?host=/run")]
    [InlineData("postgresql://host", "u", "postgresql://u@host")]
    [InlineData("postgresql://host/db", null, "postgresql://host/db")]
    public void The_user_of_a_credential_goes_into_the_url_unless_it_names_one(string url, string? user, string expected) =>
        Assert.Equal(expected, ConnectionUrl.WithUser(url, user));

    [Fact]
    public void Every_error_has_a_category()
    {
        foreach (var code in Enum.GetValues<DrpError>()) Assert.NotEqual(ErrorCategory.NotSpecified, ErrorMap.CategoryOf(code));
        Assert.Equal(ErrorCategory.ResourceBusy, ErrorMap.CategoryOf(DrpError.Locked));
    }

    [Theory]
    [InlineData(0, "0 B"), InlineData(999, "999 B"), InlineData(1000, "1.0 KiB"), InlineData(1_572_864, "1.5 MiB"), InlineData(104_857_600, "100 MiB"), InlineData(1_073_741_823, "1.0 GiB")]
    public void Sizes_read_well(long bytes, string expected) => Assert.Equal(expected, Human.Size(bytes));

    [Theory]
    [InlineData(0.04, "0.0s"), InlineData(9.94, "9.9s"), InlineData(9.96, "10s"), InlineData(59.6, "1m 00s"), InlineData(185, "3m 05s"), InlineData(7800, "2h 10m"), InlineData(442_800, "5d 3h")]
    public void Durations_read_well(double seconds, string expected) => Assert.Equal(expected, Human.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void A_moment_as_shown_can_be_given_back()
    {
        string shown = Human.Time(new DateTimeOffset(2026, 3, 1, 14, 0, 7, TimeSpan.FromHours(2)));
        Assert.Equal("2026-03-01 12:00:07Z", shown);
        Assert.True(PointInTimeAttribute.TryParse(shown, TimeProvider.System, out var at));
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 12, 0, 7, TimeSpan.Zero), at);
    }

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => s_now;
    }
}
