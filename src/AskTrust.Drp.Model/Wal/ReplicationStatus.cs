namespace AskTrust.Drp;

/// <summary>How the WAL of a component is on its way: <c>Get-DrpReplication</c>.</summary>
public sealed record ReplicationStatus
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Slot.</summary>
    public required string Slot { get; init; }

    /// <summary>System identifier; empty when the server does not answer.</summary>
    public string SystemIdentifier { get; init; } = "";

    /// <summary>Up to where the server has written; null when it does not answer.</summary>
    public Lsn? Written { get; init; }

    /// <summary>True when somebody streams through the slot.</summary>
    public bool Active { get; init; }

    /// <summary><c>wal_status</c> of the slot: <c>reserved</c>, <c>extended</c>, <c>unreserved</c>, <c>lost</c>; null without a slot.</summary>
    public string? SlotStatus { get; init; }

    /// <summary>Bytes the server keeps for the slot.</summary>
    public long? Retained { get; init; }

    /// <summary>Bytes in the spool.</summary>
    public long SpoolBytes { get; init; }

    /// <summary>What each repository has got, as the receiver last said.</summary>
    public IReadOnlyList<WalShipment> Repositories { get; init => field = Listed.Of(value); } = [];

    /// <summary>Bytes that the repository furthest behind has not got yet; null when not known.</summary>
    public long? LagBytes { get; init; }

    /// <summary>When the receiver last said how it stands; null = it never ran here.</summary>
    public DateTimeOffset? Reported { get; init; }

    /// <summary>How long that was ago, or how old the last commit of the repository furthest behind is while it lags; null when not known.</summary>
    public TimeSpan? Lag { get; init; }

    /// <summary>The verdict: failed without a stream, a warning when a repository is behind.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>What is wrong.</summary>
    public IReadOnlyList<string> Problems { get; init => field = Listed.Of(value); } = [];
}
