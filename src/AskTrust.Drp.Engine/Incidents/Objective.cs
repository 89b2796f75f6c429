namespace AskTrust.Drp.Engine.Incidents;

/// <summary>How a measured time stands against its objective.</summary>
internal enum ObjectiveState
{
    /// <summary>Measured, and within the objective.</summary>
    Met,

    /// <summary>Measured, and over the objective.</summary>
    Breached,

    /// <summary>Measured, but the plan has no objective.</summary>
    NoObjective,

    /// <summary>Not measured: never counted as met.</summary>
    NotMeasured,
}

/// <summary>A measured time and its objective.</summary>
internal sealed record Objective(TimeSpan? Measured, TimeSpan? Limit)
{
    /// <summary>How it stands.</summary>
    public ObjectiveState State => this switch
    {
        { Measured: null } => ObjectiveState.NotMeasured,
        { Limit: null } => ObjectiveState.NoObjective,
        _ => Measured <= Limit ? ObjectiveState.Met : ObjectiveState.Breached,
    };

    /// <summary>Share of the objective used up; null unless both are known.</summary>
    public double? Used => Measured is { } measured && Limit is { } limit && limit > TimeSpan.Zero ? measured / limit : null;

    /// <summary>Recovery time. A failed test has measured none: nothing was recovered.</summary>
    public static Objective Rto(RestoreTestResult result) => new(Proves(result) ? result.RecoveryTime : null, result.ObjectiveRto);

    /// <summary>Recovery point.</summary>
    public static Objective Rpo(RestoreTestResult result) => new(result.MeasuredRpo, result.ObjectiveRpo);

    /// <summary>True when the test proves that the set restores.</summary>
    public static bool Proves(RestoreTestResult result) => result.Verdict is CheckVerdict.Ok or CheckVerdict.Warning && result.NegativeControl is not false;
}
