using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Fakes;

namespace AskTrust.Drp.Engine.Tests.Catalog.Wal;

public sealed class WalTimelineTests
{
    private const int Size = 16 << 20;
    private const ulong System = 7300000000000000001;
    private static readonly DateTimeOffset s_noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly Keys _keys = new("shop");
    private readonly MemoryRepository _repository = new("one");
    private readonly List<WalObject> _objects = [];
    private readonly List<WalHole> _holes = [];

    [Fact]
    public void Segments_in_a_row_are_one_range()
    {
        Segments(1, 3, 4, 5);

        WalRange range = Assert.Single(Compute().Ranges);

        Assert.Equal((Lsn.Parse("0/3000000"), Lsn.Parse("0/6000000"), s_noon.AddMinutes(5)), (range.Start, range.End, range.LastCommit));
    }

    [Fact]
    public void Pieces_reach_as_far_as_there_is_no_hole_in_them()
    {
        Segments(1, 3);
        Add("000000010000000000000004.00000000-00002000.part", s_noon.AddMinutes(7));
        Add("000000010000000000000004.00002000-00002100.part", null);
        Add("000000010000000000000004.00003000-00004000.part", s_noon.AddMinutes(9));

        WalRange range = Assert.Single(Compute().Ranges);

        Assert.Equal((Lsn.Parse("0/4002100"), s_noon.AddMinutes(7)), (range.End, range.LastCommit));
    }

    [Fact]
    public void A_missing_segment_is_a_gap_with_its_times_and_its_cause()
    {
        Segments(1, 3, 5);
        _holes.Add(new WalHole("", 2, WalName.Parse("000000010000000000000004"), WalHoles.Lost));
        Assert.Equal(WalGapCause.Missing, Assert.Single(Compute().Gaps).Cause);
        _holes.Add(new WalHole("", System, WalName.Parse("000000010000000000000004"), WalHoles.GivenUp));

        WalGap gap = Assert.Single(Compute().Gaps);

        Assert.Equal(new WalGap(1, Lsn.Parse("0/4000000"), Lsn.Parse("0/5000000"), "000000010000000000000004", s_noon.AddMinutes(3), s_noon.AddMinutes(5), WalGapCause.SlotGivenUp), gap);
    }

    [Fact]
    public void Replay_ends_at_a_gap()
    {
        Segments(1, 3, 4, 6);

        WalReach reach = Compute().Reach(1, Lsn.Parse("0/3000028"))!;

        Assert.Equal(new WalReach(1, Lsn.Parse("0/5000000"), s_noon.AddMinutes(4), Complete: false), reach);
    }

    [Fact]
    public void Replay_follows_a_timeline_that_left()
    {
        Segments(1, 3, 4);
        Add("000000010000000000000005.00000000-00000100.part", null);
        Segments(2, 5, 6);
        Add("00000002.history", null, new WalSwitch(1, Lsn.Parse("0/5000100")));

        WalTimeline timeline = Compute();

        Assert.Empty(timeline.Gaps);
        Assert.Equal((2u, Lsn.Parse("0/7000000"), true), (timeline.Reach(1, Lsn.Parse("0/3000028"))!.Timeline, timeline.Reach(1, Lsn.Parse("0/3000028"))!.End, timeline.Reach(1, Lsn.Parse("0/3000028"))!.Complete));
        Assert.Equal(1u, timeline.Reach(1, Lsn.Parse("0/3000028"), 1)!.Timeline);
        Assert.Equal(Lsn.Parse("0/5000100"), timeline.Ranges[1].Start);
    }

    [Fact]
    public void The_copy_a_timeline_begins_with_stands_in_for_its_parents_last_segment()
    {
        Segments(1, 3, 4);
        Segments(2, 5);
        Add("00000002.history", null, new WalSwitch(1, Lsn.Parse("0/5000100")));

        Assert.Equal(Lsn.Parse("0/6000000"), Compute().Reach(1, Lsn.Parse("0/3000028"))!.End);
    }

    [Fact]
    public void A_parent_that_does_not_reach_the_fork_leaves_a_gap()
    {
        Segments(1, 3);
        Segments(2, 5);
        Add("00000002.history", null, new WalSwitch(1, Lsn.Parse("0/5000100")));

        WalTimeline timeline = Compute();

        Assert.Equal((1L, Lsn.Parse("0/4000000"), Lsn.Parse("0/5000100")), (timeline.Gaps[0].Timeline, timeline.Gaps[0].Start, timeline.Gaps[0].End));
        Assert.False(timeline.Reach(1, Lsn.Parse("0/3000028"))!.Complete);
    }

    [Fact]
    public void Nothing_reaches_from_where_nothing_is() => Assert.Null(Compute().Reach(1, Lsn.Parse("0/3000028")));

    private WalTimeline Compute() => WalTimeline.Of(new WalListing { Repository = _repository, Objects = _objects, Holes = _holes }, System, Size);

    private void Segments(uint timeline, params int[] numbers)
    {
        foreach (int n in numbers) Add(string.Create(CultureInfo.InvariantCulture, $"{timeline:X8}{0:X8}{n:X8}"), s_noon.AddMinutes(n));
    }

    private void Add(string name, DateTimeOffset? commit, WalSwitch? fork = null)
    {
        string key = _keys.WalObject(System, WalName.Parse(name), new string('a', 64), new string('b', 64), new WalMark(commit, fork), CompressionKind.Zstd, encrypted: true);
        WalObject o = Assert.IsType<WalObject>(_keys.TryWal(_repository, new StoredObject(key, 100, s_noon)));
        Assert.Equal((name, commit, fork), (o.Name.Text, o.Mark.LastCommit, o.Mark.Switch));
        Assert.True(RepositoryKey.IsLegal(key));
        _objects.Add(o);
    }
}
