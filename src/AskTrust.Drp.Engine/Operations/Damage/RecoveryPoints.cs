using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>To what a component can be brought back.</summary>
internal sealed record RecoveryPoints
{
    /// <summary>Newest set with it that is no base and no safety backup; null = none.</summary>
    public CatalogSet? Newest { get; init; }

    /// <summary>Newest of these that a restore test has proven; null = none.</summary>
    public CatalogSet? Proven { get; init; }

    /// <summary>Oldest of these.</summary>
    public DateTimeOffset? Oldest { get; init; }

    /// <summary>What the manifest of <see cref="Newest"/> says of it; null when it could not be read.</summary>
    public ComponentFacts? Facts { get; init; }

    /// <summary>The window that goes furthest; null without point-in-time recovery.</summary>
    public RecoveryWindow? Window { get; init; }

    /// <summary>The set one would take: the proven one, unless it is older than the newest by more than the objective allows.</summary>
    public CatalogSet? Best(TimeSpan? rpo) => Proven is null || (Newest!.Set.Time - Proven.Set.Time > (rpo ?? TimeSpan.MaxValue)) ? Newest : Proven;

    /// <summary>Latest moment that is in a backup: the canary's where there is one.</summary>
    public DateTimeOffset? Latest
    {
        get
        {
            DateTimeOffset? set = Facts?.PostgreSql?.Canary ?? Newest?.Set.Time;
            return Window?.Latest is { } wal && !(set > wal) ? wal : set;
        }
    }

    /// <summary>Earliest moment one can return to.</summary>
    public DateTimeOffset? Earliest => Window?.Earliest is { } wal && !(Oldest < wal) ? wal : Oldest;

    /// <summary>Reads them for every component.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="snapshot">The repositories; null = none answered.</param>
    /// <param name="component">The component.</param>
    /// <param name="unknown">Gets what could not be read.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<RecoveryPoints> ReadAsync(OperationContext context, CatalogSnapshot? snapshot, ComponentPlan component, Action<string> unknown, CancellationToken ct)
    {
        if (snapshot is null) return new RecoveryPoints();
        CatalogSet[] sets = [.. snapshot.Sets.Where(s => s.Id.Kind is not (SetId.Base or SetId.Safety) && s.Set.Components.Contains(component.Name))];
        return new RecoveryPoints
        {
            Newest = sets.FirstOrDefault(),
            Proven = Array.Find(sets, s => snapshot.ProvenComponents(s.Id).ContainsKey(component.Name)),
            Oldest = sets.LastOrDefault()?.Set.Time,
            Facts = sets.Length == 0 ? null : await FactsAsync(context, sets[0], component.Name, unknown, ct).ConfigureAwait(false),
            Window = component is PostgreSqlPlan { PointInTime: not null } ? await WindowAsync(context, component.Name, unknown, ct).ConfigureAwait(false) : null,
        };
    }

    private static async Task<ComponentFacts?> FactsAsync(OperationContext context, CatalogSet set, string component, Action<string> unknown, CancellationToken ct)
    {
        try
        {
            var (_, reading) = await ManifestStore.ReadAnyAsync(context.Catalog, set.Copies.Select(c => c.Repository), set.Id, ct).ConfigureAwait(false);
            return reading.Manifest.Components.FirstOrDefault(c => c.Component == component);
        }
        catch (DrpException e)
        {
            unknown(e.Message);
            return null;
        }
    }

    private static async Task<RecoveryWindow?> WindowAsync(OperationContext context, string component, Action<string> unknown, CancellationToken ct)
    {
        RecoveryWindow? best = null;
        try
        {
            await foreach (RecoveryWindow window in new WalWindow(context).RunAsync(component, ct).ConfigureAwait(false))
            {
                if (window.Latest is not null && !(best?.Latest >= window.Latest)) best = window;
            }
        }
        catch (DrpException e)
        {
            unknown(e.Message);
        }

        return best;
    }
}
