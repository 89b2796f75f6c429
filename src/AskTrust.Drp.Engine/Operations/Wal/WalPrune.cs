using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Deletes WAL that no base backup needs any more; runs after sets were thinned out.</summary>
internal sealed class WalPrune(OperationContext context, RetentionOptions options)
{
    /// <summary>One decision for each component and repository where something goes.</summary>
    public async IAsyncEnumerable<RetentionDecision> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        PostgreSqlPlan[] components = [.. WalComponent.All(context.Plan)];
        if (components.Length == 0) yield break;
        IRepository[] chosen = [.. context.Catalog.Writable.Where(r => options.Repositories.Count == 0 || options.Repositories.Contains(r.Name))];
        LeaseGroup leases = options.DryRun ? new() : await new LeaseKeeper(context.Catalog).AcquireAllAsync(chosen, LeaseMode.Delete, "retention", ct).ConfigureAwait(false);
        await using var _ = leases.ConfigureAwait(false);
        CatalogSnapshot snapshot = await new CatalogReader(context.Catalog).ReadAsync(ct).ConfigureAwait(false);
        foreach (PostgreSqlPlan component in components)
        {
            foreach (RepositorySnapshot repository in snapshot.Repositories.Where(r => chosen.Contains(r.Repository) && r.Error is null && !leases.Failed.ContainsKey(r.Repository)))
            {
                if (await PruneAsync(component, repository, leases, ct).ConfigureAwait(false) is { } decision) yield return decision;
            }
        }
    }

    private async Task<RetentionDecision?> PruneAsync(PostgreSqlPlan component, RepositorySnapshot repository, LeaseGroup leases, CancellationToken ct)
    {
        RetentionDecision decision = new()
        {
            Plan = context.Plan.Path, Id = $"wal/{component.Name}", Repository = repository.Repository.Name, Action = RetentionAction.Delete, Reasons = [OperationsTexts.WalUnneeded], Planned = options.DryRun,
        };
        try
        {
            WalListing listing = await new WalArchive(context.Catalog, context.Plan.Compression, null).ListAsync(repository.Repository, null, ct).ConfigureAwait(false);
            if (listing.Error is { } error) throw error;
            IReadOnlyList<WalBase> bases = await WalBases.ReadAsync(context.Catalog, repository, component.Name, ct).ConfigureAwait(false);
            List<WalObject> goes = [.. WalRetention.Outgrown(listing.Objects)];
            List<string> records = [];
            DateTimeOffset now = context.Clock.GetUtcNow();
            TimeSpan window = component.PointInTime!.Window;
            foreach (WalServer server in listing.Servers.Where(s => s.Component == component.Name))
            {
                if (WalRetention.Anchor(bases, server.System, now, window) is { } anchor) goes.AddRange(WalRetention.Superfluous(listing.Objects, anchor, server.SegmentSize));
                else if (WalRetention.IsOver(listing.Objects, bases, server.System, now, window))
                {
                    goes.AddRange(listing.Objects.Where(o => o.System == server.System));
                    records.AddRange([.. listing.Holes.Where(h => h.System == server.System).Select(h => h.Key), context.Catalog.Keys.WalServer(server)]);
                }
            }

            if (goes.Count == 0) return null;
            bool retained = false;
            foreach (string key in options.DryRun ? [] : goes.Select(o => o.Key).Distinct(StringComparer.Ordinal).Concat(records))
            {
                // The record of a server last, and only when nothing of its WAL is left: without it, nobody would look for the rest.
                if (retained && records.Contains(key, StringComparer.Ordinal)) break;
                leases.Check(repository.Repository);
                retained |= await repository.Repository.DeleteAsync(key, ct).ConfigureAwait(false) == DeleteOutcome.Retained;
            }

            return decision with { Action = retained ? RetentionAction.Retained : RetentionAction.Delete, Bytes = goes.DistinctBy(o => o.Key).Sum(o => o.Size), Message = Text.Of(OperationsTexts.WalFiles, goes.Count) };
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e))
        {
            return decision with { Action = RetentionAction.Failed, Message = e.Message };
        }
    }
}
