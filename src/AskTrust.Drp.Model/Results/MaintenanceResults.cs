namespace AskTrust.Drp;

/// <summary>What <c>Enable-DrpMaintenance</c> and <c>Disable-DrpMaintenance</c> are asked.</summary>
public sealed record MaintenanceOptions
{
    /// <summary>Why, for the record.</summary>
    public string? Reason { get; init; }

    /// <summary>Only tells what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What was done, or would be.</summary>
public sealed record MaintenanceReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>The proxy.</summary>
    public required MaintenanceProxy Proxy { get; init; }

    /// <summary>Where it runs.</summary>
    public required string Place { get; init; }

    /// <summary>How it ended: <see cref="RunStatus.Skipped"/> when nothing had to be done, <see cref="RunStatus.Incomplete"/> when the site was looked at and does not show it.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>What was done, or would be.</summary>
    public IReadOnlyList<string> Steps { get; init => field = Listed.Of(value); } = [];

    /// <summary>What the operator should look at.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];

    /// <summary>What the proxy is given; null when maintenance ends.</summary>
    public string? Text { get; init; }
}

/// <summary>How maintenance mode stands: <c>Get-DrpMaintenance</c>.</summary>
public sealed record MaintenanceStatus
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>The proxy.</summary>
    public required MaintenanceProxy Proxy { get; init; }

    /// <summary>Where it runs.</summary>
    public required string Place { get; init; }

    /// <summary>True when it was switched on and not off again.</summary>
    public required bool On { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the site shows our page; null when the plan names no address to look at, or it does not answer.</summary>
    public bool? Shown { get; init; }

    /// <summary>What does not fit together, and what to do; null when all is well.</summary>
    public string? Problem { get; init; }
}
