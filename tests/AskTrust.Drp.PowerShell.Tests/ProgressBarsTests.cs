using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Tests;

public sealed class ProgressBarsTests
{
    [Fact]
    public void A_bar_is_drawn_five_times_a_second_at_most()
    {
        var bars = new ProgressBars();
        var until = DateTime.UtcNow.AddMilliseconds(500);
        int drawn = 0;
        for (long done = 0; DateTime.UtcNow < until; done++)
            if (bars.Next(new DrpProgress("backup", "table", done, null)) is not null) drawn++;
        Assert.InRange(drawn, 1, 3);
    }

    [Fact]
    public void Activities_do_not_hide_each_other_and_the_end_is_always_shown()
    {
        var bars = new ProgressBars();
        Assert.NotNull(bars.Next(new DrpProgress("one", "", 1, 2)));
        Assert.NotNull(bars.Next(new DrpProgress("two", "", 1, 2, ProgressUnit.Items)));
        Assert.Null(bars.Next(new DrpProgress("one", "", 2, 2)));
        Assert.NotNull(bars.Next(new DrpProgress("one", "", 2, 2, Finished: true)));
        Assert.Single(bars.End());
        Assert.Empty(bars.End());
    }
}
