namespace AskTrust.Drp;

/// <summary>Everything an operator wants to see first, taken at one moment: <c>Get-DrpDiagnostics</c>. Secrets are masked in every text.</summary>
public sealed record DiagnosticReport
{
    /// <summary>Path of the plan; binds to <c>-Plan</c> down the pipe.</summary>
    public required string Plan { get; init; }

    /// <summary>Name of the product.</summary>
    public required string Product { get; init; }

    /// <summary>Tool and version.</summary>
    public required string Tool { get; init; }

    /// <summary>When it was taken (UTC).</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>How long all of it took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>This machine.</summary>
    public required HostDiagnostics Machine { get; init; }

    /// <summary>Its disks, as far as the plan needs them.</summary>
    public IReadOnlyList<DiskDiagnostics> Disks { get; init => field = Listed.Of(value); } = [];

    /// <summary>What is busiest on it.</summary>
    public required ProcessDiagnostics Processes { get; init; }

    /// <summary>Containers of the plan.</summary>
    public required ContainerDiagnostics Containers { get; init; }

    /// <summary>What they take at this moment.</summary>
    public required ContainerLoadDiagnostics ContainerLoad { get; init; }

    /// <summary>What their engine keeps on its disk; nothing where the plan has nothing to do with containers.</summary>
    public required EngineDiskDiagnostics EngineDisk { get; init; }

    /// <summary>Each PostgreSQL server.</summary>
    public IReadOnlyList<PostgreSqlDiagnostics> PostgreSql { get; init => field = Listed.Of(value); } = [];

    /// <summary>Each Redis server.</summary>
    public IReadOnlyList<RedisDiagnostics> Redis { get; init => field = Listed.Of(value); } = [];

    /// <summary>Each repository with its newest set.</summary>
    public IReadOnlyList<RepositoryDiagnostics> Repositories { get; init => field = Listed.Of(value); } = [];

    /// <summary>To which moments one can return, in each repository; empty where no component has point-in-time recovery.</summary>
    public IReadOnlyList<RecoveryDiagnostics> Recovery { get; init => field = Listed.Of(value); } = [];

    /// <summary>Every check of <c>Test-DrpHealth</c>, the certificates of pages among them.</summary>
    public required HealthDiagnostics Health { get; init; }

    /// <summary>The last records of the ledger on this machine.</summary>
    public required EvidenceDiagnostics Evidence { get; init; }

    /// <summary>Errors in the logs that the plan names.</summary>
    public IReadOnlyList<LogDiagnostics> Logs { get; init => field = Listed.Of(value); } = [];

    /// <summary>Full path of the bundle that was written; null when none was asked for.</summary>
    public string? Bundle { get; init; }

    /// <summary>All sections, in the order above.</summary>
    public IEnumerable<DiagnosticSection> Sections() =>
        [Machine, .. Disks, Processes, Containers, ContainerLoad, EngineDisk, .. PostgreSql, .. Redis, .. Repositories, .. Recovery, Health, Evidence, .. Logs];
}

/// <summary>One part of a <see cref="DiagnosticReport"/>, asked by itself with a deadline of its own.</summary>
public abstract record DiagnosticSection
{
    /// <summary>What it is about: <c>host</c>, <c>disk /</c>, <c>containers</c>, a component, a repository, a log.</summary>
    public required string Section { get; init; }

    /// <summary>Failed when it could not be asked; then the rest of it is empty.</summary>
    public CheckVerdict Status { get; init; }

    /// <summary>Why not: <c>timed out after 2.0s</c>, or what went wrong.</summary>
    public string? Message { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>The health checks.</summary>
public sealed record HealthDiagnostics : DiagnosticSection
{
    /// <summary>Each check.</summary>
    public IReadOnlyList<HealthCheck> Checks { get; init => field = Listed.Of(value); } = [];
}

/// <summary>The ledger.</summary>
public sealed record EvidenceDiagnostics : DiagnosticSection
{
    /// <summary>The last records, newest first.</summary>
    public IReadOnlyList<EvidenceRecord> Records { get; init => field = Listed.Of(value); } = [];
}

/// <summary>Recovery windows in one repository.</summary>
public sealed record RecoveryDiagnostics : DiagnosticSection
{
    /// <summary>One for each component.</summary>
    public IReadOnlyList<RecoveryWindow> Windows { get; init => field = Listed.Of(value); } = [];
}

/// <summary>A repository.</summary>
public sealed record RepositoryDiagnostics : DiagnosticSection
{
    /// <summary>Where it is.</summary>
    public string Location { get; init; } = "";

    /// <summary>Sets in it.</summary>
    public int Sets { get; init; }

    /// <summary>The newest set; null = none.</summary>
    public string? Newest { get; init; }

    /// <summary>Its moment.</summary>
    public DateTimeOffset? NewestTime { get; init; }

    /// <summary>Stored bytes of the newest set.</summary>
    public long? NewestSize { get; init; }

    /// <summary>When a set in it was last proven by a restore test.</summary>
    public DateTimeOffset? Proven { get; init; }

    /// <summary>Bytes left; null where nobody knows.</summary>
    public long? Free { get; init; }
}

/// <summary>Errors in a log.</summary>
public sealed record LogDiagnostics : DiagnosticSection
{
    /// <summary>How many there were since <see cref="Since"/>.</summary>
    public int Errors { get; init; }

    /// <summary>From when on.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The last of them.</summary>
    public IReadOnlyList<string> Lines { get; init => field = Listed.Of(value); } = [];
}
