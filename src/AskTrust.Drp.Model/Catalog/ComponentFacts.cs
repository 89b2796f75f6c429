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

    /// <summary>Facts of folders with files.</summary>
    public FilesFacts? Files { get; init; }

    /// <summary>Files and folders that were kept under their own paths; null for components of other kinds.</summary>
    public IReadOnlyList<KeptPath>? Kept { get; init => field = Listed.Of(value); }

    /// <summary>The certificates among them; null when nobody looked.</summary>
    public IReadOnlyList<CertificateFacts>? Certificates { get; init => field = Listed.Of(value); }

    /// <summary>Facts of a Compose project.</summary>
    public ComposeFacts? Compose { get; init; }

    /// <summary>Facts of a Redis server.</summary>
    public RedisFacts? Redis { get; init; }

    /// <summary>Facts of a Docker volume.</summary>
    public VolumeFacts? Volume { get; init; }

    /// <summary>The moment its content stands for (UTC); of what was read for a while, when that began. Null in sets of older versions.</summary>
    public DateTimeOffset? Moment { get; init; }

    /// <summary>When reading ended, where the content is of no single moment: what changed meanwhile may be in it or not. Null = it is of one moment.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Warnings of the source.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];

    /// <summary>What is missing though the rest is there: the set is incomplete. Null = nothing.</summary>
    public IReadOnlyList<string>? Missing { get; init => field = Listed.Of(value); }
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
    public IReadOnlyList<string> DatabaseSettings { get; init => field = Listed.Of(value); } = [];

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

    /// <summary>What a base backup of the whole cluster holds; null for a dump.</summary>
    public BaseBackupFacts? Base { get; init; }
}

/// <summary>What a restore must know of a base backup.</summary>
public sealed record BaseBackupFacts
{
    /// <summary>Timeline the backup was taken on.</summary>
    public required uint Timeline { get; init; }

    /// <summary>Where the WAL that the backup needs begins, e.g. <c>0/2000028</c>.</summary>
    public required string StartLsn { get; init; }

    /// <summary>Where it ends: from here on the copy is consistent.</summary>
    public required string StopLsn { get; init; }

    /// <summary>When it ended, by the server's clock (UTC): the earliest moment one can return to with it.</summary>
    public required DateTimeOffset Stopped { get; init; }

    /// <summary>Bytes of a WAL segment.</summary>
    public required long SegmentSize { get; init; }

    /// <summary>True when the server's pages have checksums.</summary>
    public bool DataChecksums { get; init; }

    /// <summary>True when it was taken from a standby.</summary>
    public bool FromStandby { get; init; }

    /// <summary>Name of the role the cluster was made with, which always is a superuser.</summary>
    public required string Superuser { get; init; }

    /// <summary>Files in it.</summary>
    public long Files { get; init; }

    /// <summary>Tablespaces outside the data directory.</summary>
    public IReadOnlyList<TablespaceFacts> Tablespaces { get; init => field = Listed.Of(value); } = [];

    /// <summary>Configuration files that lie outside the data directory and so are not part of the backup.</summary>
    public IReadOnlyList<string> FilesOutside { get; init => field = Listed.Of(value); } = [];

    /// <summary>Pages whose checksum was wrong when they were read, as the server named them; empty = none.</summary>
    public IReadOnlyList<string> DamagedPages { get; init => field = Listed.Of(value); } = [];

    /// <summary>The sets this one builds on, the full one first: it holds the blocks that changed since the last of them; null = it holds everything.</summary>
    public IReadOnlyList<ChainLink>? Chain { get; init => field = Listed.Of(value); }
}

/// <summary>A tablespace outside the data directory.</summary>
/// <param name="Oid">Its number: name of its link in <c>pg_tblspc</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Location">Its folder on the server.</param>
public sealed record TablespaceFacts(uint Oid, string Name, string Location);
