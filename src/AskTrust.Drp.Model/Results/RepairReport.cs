namespace AskTrust.Drp;

/// <summary>What <c>drp repair</c> is asked.</summary>
public sealed record RepairOptions
{
    /// <summary>Component; may be left out when only one is PostgreSQL.</summary>
    public string? Component { get; init; }

    /// <summary>Database; null = that of the component.</summary>
    public string? Database { get; init; }

    /// <summary>Rebuilds every index, not only those found broken; afterwards the versions of collations are brought up to date.</summary>
    public bool All { get; init; }

    /// <summary>Leaves the statistics alone.</summary>
    public bool NoAnalyze { get; init; }

    /// <summary>The operator has already said yes to touching production.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Only looks, and tells what would be done; writes nothing.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What is damaged in a database.</summary>
public enum CorruptionKind
{
    /// <summary>An index: it can be rebuilt from its table.</summary>
    Index,

    /// <summary>A table: its rows come back from a backup only.</summary>
    Table,

    /// <summary>Something the check could not even read, or did not name.</summary>
    Other,
}

/// <summary>One thing that the check of the server's own tools found.</summary>
/// <param name="Kind">What.</param>
/// <param name="Relation">Table or index, <c>schema.name</c> as PostgreSQL stores it; empty when none is named.</param>
/// <param name="Message">What the check said.</param>
public sealed record Corruption(CorruptionKind Kind, string Relation, string Message);

/// <summary>An index that queries cannot use.</summary>
/// <param name="Index">Schema and name, quoted as SQL wants them.</param>
/// <param name="Table">Its table, likewise.</param>
/// <param name="IsRemnant">True for what an interrupted REINDEX CONCURRENTLY left behind: it is dropped, not rebuilt.</param>
public sealed record InvalidIndex(string Index, string Table, bool IsRemnant);

/// <summary>A collation whose rules have changed since the indexes were built: text may be found in another order.</summary>
/// <param name="Name">Collation, or <c>database</c> for its default.</param>
/// <param name="Recorded">Version when the indexes were built.</param>
/// <param name="Actual">Version of the operating system or ICU now.</param>
public sealed record CollationMismatch(string Name, string Recorded, string Actual);

/// <summary>How a database stands.</summary>
public sealed record IntegrityReport
{
    /// <summary>True when <c>pg_amcheck</c> looked at every table and index; false = see <see cref="NotChecked"/>.</summary>
    public bool Checked { get; init; }

    /// <summary>Why <c>pg_amcheck</c> could not look.</summary>
    public string? NotChecked { get; init; }

    /// <summary>What it found; empty = nothing.</summary>
    public IReadOnlyList<Corruption> Corruptions { get; init => field = Listed.Of(value); } = [];

    /// <summary>Indexes that queries cannot use.</summary>
    public IReadOnlyList<InvalidIndex> InvalidIndexes { get; init => field = Listed.Of(value); } = [];

    /// <summary>Pages whose checksum was wrong when they were read, since the statistics began; null = the cluster has no checksums.</summary>
    public long? ChecksumFailures { get; init; }

    /// <summary>When the last of them was read.</summary>
    public DateTimeOffset? LastChecksumFailure { get; init; }

    /// <summary>Collations whose rules have changed.</summary>
    public IReadOnlyList<CollationMismatch> Collations { get; init => field = Listed.Of(value); } = [];

    /// <summary>Tables with rows that have no statistics.</summary>
    public int WithoutStatistics { get; init; }
}

/// <summary>One step of a repair.</summary>
/// <param name="Sql">The statement.</param>
/// <param name="Status">How it ended; planned in a dry run, skipped with the reason.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Message">What went wrong, or why it was left out.</param>
public sealed record RepairAction(string Sql, RunStatus Status, TimeSpan? Elapsed = null, string? Message = null);

/// <summary>What a repair found, did, and left: <c>Repair-DrpDatabase</c>.</summary>
public sealed record RepairReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Server, without secrets.</summary>
    public required string Server { get; init; }

    /// <summary>Database.</summary>
    public required string Database { get; init; }

    /// <summary>Succeeded = whole now; incomplete = something is left that a repair does not mend; failed = tables are damaged: they come back from a backup only.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Before.</summary>
    public required IntegrityReport Before { get; init; }

    /// <summary>After; null when nothing was done.</summary>
    public IntegrityReport? After { get; init; }

    /// <summary>What was done, in order.</summary>
    public IReadOnlyList<RepairAction> Actions { get; init => field = Listed.Of(value); } = [];

    /// <summary>What is left, and what else there is to say.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];

    /// <summary>Command that helps where a repair does not; null = none is needed.</summary>
    public string? Next { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }
}
