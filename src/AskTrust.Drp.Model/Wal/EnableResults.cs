namespace AskTrust.Drp;

/// <summary>What <c>Enable-DrpPointInTime</c> gets.</summary>
public sealed record EnableOptions
{
    /// <summary>Component; null = the only one.</summary>
    public string? Component { get; init; }

    /// <summary>Restarts the server when a changed setting needs it. Default: it is only said.</summary>
    public bool Restart { get; init; }

    /// <summary>Adds a line to <c>pg_hba.conf</c> when the server lets no replication connection in. Default: it is only said.</summary>
    public bool Hba { get; init; }

    /// <summary>URL of a superuser of the same server, without a password; null = the plan's own user changes what he may.</summary>
    public string? AdminUrl { get; init; }

    /// <summary>Password of <see cref="AdminUrl"/>.</summary>
    public SecretReference? AdminPassword { get; init; }

    /// <summary>Only examines, and tells what would be changed.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What <c>Disable-DrpPointInTime</c> gets.</summary>
public sealed record DisableOptions
{
    /// <summary>Component; null = the only one.</summary>
    public string? Component { get; init; }

    /// <summary>Also while somebody receives through the slot.</summary>
    public bool Force { get; init; }

    /// <summary>URL of a superuser of the same server, without a password; null = the plan's own user changes what he may.</summary>
    public string? AdminUrl { get; init; }

    /// <summary>Password of <see cref="AdminUrl"/>.</summary>
    public SecretReference? AdminPassword { get; init; }

    /// <summary>Only tells what would be changed.</summary>
    public bool DryRun { get; init; }
}

/// <summary>One thing that point-in-time recovery needs, and how it stands.</summary>
public sealed record PointInTimeFinding
{
    /// <summary>What was looked at: <c>wal_level</c>, <c>pg_hba.conf</c>, <c>spool</c> …</summary>
    public required string Check { get; init; }

    /// <summary>The verdict.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>What was found.</summary>
    public required string Message { get; init; }

    /// <summary>What the operator can do; null when there is nothing to do.</summary>
    public string? Hint { get; init; }

    /// <summary>What this command changes; null when it changes nothing.</summary>
    public string? Change { get; init; }
}

/// <summary>How a server stands, and what was changed on it, or would be.</summary>
public sealed record PointInTimeReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>Slot.</summary>
    public required string Slot { get; init; }

    /// <summary>How it ended: <see cref="RunStatus.Skipped"/> when nothing had to be done, <see cref="RunStatus.Incomplete"/> when something is left to the operator.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>True when a changed setting waits for the server to be restarted.</summary>
    public bool RestartNeeded { get; init; }

    /// <summary>What was looked at, as it stands at the end; empty after a disabling.</summary>
    public IReadOnlyList<PointInTimeFinding> Findings { get; init => field = Listed.Of(value); } = [];

    /// <summary>What was changed, or would be.</summary>
    public IReadOnlyList<string> Steps { get; init => field = Listed.Of(value); } = [];

    /// <summary>What the operator should look at.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];
}
