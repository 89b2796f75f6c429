using System.Collections.Concurrent;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Each file is packed once for all repositories that want it at about the same time; one that lags far behind packs anew.</summary>
internal sealed class WalPackCache(WalArchive archive, WalSpool spool)
{
    private const int Kept = 8;
    private readonly ConcurrentDictionary<WalName, Lazy<Task<PackedWal?>>> _packed = [];
    private readonly ConcurrentQueue<WalName> _order = new();

    /// <summary>A packed file of the spool; null when it is there no more.</summary>
    /// <param name="name">A whole segment, history file, or piece of an open segment.</param>
    /// <param name="mark">What the archive shall know of a piece; null for whole files: found out here.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<PackedWal?> GetAsync(WalName name, WalMark? mark, CancellationToken ct)
    {
        var mine = new Lazy<Task<PackedWal?>>(() => PackAsync(name, mark, ct));
        Lazy<Task<PackedWal?>> shared = _packed.GetOrAdd(name, mine);
        if (ReferenceEquals(shared, mine)) _order.Enqueue(name);
        while (_packed.Count > Kept && _order.TryDequeue(out WalName? oldest)) _packed.TryRemove(oldest, out _);
        try
        {
            return await shared.Value.ConfigureAwait(false);
        }
        catch
        {
            _packed.TryRemove(name, out _);
            throw;
        }
    }

    private WalWalker Walk(string path)
    {
        WalWalker walked = WalFiles.Walk(path, spool.SegmentSize);
        spool.Require(walked.System, path);
        return walked;
    }

    private async Task<PackedWal?> PackAsync(WalName name, WalMark? mark, CancellationToken ct)
    {
        if (name.Kind == WalKind.Piece)
        {
            return spool.Read(name.Segment!, name.From, name.To) is { } bytes
                ? await archive.PackAsync(new WalFile(spool.System, name, mark ?? new WalMark()), new MemoryStream(bytes), ct).ConfigureAwait(false)
                : null;
        }

        string path = spool.PathOf(name);
        try
        {
            WalMark known = name.Kind == WalKind.History
                ? new WalMark(Switch: await WalFiles.SwitchAsync(path, ct).ConfigureAwait(false))
                : name.Kind == WalKind.Map ? new WalMark()
                : new WalMark(Walk(path).LastCommit);
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using (stream.ConfigureAwait(false))
            {
                return await archive.PackAsync(new WalFile(spool.System, name, known), stream, ct).ConfigureAwait(false);
            }
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
