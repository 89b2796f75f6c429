using AskTrust.Drp.Engine.Catalog;

namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>How long something will take, from what the ledger measured: the median of the newest five, scaled by how the component has grown since.</summary>
/// <param name="Time">The prediction.</param>
/// <param name="Measurements">How many it rests on.</param>
/// <param name="Newest">When the newest of them was made.</param>
internal sealed record Prediction(TimeSpan Time, int Measurements, DateTimeOffset Newest);

/// <summary>Predicts durations from the evidence ledger; never from anything else.</summary>
/// <param name="records">The ledger.</param>
/// <param name="snapshot">The repositories, for the sizes of sets; null = none answered.</param>
internal sealed class Forecast(IReadOnlyList<EvidenceRecord> records, CatalogSnapshot? snapshot)
{
    private const int Most = 5;

    /// <summary>Phases that do not grow with the data, or are no part of a recovery.</summary>
    private static readonly string[] s_fixed = ["start"];

    /// <summary>A restore of a set of the component: what restores took; without any, what restore tests took.</summary>
    public Prediction? OfSet(string component, CatalogSet set) => OfSets(component, set.Set, SetId.Full, r => !r.Facts.ContainsKey("recovery target"));

    /// <summary>A return to a moment, which begins with a base.</summary>
    public Prediction? OfPointInTime(string component) =>
        snapshot?.Sets.FirstOrDefault(s => s.Id.Kind == SetId.Base && s.Set.Components.Contains(component)) is { } set ? OfSets(component, set.Set, SetId.Base, _ => true) : null;

    /// <summary>An undo of a table: what those took; without any, a return to a moment, which is the most of it.</summary>
    public Prediction? OfTable(string component) => Median(Of("restore-table", r => Belongs(r, component)).Select(r => (r, r.Seconds))) ?? OfPointInTime(component);

    /// <summary>A restore of everything: what those took that brought all these components back. One of a part tells nothing of the whole.</summary>
    public Prediction? OfSystem(IReadOnlyCollection<string> components) => Median(Of("restore-system", r =>
    {
        string[] restored = [.. r.Facts.GetValueOrDefault("components", "").Split(", ").Where(c => c.EndsWith($" {RunStatus.Succeeded}", StringComparison.Ordinal)).Select(c => c.Split(' ')[0])];
        return components.All(c => restored.Contains(c, StringComparer.Ordinal));
    }).Select(r => (r, r.Seconds)));

    /// <summary>Whatever is recorded under a name and a subject, as long as it took.</summary>
    public Prediction? OfOperation(string operation, string? subject) => Median(Of(operation, r => subject is null || r.Subject == subject).Select(r => (r, r.Seconds)));

    private Prediction? OfSets(string component, BackupSet set, string kind, Func<EvidenceRecord, bool> fits)
    {
        bool IsKind(string id) => SetId.TryParse(id, out SetId parsed) && parsed.Kind == SetId.Base == (kind == SetId.Base);
        var restores = Of("restore", r => Belongs(r, component) && r.Facts.TryGetValue("source", out string? source) && IsKind(source) && fits(r));
        return Median(restores.Select(r => (r, Scaled(r, component, r.Facts["source"], set))))
            ?? Median(Of("restore-test", r => Belongs(r, component) && IsKind(r.Subject)).Select(r => (r, Scaled(r, component, r.Subject, set))));
    }

    private IEnumerable<EvidenceRecord> Of(string operation, Func<EvidenceRecord, bool> fits) =>
        records.Where(r => r.Operation == operation && r.Status == RunStatus.Succeeded && fits(r)).OrderByDescending(r => r.Started).Take(Most);

    private static bool Belongs(EvidenceRecord record, string component) => record.Facts.TryGetValue("component", out string? of) ? of == component : record.Subject == component;

    /// <summary>The seconds of then for the size of now; a set that is gone tells no size, so its seconds stay as they are.</summary>
    private double Scaled(EvidenceRecord record, string component, string id, BackupSet now)
    {
        double control = record.Phases.Where(p => p.Name == RestoreTestResult.NegativeControlPhase).Sum(p => p.Elapsed.TotalSeconds);
        double still = record.Phases.Where(p => s_fixed.Contains(p.Name, StringComparer.Ordinal)).Sum(p => p.Elapsed.TotalSeconds);
        BackupSet? then = snapshot?.Sets.FirstOrDefault(s => s.Set.Id == id)?.Set;
        double ratio = then is not null && Size(then, component) is > 0 and var old ? (double)Size(now, component) / old : 1;
        return still + (Math.Max(0, record.Seconds - control - still) * ratio);
    }

    private static long Size(BackupSet set, string component) => set.Artifacts.Where(a => a.Component == component).Sum(a => a.PlainSize);

    private static Prediction? Median(IEnumerable<(EvidenceRecord Record, double Seconds)> measured)
    {
        var all = measured.OrderBy(m => m.Seconds).ToList();
        return all.Count == 0 ? null : new Prediction(TimeSpan.FromSeconds(all[all.Count / 2].Seconds), all.Count, all.Max(m => m.Record.Started));
    }
}
