using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Tests;

public sealed class OutputTests
{
    [Fact]
    public void A_table_lines_up_and_foreign_text_is_harmless()
    {
        var table = new Table(new("Set"), new("Size", Right: true), new("Where"));
        table.Add("short", "1 B", "a");
        table.Add("日本 \u001b[2J", "100 KiB", "b,c");
        using var text = new StringWriter();
        table.Write(text, new Paint(on: false));
        Assert.Equal(["Set                Size  Where", "short               1 B  a", "日本 \\u{1B}[2J  100 KiB  b,c"], text.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public void Progress_tells_percent_rate_and_time_left()
    {
        string text = ProgressLine.Describe(new DrpProgress("Backing up db", "table public.orders", 512L << 20, 1L << 30), 64L << 20);
        Assert.Equal("Backing up db · table public.orders · 50% · 512 MiB of 1.0 GiB · 64.0 MiB/s · 8.0 s left", text);
        Assert.Equal("Checking · 3", ProgressLine.Describe(new DrpProgress("Checking", "", 3, null, ProgressUnit.Items), null));
    }

    [Fact]
    public void The_progress_line_is_wiped_and_never_wider_than_the_terminal()
    {
        using var text = new StringWriter();
        var line = new ProgressLine(text, TimeProvider.System, () => 40);
        line.On(new DrpProgress("Backing up something with a long name", "and an even longer step", 1, 2));
        line.Clear();
        line.Clear();
        string[] parts = text.ToString().Split('\r');
        Assert.Equal(3, parts.Length);
        Assert.Equal(39, parts[1].Replace("\u001b[K", "", StringComparison.Ordinal).Length);
        Assert.Equal("\u001b[K", parts[2]);
    }

    [Fact]
    public void A_backup_that_is_incomplete_names_the_repository()
    {
        using var text = new StringWriter();
        Show.Backup(text, new Paint(on: false), new BackupReport
        {
            Plan = "p", Id = "20261120T030000Z-full", Status = RunStatus.Incomplete, Components = ["db"], Started = DateTimeOffset.UnixEpoch, Duration = TimeSpan.FromSeconds(12), PlainSize = 4 << 20, Size = 1 << 20, Rows = 1234,
            Repositories = [new() { Repository = "here", Status = RunStatus.Succeeded, Bytes = 1 << 20 }, new() { Repository = "paris", Status = RunStatus.Failed, Message = "503 from https://k:s3cret@host/b" }],
        });
        Assert.Equal("incomplete  20261120T030000Z-full  db\n  4.0 MiB → 1.0 MiB in 12.0 s · 1,234 rows\n  done  here  1.0 MiB\n  failed  paris  503 from https://k:***@host/b\n", text.ToString());
    }

    [Theory]
    [InlineData("30m", 1800)]
    [InlineData("7d", 604800)]
    [InlineData("4w", 2419200)]
    [InlineData("7", null)]
    [InlineData("-7d", null)]
    [InlineData("7y", null)]
    public void Durations_are_digits_and_a_unit(string text, int? seconds) => Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, Commands.Options.Duration(text));

    [Theory]
    [InlineData("y", true)]
    [InlineData("OUI ", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("yesterday", false)]
    public void Only_a_yes_is_a_yes(string? answer, bool yes) => Assert.Equal(yes, Question.IsYes(answer));
}
