namespace AskTrust.Drp;

/// <summary>What one repository allows to return to: <c>Get-DrpRecoveryWindow</c>.</summary>
public sealed record RecoveryWindow
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Repository.</summary>
    public required string Repository { get; init; }

    /// <summary>System identifier of the server; empty when the repository knows none.</summary>
    public required string SystemIdentifier { get; init; }

    /// <summary>Its major version; null when the repository knows no server.</summary>
    public int? Version { get; init; }

    /// <summary>
    /// System identifier of the server that took its place: it was upgraded or made anew, and nothing is added to this window any more. Null for the newest.
    /// </summary>
    public string? FollowedBy { get; init; }

    /// <summary>Earliest moment one can return to: the end of the oldest base backup with all its WAL; null = none.</summary>
    public DateTimeOffset? Earliest { get; init; }

    /// <summary>Latest moment one can return to: the last commit that the WAL without a gap holds; null = none.</summary>
    public DateTimeOffset? Latest { get; init; }

    /// <summary>Position of <see cref="Earliest"/>.</summary>
    public Lsn? EarliestLsn { get; init; }

    /// <summary>Position up to which WAL can be replayed.</summary>
    public Lsn? LatestLsn { get; init; }

    /// <summary>Timeline of <see cref="LatestLsn"/>.</summary>
    public long? Timeline { get; init; }

    /// <summary>Base backups that can be replayed from, oldest first.</summary>
    public IReadOnlyList<string> Bases { get; init => field = Listed.Of(value); } = [];

    /// <summary>WAL without a gap.</summary>
    public IReadOnlyList<WalRange> Ranges { get; init => field = Listed.Of(value); } = [];

    /// <summary>What is missing.</summary>
    public IReadOnlyList<WalGap> Gaps { get; init => field = Listed.Of(value); } = [];

    /// <summary>Timelines that left another.</summary>
    public IReadOnlyList<WalFork> Forks { get; init => field = Listed.Of(value); } = [];

    /// <summary>Whole segments.</summary>
    public int Segments { get; init; }

    /// <summary>Stored bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Why nothing is known of this repository.</summary>
    public string? Message { get; init; }

    /// <summary>The error's number.</summary>
    public DrpError Code { get; init; }
}

/// <summary>WAL of one timeline without a gap.</summary>
/// <param name="Timeline">Timeline.</param>
/// <param name="Start">First byte.</param>
/// <param name="End">Behind the last byte.</param>
/// <param name="FirstCommit">A commit near its beginning; null = none is known.</param>
/// <param name="LastCommit">Its last commit; null = none is known.</param>
public sealed record WalRange(long Timeline, Lsn Start, Lsn End, DateTimeOffset? FirstCommit, DateTimeOffset? LastCommit);

/// <summary>WAL that is missing between two ranges.</summary>
/// <param name="Timeline">Timeline.</param>
/// <param name="Start">First byte that is missing.</param>
/// <param name="End">First byte that is there again.</param>
/// <param name="First">Segment with the first byte that is missing.</param>
/// <param name="After">The last commit before it; null = none is known.</param>
/// <param name="Before">The first commit known behind it; null = none is known.</param>
/// <param name="Cause">Why.</param>
public sealed record WalGap(long Timeline, Lsn Start, Lsn End, string First, DateTimeOffset? After, DateTimeOffset? Before, WalGapCause Cause);

/// <summary>Why WAL is missing.</summary>
public enum WalGapCause
{
    /// <summary>Objects are not there; nobody recorded why.</summary>
    Missing,

    /// <summary>The slot was given up by the plan's policy.</summary>
    SlotGivenUp,

    /// <summary>The slot was lost on the server: removed, or invalidated by <c>max_slot_wal_keep_size</c>.</summary>
    SlotLost,
}

/// <summary>A timeline that left another: a promotion, or a restore to a moment.</summary>
/// <param name="Timeline">The new timeline.</param>
/// <param name="Parent">The one it left.</param>
/// <param name="At">Where.</param>
public sealed record WalFork(long Timeline, long Parent, Lsn At);
