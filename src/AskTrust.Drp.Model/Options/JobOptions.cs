namespace AskTrust.Drp;

/// <summary>What <c>Invoke-DrpJob</c> is asked.</summary>
public sealed record JobOptions
{
    /// <summary>Job of the plan.</summary>
    public required string Name { get; init; }

    /// <summary>Why, for the record.</summary>
    public string? Reason { get; init; }

    /// <summary>Called by cron: waits at random, at most the job's <c>jitter</c>. (systemd and Windows wait by themselves.)</summary>
    public bool Scheduled { get; init; }

    /// <summary>Called by a cron whose clock is not the job's: runs only when the job is due by the clock of its own time zone, else skips.</summary>
    public bool WhenDue { get; init; }

    /// <summary>Only say what would be done: reads, never writes.</summary>
    public bool DryRun { get; init; }
}
