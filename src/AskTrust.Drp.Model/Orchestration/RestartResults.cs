namespace AskTrust.Drp;

/// <summary>Options of <c>Restart-DrpService</c>.</summary>
public sealed record ServiceRestartOptions
{
    /// <summary>Services to restart; none = all of the project.</summary>
    public IReadOnlyList<string> Services { get; init => field = Listed.Of(value); } = [];

    /// <summary>Compose project; null = the one of the plan's components, else the only one on the engine.</summary>
    public string? Project { get; init; }

    /// <summary>Also restarts the services that need the named ones. Default false.</summary>
    public bool Dependents { get; init; }

    /// <summary>How long a service gets to end by itself before it is killed; null = what its container says (<c>stop_grace_period</c>), else 10 s.</summary>
    public TimeSpan? StopTimeout { get; init; }

    /// <summary>How long each service gets to become well. Default 5 minutes.</summary>
    public TimeSpan HealthTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Only shows the order.</summary>
    public bool DryRun { get; init; }
}

/// <summary>A service of a Compose project at one moment.</summary>
public sealed record ServiceSnapshot
{
    /// <summary>Service.</summary>
    public required string Service { get; init; }

    /// <summary>Its containers, by name, with commas; <c>–</c> when it has none.</summary>
    public required string Container { get; init; }

    /// <summary>What it does; of several containers the worst.</summary>
    public required ContainerState State { get; init; }

    /// <summary>What its health check says; of several containers the worst.</summary>
    public ContainerHealth Health { get; init; }

    /// <summary>Image it was started from.</summary>
    public string Image { get; init; } = "";

    /// <summary>Digest of that image.</summary>
    public string ImageDigest { get; init; } = "";

    /// <summary>When it was last started (UTC).</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Exit code of its last run.</summary>
    public int ExitCode { get; init; }

    /// <summary>Names of its volumes.</summary>
    public IReadOnlyList<string> Volumes { get; init => field = Listed.Of(value); } = [];
}

/// <summary>What became of one service.</summary>
public sealed record ServiceOutcome
{
    /// <summary>Service.</summary>
    public required string Service { get; init; }

    /// <summary>How it ended: succeeded, failed, or skipped because something it needs is not well.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Before.</summary>
    public required ServiceSnapshot Before { get; init; }

    /// <summary>After; null in a dry run.</summary>
    public ServiceSnapshot? After { get; init; }

    /// <summary>From the order to stop until it had ended.</summary>
    public TimeSpan? Stop { get; init; }

    /// <summary>From its start until it was well.</summary>
    public TimeSpan? Start { get; init; }

    /// <summary>What went wrong.</summary>
    public string? Message { get; init; }
}

/// <summary>What <c>Restart-DrpService</c> did.</summary>
public sealed record ServiceRestartReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Compose project.</summary>
    public required string Project { get; init; }

    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Each service, in the order in which they start.</summary>
    public IReadOnlyList<ServiceOutcome> Services { get; init => field = Listed.Of(value); } = [];

    /// <summary>Volumes that were there before and, the very same ones, after.</summary>
    public IReadOnlyList<string> Volumes { get; init => field = Listed.Of(value); } = [];

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Seconds phase by phase: look, stop, volumes, start.</summary>
    public IReadOnlyList<PhaseTiming> Phases { get; init => field = Listed.Of(value); } = [];

    /// <summary>In a dry run: each step that would be done.</summary>
    public IReadOnlyList<string> Steps { get; init => field = Listed.Of(value); } = [];

    /// <summary>Warnings.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];
}
