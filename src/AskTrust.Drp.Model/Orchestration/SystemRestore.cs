namespace AskTrust.Drp;

/// <summary>Options of <c>Restore-DrpSystem</c>.</summary>
public sealed record SystemRestoreOptions
{
    /// <summary>Set id; <c>latest</c> (default) = of each component the newest set that has it.</summary>
    public string Id { get; init; } = "latest";

    /// <summary>In place of a set in a repository: a folder that holds one, or an archive of such a folder (<c>.tar</c>, also compressed, also encrypted).</summary>
    public string? Path { get; init; }

    /// <summary>Repository to read from; null = the first that has it.</summary>
    public string? Repository { get; init; }

    /// <summary>Only these components or types of components; empty = all of the plan that are in the set.</summary>
    public IReadOnlyList<string> Only { get; init => field = Listed.Of(value); } = [];

    /// <summary>All but these.</summary>
    public IReadOnlyList<string> Except { get; init => field = Listed.Of(value); } = [];

    /// <summary>Compose project; null = that of the plan's components.</summary>
    public string? Project { get; init; }

    /// <summary>Compose file to make the containers from when they are gone; null = the one among the plan's components.</summary>
    public string? ComposeFile { get; init; }

    /// <summary>Leaves the services running. Default false.</summary>
    public bool NoStop { get; init; }

    /// <summary>Leaves the services stopped at the end. Default false.</summary>
    public bool NoStart { get; init; }

    /// <summary>Reason for going without a safety backup, recorded as evidence; null = what is replaced is saved first.</summary>
    public string? NoSafetyReason { get; init; }

    /// <summary>How long a service gets to end by itself before it is killed; null = what its container says (<c>stop_grace_period</c>), else 10 s.</summary>
    public TimeSpan? StopTimeout { get; init; }

    /// <summary>How long each service gets to become well. Default 5 minutes.</summary>
    public TimeSpan HealthTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The operator was asked, and has said yes as far as nothing is production.</summary>
    public bool Asked { get; init; }

    /// <summary>The operator has already said yes, to production, too.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Only shows each step.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What became of one component.</summary>
public sealed record SystemPartOutcome
{
    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Its type.</summary>
    public required string Type { get; init; }

    /// <summary>Set it comes from.</summary>
    public required string SetId { get; init; }

    /// <summary>Moment of that set (UTC).</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Bytes before compression and encryption.</summary>
    public long Bytes { get; init; }

    /// <summary>How it ended: succeeded, failed, skipped (put back, or never begun), planned.</summary>
    public RunStatus Status { get; init; }

    /// <summary>Id of its own restore; for <c>Undo-DrpRestore</c>.</summary>
    public string? RestoreId { get; init; }

    /// <summary>Safety set taken of what was there.</summary>
    public string? SafetyId { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan? Elapsed { get; init; }
}

/// <summary>What <c>Restore-DrpSystem</c> did.</summary>
public sealed record SystemRestoreReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Id of the run; for going on with it, and for taking it back.</summary>
    public required string SystemId { get; init; }

    /// <summary>How it ended; incomplete when everything is restored, but a service is not well.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Compose project; null when the plan has none.</summary>
    public string? Project { get; init; }

    /// <summary>True when the containers were made anew, because they or their services were gone.</summary>
    public bool Rebuilt { get; init; }

    /// <summary>Each component, in the order in which they are restored.</summary>
    public IReadOnlyList<SystemPartOutcome> Components { get; init => field = Listed.Of(value); } = [];

    /// <summary>Each service after its start.</summary>
    public IReadOnlyList<ServiceOutcome> Services { get; init => field = Listed.Of(value); } = [];

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Seconds phase by phase.</summary>
    public IReadOnlyList<PhaseTiming> Phases { get; init => field = Listed.Of(value); } = [];

    /// <summary>In a dry run: each step that would be done.</summary>
    public IReadOnlyList<string> Steps { get; init => field = Listed.Of(value); } = [];

    /// <summary>Warnings.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];
}
