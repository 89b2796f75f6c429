using AskTrust.Drp.Engine.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Engine.Tests.Operations;

public sealed class RestoreJournalTests
{
    [Theory]
    [InlineData("aaaaaa", "ffffff")]
    [InlineData("ffffff", "aaaaaa")]
    public async Task Of_two_restores_in_one_second_the_later_one_is_the_newest(string first, string second)
    {
        using var folder = new TestFolder("journal");
        var journal = new RestoreJournal(folder["restores"]);
        var moment = new DateTimeOffset(2026, 5, 4, 3, 0, 0, TimeSpan.Zero);
        await journal.WriteAsync(Entry(first, moment.AddMilliseconds(100)), default);
        await journal.WriteAsync(Entry(second, moment.AddMilliseconds(300)), default);
        Assert.EndsWith(second, (await journal.FindAsync(null, default))!.RestoreId, StringComparison.Ordinal);
    }

    private static RestoreEntry Entry(string ending, DateTimeOffset started) =>
        new() { RestoreId = $"20260504T030000Z-{ending}", Started = started, Component = "db", Database = "shop", Source = "latest", Finished = true };
}
