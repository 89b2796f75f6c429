namespace AskTrust.Drp.Engine.Catalog.Wal;

/// <summary>How far WAL can be replayed from somewhere.</summary>
/// <param name="Timeline">Timeline of the end.</param>
/// <param name="End">Behind the last byte that can be replayed.</param>
/// <param name="LastCommit">The last commit before; null = none is known.</param>
/// <param name="Complete">False when a gap ends it: there is WAL behind that cannot be reached.</param>
internal sealed record WalReach(uint Timeline, Lsn End, DateTimeOffset? LastCommit, bool Complete);

/// <summary>What one repository holds of one server's WAL, seen as ranges without gap, gaps, and timelines that leave one another. Pure computation on a listing.</summary>
internal sealed class WalTimeline
{
    private readonly int _segmentSize;
    private readonly SortedDictionary<uint, List<Run>> _runs = [];
    private readonly Dictionary<uint, WalSwitch> _switches = [];
    private readonly Dictionary<string, string> _holes = new(StringComparer.Ordinal);
    private readonly List<WalGap> _gaps = [];

    private WalTimeline(int segmentSize) => _segmentSize = segmentSize;

    /// <summary>Ranges, by timeline and position.</summary>
    public IReadOnlyList<WalRange> Ranges => [.. _runs.SelectMany(t => t.Value.Select(r => new WalRange(t.Key, r.Start, r.End, r.First, r.Last)))];

    /// <summary>Gaps, by timeline and position.</summary>
    public IReadOnlyList<WalGap> Gaps => _gaps;

    /// <summary>Timelines that left another.</summary>
    public IReadOnlyList<WalFork> Forks => [.. _switches.OrderBy(s => s.Key).Select(s => new WalFork(s.Key, s.Value.Parent, s.Value.At))];

    /// <summary>Bytes of a segment.</summary>
    public int SegmentSize => _segmentSize;

    /// <summary>The newest timeline; null when there is no WAL.</summary>
    public uint? Newest => _runs.Count == 0 ? null : _runs.Keys.Max();

    /// <summary>Computes.</summary>
    /// <param name="listing">One repository.</param>
    /// <param name="system">The server.</param>
    /// <param name="segmentSize">Bytes of a segment.</param>
    public static WalTimeline Of(WalListing listing, ulong system, int segmentSize)
    {
        WalTimeline timeline = new(segmentSize);
        List<WalObject> objects = [.. listing.Objects.Where(o => o.System == system)];
        foreach (WalHole hole in listing.Holes.Where(h => h.System == system)) timeline._holes[hole.First.Text] = hole.Cause;
        foreach (WalObject history in objects.Where(o => o is { Name.Kind: WalKind.History, Mark.Switch: not null })) timeline._switches[history.Name.Timeline] = history.Mark.Switch!;
        foreach (var each in objects.Where(o => o.Name.Segment is not null).GroupBy(o => o.Name.Timeline)) timeline.Add(each.Key, each);
        timeline.FindGaps();
        return timeline;
    }

    /// <summary>How far WAL can be replayed from a position, along the way to a timeline.</summary>
    /// <param name="timeline">Timeline to start on.</param>
    /// <param name="from">Position to start at, e.g. the start of a base backup.</param>
    /// <param name="to">Timeline to end on; null = the newest that descends from the first.</param>
    /// <returns>Null when not even the first byte is there, or no way leads to that timeline.</returns>
    public WalReach? Reach(uint timeline, Lsn from, uint? to = null)
    {
        List<uint>? way = Way(timeline, to ?? Descendants(timeline).Max());
        if (way is null) return null;
        WalReach? reach = null;
        Lsn at = from;
        for (int i = 0; i < way.Count; i++)
        {
            if (RunAt(way[i], at) is not { } run) return reach is null ? null : reach with { Complete = false };
            bool last = i == way.Count - 1;
            Lsn end = run.End;
            if (!last)
            {
                Lsn fork = _switches[way[i + 1]].At;
                if (!Leads(run, way[i + 1])) return new WalReach(way[i], end, run.LastUpTo(end), Complete: false);
                at = fork;
                end = fork;
            }

            reach = new WalReach(way[i], end, run.LastUpTo(end) ?? reach?.LastCommit, Complete: !_runs[way[i]].Exists(r => r.Start > run.End) || !last);
        }

        return reach;
    }

    /// <summary>True when all WAL from one position to another is there, on one way of timelines.</summary>
    public bool Covers(uint timeline, Lsn from, uint toTimeline, Lsn to) => Reach(timeline, from, toTimeline) is { } reach && reach.Timeline == toTimeline && reach.End >= to;

    private void Add(uint timeline, IEnumerable<WalObject> objects)
    {
        List<Run> runs = [];
        foreach (var segment in objects.GroupBy(o => o.Name.Segment!).OrderBy(s => s.Key.Text, StringComparer.Ordinal))
        {
            Lsn start = segment.Key.Start(_segmentSize);
            var (length, first, last) = Measure(timeline, segment.Key, [.. segment]);
            if (length == 0) continue;
            Run? run = runs.Count > 0 && runs[^1].End == start ? runs[^1] : null;
            if (run is null) runs.Add(run = new Run(start));
            run.End = new Lsn(start.Value + (ulong)length);
            run.First ??= first;
            if (last is { } commit) run.Commits.Add((run.End, commit));
        }

        // The bytes before a timeline's first are a copy of its parent's.
        if (runs.Count > 0 && _switches.TryGetValue(timeline, out WalSwitch? fork) && runs[0].Start < fork.At && fork.At <= runs[0].End) runs[0].Start = fork.At;
        if (runs.Count > 0) _runs[timeline] = runs;
    }

    private (long Length, DateTimeOffset? First, DateTimeOffset? Last) Measure(uint timeline, WalName segment, List<WalObject> objects)
    {
        if (objects.Find(o => o.Name.Kind == WalKind.Segment) is { } whole) return (_segmentSize, whole.Mark.LastCommit, whole.Mark.LastCommit);
        IReadOnlyList<WalObject> chain = WalPieces.Chain(objects.Where(o => o.Name.Kind == WalKind.Piece));
        long length = chain.Count == 0 ? 0 : chain[^1].Name.To;
        if (objects.Exists(o => o.Name.Kind == WalKind.Partial))
        {
            // The server archived it when another timeline began: it holds everything up to there.
            Lsn start = segment.Start(_segmentSize);
            foreach (WalSwitch s in _switches.Values.Where(s => s.Parent == timeline && s.At >= start && s.At.Value < start.Value + (ulong)_segmentSize)) length = Math.Max(length, (long)(s.At.Value - start.Value));
        }

        return (length, chain.Select(p => p.Mark.LastCommit).FirstOrDefault(c => c is not null), chain.Select(p => p.Mark.LastCommit).LastOrDefault(c => c is not null));
    }

    private void FindGaps()
    {
        foreach (var (timeline, runs) in _runs)
        {
            for (int i = 1; i < runs.Count; i++) _gaps.Add(Gap(timeline, runs[i - 1], runs[i].Start, runs[i].First));
        }

        foreach (var (child, fork) in _switches.OrderBy(s => s.Key))
        {
            if (!_runs.TryGetValue(child, out List<Run>? own) || !_runs.TryGetValue(fork.Parent, out List<Run>? parent)) continue;
            Run? before = parent.FindLast(r => r.Start <= fork.At);
            if (before is not null && !Leads(before, child)) _gaps.Add(Gap(fork.Parent, before, fork.At, own[0].First));
        }
    }

    private WalGap Gap(uint timeline, Run before, Lsn end, DateTimeOffset? behind)
    {
        string first = WalName.At(timeline, before.End, _segmentSize).Text;
        WalGapCause cause = _holes.GetValueOrDefault(first) switch
        {
            WalHoles.GivenUp => WalGapCause.SlotGivenUp,
            WalHoles.Lost => WalGapCause.SlotLost,
            _ => WalGapCause.Missing,
        };
        return new WalGap(timeline, before.End, end, first, before.Last, behind, cause);
    }

    /// <summary>True when the run reaches the fork: itself, or by the copy of its last segment that the child begins with.</summary>
    private bool Leads(Run run, uint child)
    {
        Lsn at = _switches[child].At;
        if (run.End >= at) return true;
        Lsn segment = new(at.Value - (at.Value % (uint)_segmentSize));
        return run.End >= segment && _runs.TryGetValue(child, out List<Run>? own) && own[0].Start <= at;
    }

    private Run? RunAt(uint timeline, Lsn at) => _runs.GetValueOrDefault(timeline)?.Find(r => r.Start <= at && at <= r.End);

    private IEnumerable<uint> Descendants(uint timeline) => _runs.Keys.Where(t => Way(timeline, t) is not null).DefaultIfEmpty(timeline);

    private List<uint>? Way(uint from, uint to)
    {
        List<uint> way = [to];
        while (way[0] != from)
        {
            if (!_switches.TryGetValue(way[0], out WalSwitch? fork) || fork.Parent >= way[0]) return null;
            way.Insert(0, fork.Parent);
        }

        return way;
    }

    private sealed class Run(Lsn start)
    {
        public Lsn Start { get; set; } = start;

        public Lsn End { get; set; }

        public DateTimeOffset? First { get; set; }

        public List<(Lsn End, DateTimeOffset Commit)> Commits { get; } = [];

        public DateTimeOffset? Last => Commits.Count == 0 ? null : Commits[^1].Commit;

        public DateTimeOffset? LastUpTo(Lsn end) => Commits.Where(c => c.End <= end).Select(c => (DateTimeOffset?)c.Commit).LastOrDefault();
    }
}

/// <summary>Why WAL was given up knowingly, as words of keys.</summary>
internal static class WalHoles
{
    /// <summary>By the plan's policy.</summary>
    public const string GivenUp = "slot-given-up";

    /// <summary>By the server.</summary>
    public const string Lost = "slot-lost";
}
