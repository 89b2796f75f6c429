using System.Globalization;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Accidents;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Wal;
using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// Finds what happened to a table: chooses the base whose map of relations names it, reads the archived WAL from there on, and gives the committed transactions
/// that fit. An answer is complete or an error: what could not be read is never taken for what did not happen.
/// </summary>
internal sealed class FindRecoveryPointRun(OperationContext context, RecoveryPointOptions options)
{
    private static readonly TableAction[] s_usual = [TableAction.Drop, TableAction.Truncate, TableAction.Delete];

    // Commits are written in their order, but each takes its time a moment before.
    private static readonly TimeSpan s_slack = TimeSpan.FromMinutes(1);

    /// <summary>Runs.</summary>
    /// <returns>Newest first.</returns>
    public async Task<IReadOnlyList<RecoveryPointCandidate>> RunAsync(CancellationToken ct)
    {
        if (options.After >= options.Before) throw new DrpException(DrpError.PlanInvalid, OperationsTexts.FindEmptyRange) { Subject = options.Table };
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        List<RecoveryPointCandidate> found = [];
        List<DrpException> unknown = [];
        var histories = await new MappedBases(context, encryption).ReadAsync(options.Component, options.After, options.Before, ct).ConfigureAwait(false);
        if (options.After < histories[0][0].Facts.Stopped) context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.FindBeginsLater, Moment(histories[0][0].Facts.Stopped), histories[0][0].Id));
        foreach (IReadOnlyList<MappedBase> bases in histories)
        {
            MappedBase first = bases[0];
            if (first != histories[0][0]) context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.FindNextServer, Moment(first.Facts.Stopped), first.Id, first.Server));
            if (await SearchAsync(bases, encryption, found, ct).ConfigureAwait(false) is { } missing) unknown.Add(missing);
        }

        // A table that was made after an upgrade, or dropped before it, is known to one server only.
        return unknown.Count < histories.Count ? found : throw unknown[^1];
    }

    /// <summary>Searches the history of one server.</summary>
    /// <param name="bases">Its bases, oldest first.</param>
    /// <param name="encryption">Decrypts.</param>
    /// <param name="found">Gets what was found, newest first, before what is there.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>That it does not know the table; null when it does.</returns>
    private async Task<DrpException?> SearchAsync(IReadOnlyList<MappedBase> bases, IEncryption? encryption, List<RecoveryPointCandidate> found, CancellationToken ct)
    {
        MappedBase first = bases[0];
        PostgreSqlFacts facts = first.Component.PostgreSql!;
        var archive = new WalArchive(context.Catalog, context.Plan.Compression, encryption);
        int size = (int)first.Facts.SegmentSize;
        var (from, reach, line) = await ReachAsync(archive, first, size, ct).ConfigureAwait(false);
        var way = Way(line, first.Facts.Timeline, reach.Timeline);
        // A map is of use only on the way: a base of an abandoned timeline knows another world.
        List<KnownMap> known = [.. bases.Where(b => b == first || way.Any(w => w.Timeline == b.Facts.Timeline)).Select(b => new KnownMap(b.Map, b, b.Id.ToString()))];
        known.AddRange(await new ArchivedMaps(context, archive).ReadAsync(first.System, way, from, reach.End, size, bases, ct).ConfigureAwait(false));
        if (Resolve([.. known.OrderBy(m => Lsn.Parse(m.Map.Lsn))], first, out var wanted, out var maps) is { } missing) return missing;
        WalDump dump = await WalDump.FindAsync(context.Host, facts.Major, facts.Image, facts.ImageDigest, ct).ConfigureAwait(false);
        await using var _ = dump.ConfigureAwait(false);
        var finder = new AccidentFinder([.. maps.Select(m => m.Moment)], new HashSet<uint>(wanted.Keys), facts.Major);
        string activity = Text.Of(OperationsTexts.FindSearching, options.Table);
        bool whole = await new WalStretch(archive, first.System, way, size).ReadAsync(
            context.Host, dump, from, reach.End, finder, () => finder.LastCommit - s_slack > options.Before,
            at => context.Host.Observer.On(new DrpProgress(activity, at.ToString(), (long)(at.Value - from.Value), (long)(reach.End.Value - from.Value))), ct).ConfigureAwait(false);
        if (whole && !reach.Complete) throw WalStretch.Missing(WalName.At(reach.Timeline, reach.End, size));
        context.Host.Say(DrpEventLevel.Verbose, Text.Of(OperationsTexts.FindRead, finder.Records, from, finder.Last ?? from));
        found.InsertRange(0, Fitting(finder.Found).Reverse().Select(a => Candidate(a, first, maps, wanted, reach.Timeline)));
        return null;
    }

    private IEnumerable<Accident> Fitting(IReadOnlyList<Accident> found)
    {
        IReadOnlyList<TableAction> actions = options.Actions.Count > 0 ? options.Actions : s_usual;
        return found.Where(a => actions.Contains(a.Action) && (options.After is null || a.Time >= options.After) && (options.Before is null || a.Time < options.Before)
            && (a.Rows is null || a.Rows >= options.LeastRows));
    }

    private RecoveryPointCandidate Candidate(
        Accident a, MappedBase first, IReadOnlyList<(MappedMoment Moment, MappedBase Of)> maps, Dictionary<uint, string> wanted, uint timeline) => new()
    {
        Plan = context.Plan.Path, Component = first.Component.Component, Database = maps[0].Moment.Database.Name, Table = wanted[a.Relation], Action = a.Action, Xid = a.Xid,
        FirstLsn = a.Done.First, LastLsn = a.Done.Last, CommitLsn = a.Commit, CommitTime = a.Time, Rows = a.Rows,
        // A server stops behind the record that begins at its target.
        Target = $"lsn:{a.Done.Previous}",
        TargetExclusive = a.Done.DatabaseGone ? null : string.Create(CultureInfo.InvariantCulture, $"xid:{a.Xid}"),
        Timeline = timeline, Base = (maps.LastOrDefault(m => m.Moment.At <= a.Done.First).Of ?? first).Id.ToString(),
    };

    /// <summary>Numbers of the relations that bear the name in one of the maps, and the maps of their database.</summary>
    /// <returns>That there is no such table or database; null when there is.</returns>
    private DrpException? Resolve(IReadOnlyList<KnownMap> all, MappedBase first, out Dictionary<uint, string> wanted, out List<(MappedMoment Moment, MappedBase Of)> maps)
    {
        (wanted, maps) = ([], []);
        string database = options.Database ?? first.Component.PostgreSql!.Database;
        MappedDatabase? known = all.Select(b => b.Map.Databases.FirstOrDefault(d => d.Name == database)).FirstOrDefault(d => d is not null);
        if (known is null) return new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.FindNoDatabase, database, first.Id, string.Join(", ", first.Map.Databases.Select(d => d.Name)))) { Subject = database };
        foreach (KnownMap held in all)
        {
            if (held.Map.Databases.FirstOrDefault(d => d.Oid == known.Oid) is not { } mapped) continue;
            maps.Add((new MappedMoment(Lsn.Parse(held.Map.Lsn), mapped, held.Source), held.Of));
            var named = mapped.Relations.Where(Fits).ToList();
            if (named.Find(r => r.Kind == "p" && !mapped.Relations.Any(p => p.Of == r.Oid && p.Kind is "r" or "p")) is { } parent && held.Map.Format < 2)
            {
                throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.FindPartitioned, Name(parent))) { Subject = options.Table, Hint = OperationsTexts.FindPartitionedHint };
            }

            if (named.Select(Name).Distinct(StringComparer.Ordinal).Count() > 1)
            {
                throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.FindSeveral, options.Table, string.Join(", ", named.Select(Name)))) { Subject = options.Table };
            }

            // The rows of a partitioned table lie in its partitions, and theirs in their own.
            ILookup<uint?, MappedRelation> parts = mapped.Relations.Where(r => r.Kind is "r" or "p").ToLookup(r => r.Of);
            for (var next = new Queue<MappedRelation>(named); next.TryDequeue(out MappedRelation? relation);)
            {
                if (relation.Kind == "p") foreach (MappedRelation part in parts[relation.Oid]) next.Enqueue(part);
                else wanted[relation.Oid] = Name(relation);
            }
        }

        return wanted.Count > 0 ? null : new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.FindNoTable, options.Table, known.Name, first.Id))
        {
            Subject = options.Table, Hint = OperationsTexts.FindNoTableHint,
        };

        bool Fits(MappedRelation r) => r.Kind is "r" or "m" or "p" && r.Schema is not ("pg_catalog" or "information_schema") && (options.Table == r.Name || options.Table == Name(r));
    }

    private static string Name(MappedRelation relation) => $"{relation.Schema}.{relation.Name}";

    /// <summary>Where to begin, and how far the archive goes from there without a gap.</summary>
    private async Task<(Lsn From, WalReach Reach, WalTimeline Line)> ReachAsync(WalArchive archive, MappedBase first, int size, CancellationToken ct)
    {
        var listings = await archive.ListAsync(first.System, ct).ConfigureAwait(false);
        if (listings.All(l => l.Error is not null)) throw listings[0].Error!;
        foreach (WalListing silent in listings.Where(l => l.Error is not null)) context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalNotListed, silent.Repository.Name, silent.Error!.Message));
        List<WalTimeline> lines = [.. listings.Where(l => l.Error is null).Select(l => WalTimeline.Of(l, first.System, size))];
        // The map is read a moment before the base begins; where the archive begins with the base, that moment is not in it.
        Lsn map = Lsn.Parse(first.Map.Lsn), start = Lsn.Parse(first.Facts.StartLsn);
        foreach (Lsn from in (Lsn[])[map, start])
        {
            var best = lines.Select(l => (Line: l, Reach: l.Reach(first.Facts.Timeline, from, options.Timeline))).Where(l => l.Reach is not null).OrderByDescending(l => l.Reach!.End).FirstOrDefault();
            if (best.Reach is { } reach) return (from, reach, best.Line);
        }

        throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.NoWal, first.Id, first.Facts.StopLsn)) { Subject = options.Table, Hint = OperationsTexts.WalSegmentMissingHint };
    }

    private static List<(uint Timeline, Lsn From)> Way(WalTimeline line, uint first, uint last)
    {
        List<(uint, Lsn)> way = [];
        for (uint at = last; at != first;)
        {
            WalFork fork = line.Forks.Single(f => f.Timeline == at);
            way.Insert(0, (at, fork.At));
            at = (uint)fork.Parent;
        }

        way.Insert(0, (first, new Lsn(0)));
        return way;
    }

    private static string Moment(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
