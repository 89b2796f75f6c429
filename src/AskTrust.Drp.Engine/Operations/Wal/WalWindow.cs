using System.Globalization;
using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Tells, for each component and repository, to which moments one can return, and what is missing.</summary>
internal sealed class WalWindow(OperationContext context)
{
    /// <summary>One result for each server of a component and each repository. Reads listings and manifests only.</summary>
    /// <param name="component">Only this component; null = all that have point-in-time recovery.</param>
    /// <param name="ct">Cancels.</param>
    public async IAsyncEnumerable<RecoveryWindow> RunAsync(string? component, [EnumeratorCancellation] CancellationToken ct)
    {
        if (component is not null) WalComponent.Find(context, component);
        var archive = new WalArchive(context.Catalog, context.Plan.Compression, null);
        CatalogSnapshot? snapshot = null;
        foreach (PostgreSqlPlan plan in WalComponent.All(context.Plan).Where(c => component is null || c.Name == component))
        {
            snapshot ??= await new CatalogReader(context.Catalog).ReadAsync(ct).ConfigureAwait(false);
            foreach (RepositorySnapshot repository in snapshot.Repositories)
            {
                WalListing listing = await archive.ListAsync(repository.Repository, null, ct).ConfigureAwait(false);
                RecoveryWindow blank = new() { Plan = context.Plan.Path, Component = plan.Name, Repository = repository.Repository.Name, SystemIdentifier = "" };
                if ((listing.Error ?? repository.Error) is { } error)
                {
                    yield return blank with { Message = error.Message, Code = error.Code };
                    continue;
                }

                WalServer[] servers = [.. listing.Servers.Where(s => s.Component == plan.Name)];
                if (servers.Length == 0) yield return blank;
                IReadOnlyList<WalBase> bases = servers.Length == 0 ? [] : await WalBases.ReadAsync(context.Catalog, repository, plan.Name, ct).ConfigureAwait(false);
                servers = InTheirOrder(servers, listing, bases);
                foreach (var (server, next) in servers.Zip(servers.Skip(1).Append(null)))
                    yield return Of(blank, listing, server!, bases) with { FollowedBy = next?.System.ToString(CultureInfo.InvariantCulture) };
            }
        }
    }

    /// <summary>The one that last wrote something comes last: an upgrade that was taken back makes the former server today's again. One that has written nothing yet is newer still.</summary>
    private static WalServer[] InTheirOrder(WalServer[] servers, WalListing listing, IReadOnlyList<WalBase> bases) => [.. servers.OrderBy(s =>
        listing.Objects.Where(o => o.System == s.System).Select(o => o.Modified).Concat(bases.Where(b => b.System == s.System).Select(b => b.Stopped)).DefaultIfEmpty(DateTimeOffset.MaxValue).Max())];

    private static RecoveryWindow Of(RecoveryWindow blank, WalListing listing, WalServer server, IReadOnlyList<WalBase> bases)
    {
        WalTimeline line = WalTimeline.Of(listing, server.System, server.SegmentSize);
        List<(WalBase Base, WalReach Reach)> usable = [.. bases.Where(b => b.System == server.System)
            .Select(b => (Base: b, Reach: line.Reach(b.Timeline, b.Stop))).Where(b => b.Reach is not null).Select(b => (b.Base, b.Reach!))];
        WalReach? furthest = usable.Select(u => u.Reach).MaxBy(r => r.End);
        WalObject[] own = [.. listing.Objects.Where(o => o.System == server.System)];
        return blank with
        {
            SystemIdentifier = server.System.ToString(CultureInfo.InvariantCulture),
            Version = server.Major,
            Earliest = usable.Count == 0 ? null : usable[0].Base.Stopped,
            EarliestLsn = usable.Count == 0 ? null : usable[0].Base.Stop,
            // Without a commit behind it, the base itself is the last moment known.
            Latest = furthest is null ? null : furthest.LastCommit is { } commit && commit > usable[^1].Base.Stopped ? commit : usable[^1].Base.Stopped,
            LatestLsn = furthest?.End,
            Timeline = furthest?.Timeline,
            Bases = [.. usable.Select(u => u.Base.Id)],
            Ranges = line.Ranges,
            Gaps = line.Gaps,
            Forks = line.Forks,
            Segments = own.Count(o => o.Name.Kind == WalKind.Segment),
            Bytes = own.Sum(o => o.Size),
        };
    }
}
