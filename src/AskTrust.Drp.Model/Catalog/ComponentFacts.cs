namespace AskTrust.Drp;

/// <summary>What is known of a component at the moment of its backup; stored in the manifest.</summary>
public sealed record ComponentFacts
{
    /// <summary>Name in the plan.</summary>
    public required string Component { get; init; }

    /// <summary>Type in the plan.</summary>
    public required string Type { get; init; }

    /// <summary>Server and database, without secrets.</summary>
    public required string Source { get; init; }

    /// <summary>Facts of a PostgreSQL database.</summary>
    public PostgreSqlFacts? PostgreSql { get; init; }

    /// <summary>Warnings of the source.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>What a PostgreSQL database was like, as far as a restore needs it.</summary>
public sealed record PostgreSqlFacts
{
    /// <summary>Database name.</summary>
    public required string Database { get; init; }

    /// <summary>Server version, e.g. <c>15.18</c>.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>Major version.</summary>
    public required int Major { get; init; }

    /// <summary>Version line of pg_dump.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>System identifier of the cluster; null where the user may not read it.</summary>
    public string? SystemIdentifier { get; init; }

    /// <summary>WAL position just before the dump; null on a standby or where not readable.</summary>
    public string? Lsn { get; init; }

    /// <summary>Size on the server in bytes.</summary>
    public long DatabaseSize { get; init; }

    /// <summary>Owner.</summary>
    public required string Owner { get; init; }

    /// <summary>Encoding, e.g. <c>UTF8</c>.</summary>
    public required string Encoding { get; init; }

    /// <summary><c>LC_COLLATE</c>.</summary>
    public required string Collate { get; init; }

    /// <summary><c>LC_CTYPE</c>.</summary>
    public required string Ctype { get; init; }

    /// <summary>Locale provider: <c>c</c> libc, <c>i</c> ICU, <c>b</c> builtin.</summary>
    public string LocaleProvider { get; init; } = "c";

    /// <summary>Locale of ICU or builtin.</summary>
    public string? Locale { get; init; }

    /// <summary>Statements that bring back the settings of the database itself (ALTER DATABASE … SET, comment, privileges, connection limit), with <c>:"db"</c> for its name.</summary>
    public IReadOnlyList<string> DatabaseSettings { get; init; } = [];

    /// <summary>Extensions and their versions.</summary>
    public IReadOnlyDictionary<string, string> Extensions { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Image reference of the container; null when it is none.</summary>
    public string? Image { get; init; }

    /// <summary>Image id or repository digest (<c>sha256:…</c>).</summary>
    public string? ImageDigest { get; init; }

    /// <summary>Rows of each table as dumped, key <c>schema.table</c> quoted as SQL would; null when the archive could not be counted.</summary>
    public IReadOnlyDictionary<string, long>? Rows { get; init; }

    /// <summary>Large objects in the dump.</summary>
    public long? LargeObjects { get; init; }

    /// <summary>Moment written into the canary table before this dump; null without a canary.</summary>
    public DateTimeOffset? Canary { get; init; }
}
