using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Accidents;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>
/// A stretch of archived WAL, read record by record in a folder that never holds more than a few segments: each is fetched, read, and deleted.
/// </summary>
/// <param name="archive">The archive.</param>
/// <param name="system">System identifier of the server.</param>
/// <param name="way">Timelines from the first to the last, each with the position from which on it counts.</param>
/// <param name="segmentSize">Bytes of a segment.</param>
internal sealed class WalStretch(WalArchive archive, ulong system, IReadOnlyList<(uint Timeline, Lsn From)> way, int segmentSize)
{
    private const int AtOnce = 4;

    /// <summary>Reads it.</summary>
    /// <param name="host">The host.</param>
    /// <param name="dump">Reads WAL.</param>
    /// <param name="from">First position.</param>
    /// <param name="to">Position behind the last byte that the archive has without a gap.</param>
    /// <param name="finder">Gets the records.</param>
    /// <param name="until">Asked after each portion; true = no more is needed.</param>
    /// <param name="progress">Gets the position reached.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>False when <paramref name="until"/> ended it.</returns>
    /// <exception cref="DrpException">A segment is missing (<see cref="DrpError.RepositoryMissing"/>), damaged (<see cref="DrpError.VerificationFailed"/>), or not to be had.</exception>
    public async Task<bool> ReadAsync(HostContext host, WalDump dump, Lsn from, Lsn to, AccidentFinder finder, Func<bool> until, Action<Lsn> progress, CancellationToken ct)
    {
        using TempFolder folder = host.Temp.CreateFolder("wal-find");
        uint timeline = way[^1].Timeline;
        Lsn at = from, have = StartOf(from);
        SortedDictionary<ulong, string> files = [];
        while (have < to)
        {
            List<Lsn> next = [];
            for (Lsn start = have; start < to && next.Count < AtOnce; start = Behind(start)) next.Add(start);
            // Under the name of the last timeline, whichever they are of: so one run reads across a switch.
            List<Task> fetched = [.. next.Select(start => FetchAsync(start, PathOf(start), ct))];
            await Task.WhenAll(fetched).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            // What lies before one that cannot be had may be all that is needed.
            int good = fetched.FindIndex(f => !f.IsCompletedSuccessfully);
            if (good == 0) await fetched[0].ConfigureAwait(false);
            if (good > 0) next.RemoveRange(good, next.Count - good);
            foreach (Lsn start in next) files[start.Value] = PathOf(start);
            have = Behind(next[^1]);
            Lsn end = have < to ? have : to;
            WalDumpEnd ended;
            try
            {
                ended = await dump.ReadAsync(folder.Path, timeline, at, end, p => (PathOf(StartOf(p)), StartOf(p)), text => finder.Read(text), ct).ConfigureAwait(false);
            }
            catch (DrpException) when (until())
            {
                return false;
            }

            // Zeros are the end of what was written only where nothing follows; before, they are a hole.
            if (ended != WalDumpEnd.Whole && !(ended == WalDumpEnd.NeedsMore ? end < to : end == to)) throw WalDump.Failed(at, end, 1, Text.Of(OperationsTexts.WalUnwritten, WalName.At(timeline, end, segmentSize)));
            if (finder.Last is { } last && last > at) at = last;
            progress(end);
            if (until()) return false;
            foreach (ulong old in files.Keys.Where(k => k < StartOf(at).Value).ToList())
            {
                File.Delete(files[old]);
                files.Remove(old);
            }
        }

        return true;

        string PathOf(Lsn start) => Path.Combine(folder.Path, WalName.At(timeline, start, segmentSize).Text);
    }

    private async Task FetchAsync(Lsn start, string path, CancellationToken ct)
    {
        // A timeline begins with a copy of the segment in which it left its parent.
        uint timeline = way.Last(w => StartOf(w.From) <= start || w == way[0]).Timeline;
        WalName name = WalName.At(timeline, start, segmentSize);
        if (await archive.GetAsync(system, name, path, ct).ConfigureAwait(false) != WalGetOutcome.NotInArchive) return;
        throw Missing(name);
    }

    /// <summary>The error for a segment that is not there.</summary>
    public static DrpException Missing(WalName name) =>
        new(DrpError.RepositoryMissing, Text.Of(OperationsTexts.WalSegmentMissing, name)) { Subject = name.Text, Hint = OperationsTexts.WalSegmentMissingHint };

    private Lsn StartOf(Lsn position) => new(position.Value - (position.Value % (uint)segmentSize));

    private Lsn Behind(Lsn start) => new(start.Value + (uint)segmentSize);
}
