namespace AskTrust.Drp;

/// <summary>Where a recovery ended.</summary>
public sealed record RecoveryOutcome
{
    /// <summary>What was asked for.</summary>
    public required string Target { get; init; }

    /// <summary>What the server says it stopped at, in its own words; <c>end of archived WAL</c> when nothing stopped it.</summary>
    public required string Reached { get; init; }

    /// <summary>Base backup it began with.</summary>
    public required string Base { get; init; }

    /// <summary>Last position replayed; null when the server did not tell.</summary>
    public string? Lsn { get; init; }

    /// <summary>Time of the last commit replayed (UTC); null when none was.</summary>
    public DateTimeOffset? LastCommit { get; init; }

    /// <summary>Timeline that was replayed.</summary>
    public required uint Timeline { get; init; }

    /// <summary>Timeline the restored server goes on with.</summary>
    public uint? NewTimeline { get; init; }

    /// <summary>Files of the archive that were replayed.</summary>
    public int Segments { get; init; }
}
