namespace AskTrust.Drp.Engine.Catalog.Wal;

/// <summary>A base backup as far as its WAL is concerned.</summary>
/// <param name="Id">Its set.</param>
/// <param name="System">System identifier.</param>
/// <param name="Timeline">Timeline.</param>
/// <param name="Start">Where the WAL it needs begins.</param>
/// <param name="Stop">Where it is consistent; it holds the WAL up to there itself.</param>
/// <param name="Stopped">When that was.</param>
internal sealed record WalBase(string Id, ulong System, uint Timeline, Lsn Start, Lsn Stop, DateTimeOffset Stopped);

/// <summary>Decides which WAL nobody needs any more. Pure computation.</summary>
internal static class WalRetention
{
    /// <summary>
    /// The base from which on WAL is kept: the newest that is older than the window, so that the whole window can be reached; else the oldest there is.
    /// Older bases stand alone. Null without a base: then everything is kept.
    /// </summary>
    public static WalBase? Anchor(IEnumerable<WalBase> bases, ulong system, DateTimeOffset now, TimeSpan window)
    {
        List<WalBase> own = [.. bases.Where(b => b.System == system).OrderBy(b => b.Stopped)];
        return own.FindLast(b => b.Stopped <= now - window) ?? own.FirstOrDefault();
    }

    /// <summary>Objects that may go: segments, and what belongs to them, that end before the anchor, on its timeline or one before; never a history.</summary>
    public static IReadOnlyList<WalObject> Superfluous(IEnumerable<WalObject> objects, WalBase anchor, int segmentSize) =>
        [.. objects.Where(o => o.System == anchor.System && o.Name.Segment is { } segment && o.Name.Timeline <= anchor.Timeline
            && segment.Start(segmentSize).Value + (ulong)segmentSize <= anchor.Start.Value)];

    /// <summary>
    /// True when nothing can be done any more with the WAL of a server: its last base is gone, another server has taken its place (there is a base of it that is
    /// younger), and all of it is older than the window. That of a server whose first base is yet to come is kept.
    /// </summary>
    public static bool IsOver(IEnumerable<WalObject> objects, IEnumerable<WalBase> bases, ulong system, DateTimeOffset now, TimeSpan window)
    {
        DateTimeOffset? last = objects.Where(o => o.System == system).Max(o => (DateTimeOffset?)o.Modified);
        return last <= now - window && bases.All(b => b.System != system) && bases.Any(b => b.Stopped > last);
    }

    /// <summary>Pieces whose whole segment is there.</summary>
    public static IReadOnlyList<WalObject> Outgrown(IReadOnlyList<WalObject> objects)
    {
        HashSet<(ulong, WalName)> whole = [.. objects.Where(o => o.Name.Kind == WalKind.Segment).Select(o => (o.System, o.Name))];
        return [.. objects.Where(o => o.Name.Kind == WalKind.Piece && whole.Contains((o.System, o.Name.Segment!)))];
    }
}
