namespace AskTrust.Drp;

/// <summary>What happened to a table.</summary>
public enum TableAction
{
    /// <summary>The table is gone: <c>DROP TABLE</c>, <c>DROP SCHEMA</c>, <c>DROP DATABASE</c>.</summary>
    Drop,

    /// <summary>The table was emptied by <c>TRUNCATE</c>.</summary>
    Truncate,

    /// <summary>Rows were deleted.</summary>
    Delete,

    /// <summary>Rows were changed.</summary>
    Update,

    /// <summary>The table was written anew: <c>VACUUM FULL</c>, <c>CLUSTER</c>, an <c>ALTER TABLE</c> that rewrites, another tablespace. Which of them, WAL does not tell.</summary>
    Rewrite,
}

/// <summary>A committed transaction that did something to a table, and where to return to: <c>Find-DrpRecoveryPoint</c>.</summary>
public sealed record RecoveryPointCandidate
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Database.</summary>
    public required string Database { get; init; }

    /// <summary>Table, with its schema, as the base backup knew it.</summary>
    public required string Table { get; init; }

    /// <summary>What happened to it.</summary>
    public required TableAction Action { get; init; }

    /// <summary>The transaction.</summary>
    public required long Xid { get; init; }

    /// <summary>Its first record of any kind that was seen.</summary>
    public required Lsn FirstLsn { get; init; }

    /// <summary>Its last record before the commit.</summary>
    public required Lsn LastLsn { get; init; }

    /// <summary>The record that committed it.</summary>
    public required Lsn CommitLsn { get; init; }

    /// <summary>When it was committed (UTC, the server's clock).</summary>
    public required DateTimeOffset CommitTime { get; init; }

    /// <summary>Rows deleted or changed; null where WAL does not tell: a table that is dropped, emptied or rewritten goes as a whole.</summary>
    public long? Rows { get; init; }

    /// <summary>
    /// The state just before the transaction began, exactly as <c>drp restore --to</c> (<c>Restore-DrpDatabase -To</c>) takes it: the record that precedes its
    /// first one.
    /// </summary>
    public required string Target { get; init; }

    /// <summary>
    /// The state just before its commit, for <c>--to</c> together with <c>--exclusive</c>: keeps what others committed while it ran. Null for
    /// <c>DROP DATABASE</c>, which removes the files before it commits.
    /// </summary>
    public string? TargetExclusive { get; init; }

    /// <summary>Timeline the search went along.</summary>
    public required long Timeline { get; init; }

    /// <summary>Base backup whose map gave the table its name.</summary>
    public required string Base { get; init; }
}

/// <summary>What <c>drp pitr find</c> is asked.</summary>
public sealed record RecoveryPointOptions
{
    /// <summary>Table: <c>name</c> or <c>schema.name</c>, as PostgreSQL stores it (in lower case as a rule).</summary>
    public required string Table { get; init; }

    /// <summary>What to look for; empty = <c>Drop</c>, <c>Truncate</c> and <c>Delete</c>.</summary>
    public IReadOnlyList<TableAction> Actions { get; init => field = Listed.Of(value); } = [];

    /// <summary>Only transactions committed at or after this moment; null = since the newest base backup.</summary>
    public DateTimeOffset? After { get; init; }

    /// <summary>Only transactions committed before this moment; null = to the end of the archive.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Only transactions that deleted or changed at least so many rows. Default 1.</summary>
    public long LeastRows { get; init; } = 1;

    /// <summary>Component; may be left out when only one has base backups.</summary>
    public string? Component { get; init; }

    /// <summary>Database; null = that of the component.</summary>
    public string? Database { get; init; }

    /// <summary>Timeline to search along; null = the newest that descends from the base.</summary>
    public uint? Timeline { get; init; }
}
