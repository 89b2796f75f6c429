namespace AskTrust.Drp;

/// <summary>A PostgreSQL server.</summary>
public sealed record PostgreSqlDiagnostics : DiagnosticSection
{
    /// <summary>Version.</summary>
    public string Version { get; init; } = "";

    /// <summary>When it was started.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>True when it follows a primary.</summary>
    public bool Standby { get; init; }

    /// <summary>Connections.</summary>
    public int Connections { get; init; }

    /// <summary>Connections it allows.</summary>
    public int MaxConnections { get; init; }

    /// <summary>Indexes that are not valid, in the database of the plan.</summary>
    public int InvalidIndexes { get; init; }

    /// <summary>Databases and their bytes, largest first.</summary>
    public IReadOnlyList<NamedSize> Databases { get; init => field = Listed.Of(value); } = [];

    /// <summary>What runs, longest first.</summary>
    public IReadOnlyList<RunningQuery> Activity { get; init => field = Listed.Of(value); } = [];

    /// <summary>What waits for a lock that another holds.</summary>
    public IReadOnlyList<RunningQuery> Blocked { get; init => field = Listed.Of(value); } = [];

    /// <summary>Slowest statements by total time, where pg_stat_statements is there.</summary>
    public IReadOnlyList<SlowQuery> Slow { get; init => field = Listed.Of(value); } = [];

    /// <summary>Standbys and receivers.</summary>
    public IReadOnlyList<ReplicaLook> Replication { get; init => field = Listed.Of(value); } = [];

    /// <summary>Largest tables of the database of the plan, with their dead rows.</summary>
    public IReadOnlyList<TableLook> Tables { get; init => field = Listed.Of(value); } = [];
}

/// <summary>A name and bytes.</summary>
/// <param name="Name">Name.</param>
/// <param name="Size">Bytes; null when nobody may look.</param>
public sealed record NamedSize(string Name, long? Size);

/// <summary>A statement under way. Values in its text are masked.</summary>
public sealed record RunningQuery
{
    /// <summary>Process id in the server.</summary>
    public int Pid { get; init; }

    /// <summary>User.</summary>
    public string? User { get; init; }

    /// <summary>Database.</summary>
    public string? Database { get; init; }

    /// <summary>State: <c>active</c>, <c>idle in transaction</c> …</summary>
    public string? State { get; init; }

    /// <summary>What it waits for.</summary>
    public string? Wait { get; init; }

    /// <summary>Seconds since its transaction began.</summary>
    public double? Seconds { get; init; }

    /// <summary>Who holds the lock it waits for.</summary>
    public IReadOnlyList<int> BlockedBy { get; init => field = Listed.Of(value); } = [];

    /// <summary>Text, shortened, its values masked.</summary>
    public string? Query { get; init; }
}

/// <summary>A statement by what it cost in all.</summary>
public sealed record SlowQuery
{
    /// <summary>How often it ran.</summary>
    public long Calls { get; init; }

    /// <summary>Milliseconds each time.</summary>
    public double Mean { get; init; }

    /// <summary>Milliseconds in all.</summary>
    public double Total { get; init; }

    /// <summary>Text, shortened, its values masked.</summary>
    public string? Query { get; init; }
}

/// <summary>Who streams from a server.</summary>
public sealed record ReplicaLook
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary><c>streaming</c>, <c>catchup</c> …</summary>
    public string? State { get; init; }

    /// <summary><c>sync</c>, <c>async</c> …</summary>
    public string? Sync { get; init; }

    /// <summary>Bytes behind.</summary>
    public long? Lag { get; init; }
}

/// <summary>A table.</summary>
public sealed record TableLook
{
    /// <summary>Schema and name.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes with its indexes, as of the last VACUUM or ANALYZE: to ask for more would wait behind locks.</summary>
    public long? Size { get; init; }

    /// <summary>Rows, as the server estimates.</summary>
    public long Live { get; init; }

    /// <summary>Rows that are dead and not yet cleaned up: many of them are bloat.</summary>
    public long Dead { get; init; }

    /// <summary>When it was last cleaned up.</summary>
    public DateTimeOffset? Vacuumed { get; init; }
}

/// <summary>A Redis server.</summary>
public sealed record RedisDiagnostics : DiagnosticSection
{
    /// <summary>Version.</summary>
    public string Version { get; init; } = "";

    /// <summary><c>master</c> or <c>slave</c>, as it says.</summary>
    public string Role { get; init; } = "";

    /// <summary>Since it was started.</summary>
    public TimeSpan? Uptime { get; init; }

    /// <summary>Clients connected.</summary>
    public int Clients { get; init; }

    /// <summary>Keys in all databases.</summary>
    public long Keys { get; init; }

    /// <summary>Bytes of memory in use.</summary>
    public long Memory { get; init; }

    /// <summary>Bytes it may use; 0 = no limit.</summary>
    public long MaxMemory { get; init; }

    /// <summary>When it was last saved.</summary>
    public DateTimeOffset? LastSave { get; init; }

    /// <summary>What the last save, rewrite or write of its persistence said; all <c>ok</c> when well.</summary>
    public string Persistence { get; init; } = "";
}
