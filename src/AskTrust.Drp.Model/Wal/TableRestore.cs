namespace AskTrust.Drp;

/// <summary>What is done with the recovered rows of a table.</summary>
public enum TableRestoreInto
{
    /// <summary>They lie in a table of their own, in a schema beside the others; the live table is not touched.</summary>
    Recovered,

    /// <summary>Those that the live table has not go back into it; nothing in it is changed or removed. A table that is gone is made again, with all that belonged to it.</summary>
    Missing,

    /// <summary>
    /// The live table is made equal to the recovered one. The rows that this changes or removes are kept beside. A table that is gone is made again, with all that belonged to it.
    /// </summary>
    Replace,
}

/// <summary>What <c>drp pitr table</c> is asked.</summary>
public sealed record TableRestoreOptions
{
    /// <summary>
    /// Tables: <c>name</c> or <c>schema.name</c>, as PostgreSQL stores it; <c>schema.*</c> for all of a schema and what else was in it, <c>*</c> for all of the database.
    /// </summary>
    public required IReadOnlyList<string> Tables { get; init => field = Listed.Of(value); }

    /// <summary>The state to bring the rows back from.</summary>
    public required RecoveryTarget To { get; init; }

    /// <summary>Stop just before <see cref="To"/> in place of just after.</summary>
    public bool Exclusive { get; init; }

    /// <summary>What is done with the rows. Default <see cref="TableRestoreInto.Recovered"/>.</summary>
    public TableRestoreInto Into { get; init; }

    /// <summary>Schema for what lies beside; made when it is not there. Default <c>recovered</c>.</summary>
    public string Schema { get; init; } = "recovered";

    /// <summary>Base backup to begin with; null = the newest before the target.</summary>
    public string? Base { get; init; }

    /// <summary>Component; may be left out when only one has base backups.</summary>
    public string? Component { get; init; }

    /// <summary>Repository to read the base from; null = the first that has it.</summary>
    public string? Repository { get; init; }

    /// <summary>Database; null = that of the component.</summary>
    public string? Database { get; init; }

    /// <summary>Timeline to end on; null = the newest that descends from the base.</summary>
    public uint? Timeline { get; init; }

    /// <summary>The operator has agreed that live tables are replaced.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Recovers and compares, and changes nothing on the live server.</summary>
    public bool DryRun { get; init; }
}

/// <summary>One table of a <see cref="TableRestoreReport"/>.</summary>
public sealed record RestoredTable
{
    /// <summary>The table, with its schema.</summary>
    public required string Table { get; init; }

    /// <summary>False when the live server had it no more.</summary>
    public required bool WasThere { get; init; }

    /// <summary>Rows it had at the target.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows the live table had.</summary>
    public required long LiveRows { get; init; }

    /// <summary>Rows the live table had no more.</summary>
    public required long Missing { get; init; }

    /// <summary>Rows of the same primary key with other content. Without a primary key there is no telling: such a row counts as one missing and one new.</summary>
    public required long Changed { get; init; }

    /// <summary>Rows that only the live table had.</summary>
    public required long New { get; init; }

    /// <summary>Where the rows lie now.</summary>
    public required string Place { get; init; }

    /// <summary>Rows put there.</summary>
    public long Put { get; init; }

    /// <summary>Rows of the live table that were replaced or removed; they lie in <see cref="Kept"/>.</summary>
    public long Removed { get; init; }

    /// <summary>Rows that could not go back because others stand in their place by a unique constraint; they lie in <see cref="Kept"/>.</summary>
    public long Conflicts { get; init; }

    /// <summary>Table beside with the rows that were removed, or that could not go back; null = there were none.</summary>
    public string? Kept { get; init; }
}

/// <summary>What <c>Restore-DrpTable</c> did.</summary>
public sealed record TableRestoreReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Identifies this restore in the evidence.</summary>
    public required string RestoreId { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>The live server.</summary>
    public required string Target { get; init; }

    /// <summary>Database.</summary>
    public required string Database { get; init; }

    /// <summary>What was asked.</summary>
    public required TableRestoreInto Into { get; init; }

    /// <summary>How it ended; <c>Planned</c> for a dry run, <c>Incomplete</c> when rows could not go back.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>The state that was reached; null when it failed before.</summary>
    public RecoveryOutcome? Recovery { get; init; }

    /// <summary>Each table.</summary>
    public IReadOnlyList<RestoredTable> Tables { get; init => field = Listed.Of(value); } = [];

    /// <summary>What was made again because it was gone: tables, indexes, sequences, types, functions …; in a dry run: what would be.</summary>
    public IReadOnlyList<string> Created { get; init => field = Listed.Of(value); } = [];

    /// <summary>What to do when the result is as wished.</summary>
    public IReadOnlyList<string> Accept { get; init => field = Listed.Of(value); } = [];

    /// <summary>How to take it back.</summary>
    public IReadOnlyList<string> Undo { get; init => field = Listed.Of(value); } = [];

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Seconds phase by phase.</summary>
    public IReadOnlyList<PhaseTiming> Phases { get; init => field = Listed.Of(value); } = [];

    /// <summary>What an operator should look at.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];
}
