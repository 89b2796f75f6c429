namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>Everything known of one component when the ways to recover it are weighed.</summary>
/// <param name="Plan">The component.</param>
/// <param name="Points">To what it can be brought back.</param>
/// <param name="Findings">What is wrong with it.</param>
/// <param name="Server">Its PostgreSQL server; null for other kinds.</param>
/// <param name="Standby">A standby that could take over; null = none.</param>
/// <param name="Accidents">What the archived WAL tells of lost tables, or of the database.</param>
/// <param name="Objective">Objectives of its class; null = none.</param>
/// <param name="Now">When it was looked at.</param>
internal sealed record Situation(
    ComponentPlan Plan, RecoveryPoints Points, IReadOnlyList<DamageFinding> Findings, ServerState? Server, NodeStatus? Standby, IReadOnlyDictionary<string, RecoveryPointCandidate> Accidents,
    ObjectivePlan? Objective, DateTimeOffset Now)
{
    /// <summary>When the damage began; null when nothing tells.</summary>
    public DateTimeOffset? Since => Findings.Where(f => f.Verdict == CheckVerdict.Failed).Min(f => f.Since);

    /// <summary>Until when the component took writes: a server that is down takes none since.</summary>
    public DateTimeOffset End => Server is { IsUp: false } ? Since ?? Now : Now;

    /// <summary>What is lost by returning to a moment.</summary>
    public TimeSpan? LossTo(DateTimeOffset? moment) => moment is { } to ? (End > to ? End - to : TimeSpan.Zero) : null;

    /// <summary>True when something of that kind is wrong.</summary>
    public bool Has(params DamageKind[] kinds) => Findings.Any(f => kinds.Contains(f.Kind));

    /// <summary>How it stands, for the report.</summary>
    public ComponentDamage Summary() => new()
    {
        Component = Plan.Name, Type = Plan.Type, Since = Since, RecoverableFrom = Points.Earliest, RecoverableTo = Points.Latest, Loss = LossTo(Points.Latest),
        Verdict = Findings.Select(f => f.Verdict).DefaultIfEmpty(CheckVerdict.Ok).Max(v => v == CheckVerdict.Failed ? 2 : v == CheckVerdict.Warning ? 1 : 0) switch { 2 => CheckVerdict.Failed, 1 => CheckVerdict.Warning, _ => CheckVerdict.Ok },
        ObjectiveRpo = Objective?.Rpo, ObjectiveRto = Objective?.Rto,
    };
}
