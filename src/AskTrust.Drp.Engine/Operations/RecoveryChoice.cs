using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>The base that a recovery begins with, and what is known of the way to the target.</summary>
internal sealed record RecoveryChoice
{
    /// <summary>The set.</summary>
    public required SetId Id { get; init; }

    /// <summary>Where its files are read.</summary>
    public required IRepository Repository { get; init; }

    /// <summary>Where the WAL is read: in every repository, or in the one that was named, so that one lost for good holds up nothing.</summary>
    public required CatalogContext Wal { get; init; }

    /// <summary>Its manifest.</summary>
    public required SealedManifest Manifest { get; init; }

    /// <summary>The component in it.</summary>
    public required ComponentFacts Component { get; init; }

    /// <summary>Timeline the recovery ends on.</summary>
    public required uint Timeline { get; init; }

    /// <summary>How far the archive reaches; null = no archived WAL is used.</summary>
    public WalReach? Reach { get; init; }

    /// <summary>See <see cref="Components.PostgreSql.Physical.RecoveryPlan.EndIsEnough"/>.</summary>
    public bool EndIsEnough { get; init; }

    /// <summary>What an operator should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The sets that the base builds on, the full one first; none = it holds everything.</summary>
    public IReadOnlyList<BaseSet> Parents { get; init; } = [];

    /// <summary>Everything to extract, in order.</summary>
    public IEnumerable<BaseSet> Sets => [.. Parents, new BaseSet(Id, Manifest, Component)];

    /// <summary>Facts of the database and its cluster.</summary>
    public PostgreSqlFacts Facts => Component.PostgreSql!;

    /// <summary>Facts of the base.</summary>
    public BaseBackupFacts Base => Component.PostgreSql!.Base!;

    /// <summary>The server.</summary>
    public ulong System => ulong.Parse(Component.PostgreSql!.SystemIdentifier ?? "0", CultureInfo.InvariantCulture);

    /// <summary>Most bytes that a tablespace will have when extracted; of null, the data directory. A block of the result comes from one of the sets.</summary>
    public long SizeOf(uint? space) => Sets.Sum(s => s.SizeOf(space));

    /// <summary>Most bytes the cluster will have when extracted.</summary>
    public long PlainSize => Sets.Sum(s => s.PlainSize);

    /// <summary>Bytes needed for a while to put the cluster together from its sets.</summary>
    public long WorkSize => Parents.Count == 0 ? 0 : PlainSize;
}

/// <summary>Chooses the base for a target, and refuses targets that the repositories do not hold, before anything is touched.</summary>
internal sealed class RecoveryChooser(OperationContext context, IEncryption? encryption)
{
    /// <summary>Chooses.</summary>
    /// <param name="target">Target.</param>
    /// <param name="id">A certain base; null (or <c>latest</c>) = the newest that comes before the target.</param>
    /// <param name="component">Component; null = the only one.</param>
    /// <param name="repository">Repository to read from, base and WAL; null = the base from the first that has it, the WAL from any.</param>
    /// <param name="timeline">Timeline to end on; null = the newest that descends from the base.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: too early, too late, in a gap, on a timeline that is not there.</exception>
    public async Task<RecoveryChoice> ChooseAsync(RecoveryTarget target, string? id, string? component, string? repository, uint? timeline, CancellationToken ct)
    {
        CatalogContext catalog = repository is not null && context.Catalog.Repositories.FirstOrDefault(r => r.Name == repository) is { } only ? context.Catalog with { Repositories = [only] } : context.Catalog;
        CatalogSnapshot snapshot = await new CatalogReader(catalog).ReadAsync(ct).ConfigureAwait(false);
        foreach (string warning in snapshot.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        bool any = id is null || id.Equals("latest", StringComparison.OrdinalIgnoreCase);
        var filter = new BackupFilter { Kind = SetId.Base, Component = component, Repository = repository, Ids = any ? [] : [id!] };
        IReadOnlyList<CatalogSet> sets = SetFilter.Apply(snapshot.Sets, filter);
        if (sets.Count == 0)
        {
            if (!any && CatalogReader.Unfit(snapshot, id!) is { } unfit) throw unfit;
            throw new DrpException(DrpError.RepositoryMissing, any ? OperationsTexts.NoBase : Text.Of(OperationsTexts.NoSuchBase, id)) { Subject = id, Hint = OperationsTexts.NoBaseHint };
        }

        RecoveryChoice? oldest = null;
        foreach (CatalogSet set in sets)
        {
            RecoveryChoice choice = await OpenAsync(catalog, snapshot, set, component, repository, ct).ConfigureAwait(false);
            if (!IsBefore(choice.Base, target))
            {
                oldest = choice;
                continue;
            }

            return target.Kind == RecoveryTargetKind.Immediate ? choice : await CheckAsync(choice, target, timeline, ct).ConfigureAwait(false);
        }

        throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.TooEarly, target, Moment(oldest!.Base.Stopped), oldest.Base.StopLsn, oldest.Id))
        {
            Subject = target.ToString(), Hint = OperationsTexts.WindowHint,
        };
    }

    private static bool IsBefore(BaseBackupFacts held, RecoveryTarget target) => target.Kind switch
    {
        RecoveryTargetKind.Time => held.Stopped <= target.Time,
        RecoveryTargetKind.Lsn => Lsn.Parse(held.StopLsn) <= target.Lsn!.Value,
        // Where a transaction or a name is, only the WAL knows: the newest base, or the one asked for.
        _ => true,
    };

    private async Task<RecoveryChoice> OpenAsync(CatalogContext catalog, CatalogSnapshot snapshot, CatalogSet set, string? component, string? repository, CancellationToken ct)
    {
        IRepository from = SetChoice.Repository(context, snapshot, set, repository);
        ManifestReading reading = await ManifestStore.ReadAsync(context.Catalog, from, set.Id, ct).ConfigureAwait(false);
        foreach (string warning in reading.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        string name = Selection.Component([.. reading.Manifest.Components.Select(c => c.Component)], component, set.Id.ToString());
        ComponentFacts facts = reading.Manifest.Components.Single(c => c.Component == name);
        if (facts.PostgreSql?.Base is not { } held) throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.NotABase, set.Id)) { Subject = set.Set.Id };
        return new RecoveryChoice
        {
            Id = set.Id, Repository = from, Wal = catalog, Manifest = reading.Sealed, Component = facts, Timeline = held.Timeline, Warnings = [.. facts.Warnings],
            Parents = await ParentsAsync(from, set.Id, name, held, ct).ConfigureAwait(false),
        };
    }

    /// <summary>The sets it builds on, each as it was when this one was made.</summary>
    private async Task<IReadOnlyList<BaseSet>> ParentsAsync(IRepository from, SetId id, string component, BaseBackupFacts held, CancellationToken ct)
    {
        List<BaseSet> parents = [];
        foreach (ChainLink link in held.Chain ?? [])
        {
            SetId before = SetId.Parse(link.Set);
            ManifestReading reading = await ManifestStore.ReadAsync(context.Catalog, from, before, ct).ConfigureAwait(false);
            ComponentFacts? facts = reading.Manifest.Components.FirstOrDefault(c => c.Component == component && c.PostgreSql?.Base is not null);
            if (facts is null || reading.Sealed.Sha256 != link.Manifest) throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.ChainOther, id, link.Set)) { Subject = link.Set };
            parents.Add(new BaseSet(before, reading.Sealed, facts));
        }

        return parents;
    }

    private async Task<RecoveryChoice> CheckAsync(RecoveryChoice choice, RecoveryTarget target, uint? asked, CancellationToken ct)
    {
        var listings = await new WalArchive(choice.Wal, context.Plan.Compression, encryption).ListAsync(choice.System, ct).ConfigureAwait(false);
        if (listings.All(l => l.Error is not null)) throw listings[0].Error!;
        List<string> warnings = [.. choice.Warnings, .. listings.Where(l => l.Error is not null).Select(l => Text.Of(OperationsTexts.WalNotListed, l.Repository.Name, l.Error!.Message))];
        Lsn from = Lsn.Parse(choice.Base.StopLsn);
        var known = listings.Where(l => l.Error is null).Select(l => (Listing: l, Line: WalTimeline.Of(l, choice.System, (int)choice.Base.SegmentSize))).ToList();
        var best = known.Select(k => (k.Listing, k.Line, Reach: k.Line.Reach(choice.Base.Timeline, from, asked))).Where(k => k.Reach is not null).OrderByDescending(k => k.Reach!.End).FirstOrDefault();
        if (best.Reach is not { } reach)
        {
            string message = asked is { } wanted && known.Exists(k => k.Line.Reach(choice.Base.Timeline, from) is not null)
                ? Text.Of(OperationsTexts.WrongTimeline, wanted, choice.Id, choice.Base.Timeline, string.Join(", ", known.SelectMany(k => k.Line.Ranges.Select(r => r.Timeline)).Distinct().Order()))
                : Text.Of(OperationsTexts.NoWal, choice.Id, choice.Base.StopLsn);
            throw new DrpException(DrpError.RepositoryMissing, message) { Subject = target.ToString(), Hint = OperationsTexts.NoWalHint };
        }

        DateTimeOffset shipped = best.Listing.Objects.Where(o => o.Name.Timeline == reach.Timeline && o.Name.Segment is { } s && s.Start((int)choice.Base.SegmentSize) < reach.End)
            .Select(o => o.Modified).DefaultIfEmpty(choice.Base.Stopped).Max();
        bool covered = target.Kind switch
        {
            RecoveryTargetKind.Lsn => reach.End >= target.Lsn,
            // What was shipped later than the moment holds every commit before it.
            RecoveryTargetKind.Time => reach.LastCommit >= target.Time || (reach.Complete && shipped >= target.Time),
            _ => true,
        };
        if (!covered) throw NotCovered(target, reach, best.Line, shipped);
        if (!reach.Complete && target.Kind == RecoveryTargetKind.Latest) warnings.Add(Text.Of(OperationsTexts.EndsInGap, reach.End, Commit(reach)));
        if (target.Kind == RecoveryTargetKind.Latest && best.Listing.Servers.LastOrDefault(s => s.Component == choice.Component.Component) is { } newest && newest.System != choice.System)
            warnings.Add(Text.Of(OperationsTexts.NewerServer, newest));
        return choice with { Timeline = reach.Timeline, Reach = reach, EndIsEnough = target.Kind == RecoveryTargetKind.Time && reach.Complete && shipped >= target.Time, Warnings = warnings };
    }

    private static DrpException NotCovered(RecoveryTarget target, WalReach reach, WalTimeline line, DateTimeOffset shipped)
    {
        WalGap? gap = reach.Complete ? null : line.Gaps.FirstOrDefault(g => g.Start == reach.End);
        string message = gap is null
            ? Text.Of(OperationsTexts.TooLate, target, Commit(reach), reach.End, Moment(shipped))
            : Text.Of(OperationsTexts.InAGap, target, reach.End, gap.End, gap.First, Commit(reach));
        return new DrpException(DrpError.RepositoryMissing, message) { Subject = target.ToString(), Hint = OperationsTexts.WindowHint };
    }

    private static string Commit(WalReach reach) => reach.LastCommit is { } at ? Moment(at) : "?";

    private static string Moment(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
