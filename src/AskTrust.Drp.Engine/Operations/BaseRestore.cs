using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Brings a base back into a folder and recovers it: what a restore and a restore test have in common.</summary>
/// <param name="context">The plan.</param>
/// <param name="choice">The base.</param>
/// <param name="encryption">Decrypts.</param>
/// <param name="phases">Gets the times.</param>
internal sealed class BaseRestore(OperationContext context, RecoveryChoice choice, IEncryption? encryption, PhaseClock phases)
{
    private readonly StreamTime _fetch = new();
    private readonly StreamTime _unpack = new();
    private long _extracted;

    /// <summary>Bytes the cluster will have when extracted.</summary>
    public long PlainSize => choice.PlainSize;

    /// <summary>The phases in the order of the flow: fetching, decrypting and extracting share their time as they waited for one another.</summary>
    public IReadOnlyList<PhaseTiming> Phases()
    {
        List<PhaseTiming> all = [];
        foreach (var phase in phases.Phases)
        {
            if (phase.Name == "extract")
            {
                all.Add(new PhaseTiming("fetch", _fetch.Elapsed, _fetch.Bytes));
                all.Add(new PhaseTiming("decrypt", AtLeastZero(_unpack.Elapsed - _fetch.Elapsed), _unpack.Bytes));
                all.Add(phase with { Elapsed = AtLeastZero(phase.Elapsed - _unpack.Elapsed) });
            }
            else
            {
                all.Add(phase);
            }
        }

        return all;
    }

    /// <summary>Extracts everything; the folders are there and empty, but for what is put aside. Afterwards the cluster is whole, and only a recovery can start it.</summary>
    /// <param name="data">Data directory.</param>
    /// <param name="spaces">Folder of each tablespace.</param>
    /// <param name="place">Where they are.</param>
    /// <param name="damage">Changes the stored bytes on their way, for negative controls; null = leave them alone.</param>
    /// <param name="ct">Cancels.</param>
    public async Task ExtractAsync(string data, IReadOnlyDictionary<uint, string> spaces, IBasePlace place, Func<Stream, BackupArtifact, Stream>? damage, CancellationToken ct)
    {
        if (choice.Parents.Count > 0)
        {
            await new BaseCombination(context.Host, choice, place, (set, folder, links, c) => UnpackAsync(set, folder, links, place.Files(), recovers: false, damage, c)).RunAsync(data, spaces, ct).ConfigureAwait(false);
        }
        else
        {
            await UnpackAsync(choice.Sets.Single(), data, spaces, place.Files(), recovers: true, damage, ct).ConfigureAwait(false);
        }

        context.Host.Observer.On(new DrpProgress(Text.Of(OperationsTexts.Extracting, choice.Id, data), choice.Component.Component, PlainSize, PlainSize, ProgressUnit.Bytes, Finished: true));
    }

    /// <summary>Extracts one set as it is.</summary>
    /// <param name="set">The set.</param>
    /// <param name="data">Data directory.</param>
    /// <param name="spaces">Folder of each of its tablespaces.</param>
    /// <param name="receiver">Takes the files; disposed.</param>
    /// <param name="recovers">It will be recovered as it is.</param>
    /// <param name="damage">Changes the stored bytes; null = leave them alone.</param>
    /// <param name="ct">Cancels.</param>
    public async Task UnpackAsync(
        BaseSet set, string data, IReadOnlyDictionary<uint, string> spaces, IBaseReceiver receiver, bool recovers, Func<Stream, BackupArtifact, Stream>? damage, CancellationToken ct)
    {
        await using var _ = receiver.ConfigureAwait(false);
        long before = _extracted;
        var extraction = new BaseExtraction(receiver, bytes => Extracted(before + bytes, set.Id, data));
        foreach (BackupArtifact artifact in set.Archives)
        {
            Stream tar = await PlainAsync(set, artifact, damage, ct).ConfigureAwait(false);
            await using var __ = tar.ConfigureAwait(false);
            await extraction.ExtractAsync(tar, set.SpaceOf(artifact) is { } oid ? spaces[oid] : data, ct).ConfigureAwait(false);
        }

        if (set.FileList is { } list)
        {
            Stream plain = await PlainAsync(set, list, damage, ct).ConfigureAwait(false);
            await using var __ = plain.ConfigureAwait(false);
            await receiver.FileAsync($"{data}/{TarScanner.FileList}", UnixFileMode.UserRead | UnixFileMode.UserWrite, plain, list.PlainSize, static _ => { }, ct).ConfigureAwait(false);
            // Its digest is compared at its end, which a receiver that knows the length does not ask for.
            await plain.CopyToAsync(Stream.Null, ct).ConfigureAwait(false);
        }

        foreach (var (oid, folder) in spaces) await receiver.LinkAsync(string.Create(CultureInfo.InvariantCulture, $"{data}/pg_tblspc/{oid}"), folder, ct).ConfigureAwait(false);
        if (recovers) await receiver.TextAsync($"{data}/{Signal}", "", ct).ConfigureAwait(false);
        await receiver.CompleteAsync(data, ct).ConfigureAwait(false);
    }

    private void Extracted(long bytes, SetId set, string data)
    {
        if (bytes - _extracted < 1 << 20) return;
        _extracted = bytes;
        context.Host.Observer.On(new DrpProgress(Text.Of(OperationsTexts.Extracting, set, data), choice.Component.Component, bytes, PlainSize));
    }

    /// <summary>Tells the server where the tablespaces are now; after the server's own file list was checked, of which the old map is part.</summary>
    public static Task MapAsync(string data, IReadOnlyDictionary<uint, string> spaces, IBaseReceiver receiver, CancellationToken ct) =>
        spaces.Count == 0 ? Task.CompletedTask : receiver.TextAsync($"{data}/{MapFile}", MapText(spaces), ct);

    /// <summary>As the other, where the receiver is gone already.</summary>
    public static Task MapAsync(string data, IReadOnlyDictionary<uint, string> spaces, IServerPlace place, CancellationToken ct) =>
        spaces.Count == 0 ? Task.CompletedTask : place.WriteAsync($"{data}/{MapFile}", MapText(spaces), ct);

    /// <summary>The file that makes a server recover.</summary>
    public const string Signal = "recovery.signal";

    private const string MapFile = "tablespace_map";

    private static string MapText(IReadOnlyDictionary<uint, string> spaces)
    {
        static string Escaped(string path) => path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\\n", StringComparison.Ordinal);
        return string.Concat(spaces.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Key} {Escaped(s.Value)}\n")));
    }

    /// <summary>Recovers; the server then runs and belongs to the caller, the feed too.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="exchange">Where the server asks for WAL; goes with the feed.</param>
    /// <param name="place">Where the server runs; null = on this machine.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<(WalFeed Feed, RecoveryServer Server, RecoveryOutcome Outcome)> RecoverAsync(RecoveryPlan plan, IWalExchange exchange, IServerPlace? place, CancellationToken ct)
    {
        var archive = new WalArchive(choice.Wal, context.Plan.Compression, encryption);
        int size = (int)choice.Base.SegmentSize, ahead = (context.Plan.Components.GetValueOrDefault(choice.Component.Component) as PostgreSqlPlan)?.PointInTime?.Prefetch ?? 8;
        WalReach? reach = choice.Reach;
        WalFetch fetch = reach is null
            ? (_, _, _) => Task.FromResult(false)
            : async (name, place, c) => WalName.TryParse(name) is { } wal && await archive.GetAsync(choice.System, wal, place, c).ConfigureAwait(false) != WalGetOutcome.NotInArchive;
        IEnumerable<string> Next(string name) => reach is not null && WalName.TryParse(name) is { Kind: WalKind.Segment } segment
            ? Enumerable.Range(1, ahead).Select(i => segment.Next(size, i)).Where(n => n.Start(size) < reach.End).Select(n => n.Text)
            : [];
        WalFeed feed = WalFeed.Start(exchange, fetch, Next, ct);
        feed.OnTaken = name => Progress(name, size, plan.Target);
        try
        {
            RecoveryServer server = await RecoveryServer.RunAsync(context.Host, plan, feed, place, ct).ConfigureAwait(false);
            RecoveryLog log = server.Log;
            Progress(null, size, plan.Target);
            return (feed, server, new RecoveryOutcome
            {
                Target = plan.Target.ToString(), Reached = log.Stopped ?? OperationsTexts.EndOfWal, Base = choice.Id.ToString(), Lsn = log.Redone, LastCommit = log.LastCommit,
                Timeline = plan.Timeline ?? choice.Base.Timeline, NewTimeline = log.NewTimeline, Segments = feed.Given,
            });
        }
        catch
        {
            await feed.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Percent of the WAL between the base and the end of what will be needed; of a time, nobody knows where in the WAL it lies.</summary>
    private void Progress(string? name, int size, RecoveryTarget target)
    {
        if (choice.Reach is not { } reach) return;
        ulong begin = Lsn.Parse(choice.Base.StartLsn).Value, end = Math.Max((target.Kind == RecoveryTargetKind.Lsn && target.Lsn < reach.End ? target.Lsn.Value : reach.End).Value, begin + 1);
        // What was taken is replayed up to its end; with the last call, all that was needed.
        ulong at = name is null ? end : WalName.TryParse(name) is { Kind: WalKind.Segment } wal ? Math.Clamp(wal.Start(size).Value + (ulong)size, begin, end) : begin;
        context.Host.Observer.On(new DrpProgress(Text.Of(OperationsTexts.Replaying, choice.Id), name ?? choice.Component.Component, (long)(at - begin), (long)(end - begin), ProgressUnit.Bytes, Finished: name is null));
    }

    private async Task<Stream> PlainAsync(BaseSet set, BackupArtifact artifact, Func<Stream, BackupArtifact, Stream>? damage, CancellationToken ct)
    {
        Stream stored = await choice.Repository.OpenReadAsync(context.Catalog.Keys.File(set.Id, artifact.Name), 0, null, ct).ConfigureAwait(false);
        stored = new TimedStream(damage is null ? stored : damage(stored, artifact), context.Clock, _fetch);
        return new TimedStream(await new Unpacker(context.Host).OpenAsync(stored, artifact, encryption, ct).ConfigureAwait(false), context.Clock, _unpack);
    }

    private static TimeSpan AtLeastZero(TimeSpan time) => time < TimeSpan.Zero ? TimeSpan.Zero : time;
}
