using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Fakes;

namespace AskTrust.Drp.Engine.Tests.Catalog.Wal;

public sealed class WalRetentionTests
{
    private const int Size = 16 << 20;
    private const ulong System = 7300000000000000001;
    private static readonly DateTimeOffset s_now = new(2026, 3, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Without_a_base_nothing_goes() => Assert.Null(WalRetention.Anchor([Base("other", 1, 30, system: 1)], System, s_now, TimeSpan.FromDays(7)));

    [Fact]
    public void The_newest_base_older_than_the_window_is_the_anchor() =>
        Assert.Equal("b9", WalRetention.Anchor([Base("b20", 3, 20), Base("b9", 5, 9), Base("b3", 8, 3)], System, s_now, TimeSpan.FromDays(7))!.Id);

    [Fact]
    public void While_no_base_is_older_than_the_window_the_oldest_is_the_anchor() =>
        Assert.Equal("b3", WalRetention.Anchor([Base("b1", 9, 1), Base("b3", 8, 3)], System, s_now, TimeSpan.FromDays(7))!.Id);

    [Fact]
    public void What_ends_before_the_anchor_goes_and_histories_stay()
    {
        WalObject[] objects =
        [
            .. new[]
            {
                "000000010000000000000003", "000000010000000000000004", "000000010000000000000004.00000028.backup", "000000010000000000000005",
                "000000020000000000000004", "000000030000000000000004", "00000002.history",
            }.Select(Object),
        ];

        Assert.Equal(
            ["000000010000000000000003", "000000010000000000000004", "000000010000000000000004.00000028.backup", "000000020000000000000004"],
            WalRetention.Superfluous(objects, Base("b", 5, 9) with { Timeline = 2 }, Size).Select(o => o.Name.Text));
    }

    [Fact]
    public void A_server_is_over_when_its_bases_are_gone_and_another_took_its_place_and_the_window_has_passed()
    {
        WalObject[] objects = [Object("000000010000000000000003") with { Modified = s_now.AddDays(-8) }, Object("000000010000000000000004") with { Modified = s_now.AddDays(-9) }];

        Assert.True(Over(objects, Base("of the next", 1, 6, system: 2)));
        Assert.False(Over(objects, Base("of the next", 1, 6, system: 2), Base("own", 1, 10)));
        // No base yet: it may be the next one itself.
        Assert.False(Over(objects));
        Assert.False(Over(objects, Base("of the former", 1, 10, system: 2)));
        Assert.False(Over([.. objects, Object("000000010000000000000005") with { Modified = s_now.AddDays(-6.5) }], Base("of the next", 1, 6, system: 2)));
        Assert.False(Over([], Base("of the next", 1, 6, system: 2)));

        static bool Over(WalObject[] objects, params WalBase[] bases) => WalRetention.IsOver(objects, bases, System, s_now, TimeSpan.FromDays(7));
    }

    [Fact]
    public void Pieces_go_when_their_segment_is_whole()
    {
        WalObject[] objects = [.. new[] { "000000010000000000000003", "000000010000000000000003.00000000-00000100.part", "000000010000000000000004.00000000-00000100.part" }.Select(Object)];

        Assert.Equal(["000000010000000000000003.00000000-00000100.part"], WalRetention.Outgrown(objects).Select(o => o.Name.Text));
    }

    private static WalBase Base(string id, int segment, int daysAgo, ulong system = System) =>
        new(id, system, 1, new Lsn(((ulong)segment * Size) + 40), new Lsn(((ulong)segment * Size) + 400), s_now.AddDays(-daysAgo));

    private static WalObject Object(string name) => new Keys("shop").TryWal(new MemoryRepository("one"),
        new StoredObject(new Keys("shop").WalObject(System, WalName.Parse(name), new string('a', 64), new string('b', 64), new WalMark(), CompressionKind.Zstd, true), 1, s_now))!;
}
