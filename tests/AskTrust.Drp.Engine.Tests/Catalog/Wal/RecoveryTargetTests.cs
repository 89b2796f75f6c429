namespace AskTrust.Drp.Engine.Tests.Catalog.Wal;

public sealed class RecoveryTargetTests
{
    [Theory]
    [InlineData("latest", RecoveryTargetKind.Latest, "")]
    [InlineData("Immediate", RecoveryTargetKind.Immediate, "")]
    [InlineData("0/3000148", RecoveryTargetKind.Lsn, "0/3000148")]
    [InlineData("lsn:16/b374d848", RecoveryTargetKind.Lsn, "16/B374D848")]
    [InlineData("735", RecoveryTargetKind.Transaction, "735")]
    [InlineData("xid:735", RecoveryTargetKind.Transaction, "735")]
    [InlineData("name:before release", RecoveryTargetKind.Name, "before release")]
    [InlineData("name:latest", RecoveryTargetKind.Name, "latest")]
    [InlineData("2026-01-31 12:00", RecoveryTargetKind.Time, "2026-01-31 12:00:00.000000+00")]
    [InlineData("2026-01-31T12:00:00+02:00", RecoveryTargetKind.Time, "2026-01-31 10:00:00.000000+00")]
    [InlineData("time:2026-01-31", RecoveryTargetKind.Time, "2026-01-31 00:00:00.000000+00")]
    public void What_people_write_is_understood(string text, RecoveryTargetKind kind, string postgres)
    {
        Assert.True(RecoveryTarget.TryParse(text, out var target));
        Assert.Equal((kind, postgres), (target!.Kind, target.Text));
        Assert.True(RecoveryTarget.TryParse(target.ToString(), out var again));
        Assert.Equal(target, again);
    }

    [Theory, InlineData(""), InlineData("yesterday"), InlineData("01/02/2026"), InlineData("name:"), InlineData("xid:x"), InlineData("-1"), InlineData("12:00")]
    public void What_two_readers_read_differently_is_none(string text) => Assert.False(RecoveryTarget.TryParse(text, out _));
}
