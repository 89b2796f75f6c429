namespace AskTrust.Drp;

/// <summary>How a pair of servers stands: <c>Get-DrpPrimary</c>.</summary>
public sealed record PrimaryStatus
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Who switches: <c>drp</c> or <c>patroni</c>.</summary>
    public required string Manager { get; init; }

    /// <summary>The node that is primary by right; null when there is none or nobody can tell.</summary>
    public string? Primary { get; init; }

    /// <summary>The one that would take over.</summary>
    public string? Standby { get; init; }

    /// <summary>Number of the last switch; 0 = there was none. Null when no repository could be asked.</summary>
    public long? Epoch { get; init; }

    /// <summary>Bytes of WAL that the standby has not got yet; null when not known.</summary>
    public long? LagBytes { get; init; }

    /// <summary>Age of the last commit that the standby has, while it lags; zero when it has everything, null when not known.</summary>
    public TimeSpan? Lag { get; init; }

    /// <summary>Each server.</summary>
    public IReadOnlyList<NodeStatus> Nodes { get; init => field = Listed.Of(value); } = [];

    /// <summary>A switch that was begun and not ended, with where it stands; null = none.</summary>
    public string? Unfinished { get; init; }

    /// <summary>The verdict: failed when there is no primary by right, two servers that write, or no standby that streams.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>What is wrong.</summary>
    public IReadOnlyList<string> Problems { get; init => field = Listed.Of(value); } = [];
}

/// <summary>One server of a pair.</summary>
public sealed record NodeStatus
{
    /// <summary>Name in the plan, or Patroni's.</summary>
    public required string Node { get; init; }

    /// <summary>What it is.</summary>
    public required NodeRole Role { get; init; }

    /// <summary>Where it is, without secrets.</summary>
    public string Location { get; init; } = "";

    /// <summary>Timeline.</summary>
    public uint? Timeline { get; init; }

    /// <summary>Up to where it has written, or received.</summary>
    public Lsn? Position { get; init; }

    /// <summary>Last commit that it has replayed (UTC); null for a primary.</summary>
    public DateTimeOffset? LastCommit { get; init; }

    /// <summary>Number of the last switch in its database; 0 = none.</summary>
    public long Epoch { get; init; }

    /// <summary>True when a standby streams.</summary>
    public bool Streams { get; init; }

    /// <summary>Why it does not answer.</summary>
    public string? Message { get; init; }
}

/// <summary>What a server of a pair is.</summary>
public enum NodeRole
{
    /// <summary>It takes writes.</summary>
    Primary,

    /// <summary>It replays the WAL of another.</summary>
    Standby,

    /// <summary>It takes writes although another one is primary by right: it was fenced by nobody, or came back.</summary>
    Stale,

    /// <summary>It does not answer.</summary>
    Unreachable,
}

/// <summary>What happened to the server that is to follow the new primary.</summary>
public enum StandbyOutcome
{
    /// <summary>Nothing: it is down, or was left alone.</summary>
    Left,

    /// <summary>It went on as it was: it had written nothing of its own.</summary>
    Following,

    /// <summary>It was rewound to where the timelines part.</summary>
    Rewound,

    /// <summary>It was copied anew.</summary>
    Reseeded,
}

/// <summary>One step of a switch.</summary>
/// <param name="Step">Its word: <c>look</c>, <c>slots</c>, <c>fence</c>, <c>catch up</c>, <c>epoch</c>, <c>promote</c>, <c>verify</c>, <c>rejoin</c>.</param>
/// <param name="Text">What it does, or did.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Started">When it began (UTC); null when it did not.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record SwitchStep(string Step, string Text, RunStatus Status, DateTimeOffset? Started = null, TimeSpan? Elapsed = null);

/// <summary>What a switch did, or the return of a server as a standby.</summary>
public sealed record PrimarySwitchReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Id of the switch: its moment.</summary>
    public required string SwitchId { get; init; }

    /// <summary>The node that was primary.</summary>
    public required string From { get; init; }

    /// <summary>The node that is primary now.</summary>
    public required string To { get; init; }

    /// <summary>How it ended; incomplete when the new primary works and the old one does not follow it.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>True when the standby was shown to have everything before it was promoted.</summary>
    public bool LossFree { get; init; }

    /// <summary>Number of this switch.</summary>
    public long Epoch { get; init; }

    /// <summary>Timeline of the new primary.</summary>
    public uint? Timeline { get; init; }

    /// <summary>Up to where the new primary had the old one's WAL.</summary>
    public Lsn? Position { get; init; }

    /// <summary>How the old primary was fenced: <c>stopped</c>, <c>command</c>, <c>patroni</c>; null = not at all.</summary>
    public string? FencedBy { get; init; }

    /// <summary>Recorded reason for promoting although the old primary could not be shown to be fenced.</summary>
    public string? UnfencedReason { get; init; }

    /// <summary>Bytes of WAL known to be lost; null when nobody knows how far the old primary was.</summary>
    public long? LossBytes { get; init; }

    /// <summary>Last commit that survived, when something may be lost (UTC).</summary>
    public DateTimeOffset? LastCommit { get; init; }

    /// <summary>From the moment the old primary was told to stop until the new one took a write.</summary>
    public TimeSpan? Downtime { get; init; }

    /// <summary>What became of the old primary.</summary>
    public StandbyOutcome Standby { get; init; }

    /// <summary>Folder in which the data of a server that was copied anew is kept.</summary>
    public string? Previous { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Each step with its time; in a dry run what would be done.</summary>
    public IReadOnlyList<SwitchStep> Steps { get; init => field = Listed.Of(value); } = [];

    /// <summary>Warnings.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];
}
