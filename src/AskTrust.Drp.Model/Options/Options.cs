namespace AskTrust.Drp;

/// <summary>What <c>Invoke-DrpBackup</c> is asked.</summary>
public sealed record BackupOptions
{
    /// <summary>Job whose components, repositories and compression apply; null = all of the plan.</summary>
    public string? Job { get; init; }

    /// <summary>Components; empty = the job's, or all.</summary>
    public IReadOnlyList<string> Components { get; init => field = Listed.Of(value); } = [];

    /// <summary>Repositories; empty = the job's, or all.</summary>
    public IReadOnlyList<string> Repositories { get; init => field = Listed.Of(value); } = [];

    /// <summary>Why, for the record (e.g. “before release 4.2”).</summary>
    public string? Reason { get; init; }

    /// <summary>Never delete this set by retention.</summary>
    public bool Pin { get; init; }

    /// <summary>A complete set of what is asked for, not older than this, counts: then none is taken, and the run is <see cref="RunStatus.Skipped"/>. Null = one is always taken.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>The set must be proven by a restore test: one that counts was, a new one is at once.</summary>
    public bool RequireProven { get; init; }

    /// <summary><c>full</c> (dumps), <c>base</c> (the whole cluster, for a return to any moment) or <c>safety</c>; null = the job's, else <c>full</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>Save everything also where the plan would have saved only what changed: files with <c>full</c>, base backups with <c>baseBackup.full</c>. An error where there is neither.</summary>
    public bool Full { get; init; }

    /// <summary>Only say what would be done: reads, never writes.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What <c>Test-DrpBackup</c> is asked.</summary>
public sealed record VerifyOptions
{
    /// <summary>Which sets.</summary>
    public BackupFilter Filter { get; init; } = new();

    /// <summary>How deep. Default <see cref="VerificationDepth.Content"/>.</summary>
    public VerificationDepth Depth { get; init; } = VerificationDepth.Content;

    /// <summary>Skips what was verified at that depth before.</summary>
    public bool NewOnly { get; init; }
}

/// <summary>What <c>Invoke-DrpRetention</c> is asked.</summary>
public sealed record RetentionOptions
{
    /// <summary>Job whose <c>keep</c> applies to its own sets; null = every job.</summary>
    public string? Job { get; init; }

    /// <summary>Repositories; empty = all.</summary>
    public IReadOnlyList<string> Repositories { get; init => field = Listed.Of(value); } = [];

    /// <summary>A policy in place of the plan's.</summary>
    public RetentionPolicy? Policy { get; init; }

    /// <summary>Only say what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What <c>Remove-DrpBackup</c> is asked.</summary>
public sealed record RemoveOptions
{
    /// <summary>Exact ids.</summary>
    public required IReadOnlyList<string> Ids { get; init => field = Listed.Of(value); }

    /// <summary>Repositories; empty = all.</summary>
    public IReadOnlyList<string> Repositories { get; init => field = Listed.Of(value); } = [];

    /// <summary>Also the last good set, the newest proven set and pinned sets.</summary>
    public bool Force { get; init; }

    /// <summary>Only say what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What <c>Set-DrpBackup</c> is asked.</summary>
public sealed record PinOptions
{
    /// <summary>Exact ids, or <c>latest</c>.</summary>
    public required IReadOnlyList<string> Ids { get; init => field = Listed.Of(value); }

    /// <summary>True: retention never deletes the sets; false: it may again.</summary>
    public required bool Pinned { get; init; }

    /// <summary>Why, for the record.</summary>
    public string? Reason { get; init; }

    /// <summary>Only say what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What <c>Sync-DrpRepository</c> is asked.</summary>
public sealed record SyncOptions
{
    /// <summary>Repositories to complete; empty = all that are written to.</summary>
    public IReadOnlyList<string> Repositories { get; init => field = Listed.Of(value); } = [];

    /// <summary>Repository to copy from; null = any that has the set.</summary>
    public string? From { get; init; }

    /// <summary>Which sets.</summary>
    public BackupFilter Filter { get; init; } = new();

    /// <summary>Only say what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What <c>Restore-DrpDatabase</c> is asked.</summary>
public sealed record RestoreOptions
{
    /// <summary>Set id, or <c>latest</c>; exactly one of this and <see cref="Path"/>.</summary>
    public string? Id { get; init; }

    /// <summary>A file (<c>.dump</c>, <c>.sql</c>, with <c>.gz</c>, <c>.zst</c>, <c>.gpg</c> in any order) or a folder of a set.</summary>
    public string? Path { get; init; }

    /// <summary>Component; may be left out when there is only one.</summary>
    public string? Component { get; init; }

    /// <summary>Repository to read from; null = the first that has it.</summary>
    public string? Repository { get; init; }

    /// <summary>Database to restore into; null = the component's own.</summary>
    public string? Database { get; init; }

    /// <summary>Another server: a connection URL without a password; null = the component's own.</summary>
    public string? TargetUrl { get; init; }

    /// <summary>Reference to the password of <see cref="TargetUrl"/>.</summary>
    public SecretReference? TargetPassword { get; init; }

    /// <summary>Replace a database that is not empty.</summary>
    public bool Force { get; init; }

    /// <summary>Do nothing when the database is not empty (row E1).</summary>
    public bool IfEmpty { get; init; }

    /// <summary>Also roles and tablespaces. Default false.</summary>
    public bool Globals { get; init; }

    /// <summary>Parallel jobs of pg_restore; 0 = number of cores, at most 8.</summary>
    public int Jobs { get; init; }

    /// <summary>Reason for going without a safety backup, recorded as evidence; null = a safety backup is taken.</summary>
    public string? NoSafetyReason { get; init; }

    /// <summary>The operator has already said yes to overwriting production.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Keeps the previous database aside under another name, for an undo within a second.</summary>
    public bool KeepPrevious { get; init; }

    /// <summary>Returns the whole cluster to this state, from a base backup and archived WAL, in <see cref="DataDirectory"/>; null = restores a dump.</summary>
    public RecoveryTarget? To { get; init; }

    /// <summary>With <see cref="To"/>: the data directory to make. One that is there already is kept aside, and needs <see cref="Force"/>.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>With <see cref="To"/>, in place of <see cref="DataDirectory"/>: name or id of the container whose volume gets the cluster; it is stopped and started.</summary>
    public string? Container { get; init; }

    /// <summary>The same for the container of a Compose service.</summary>
    public string? Service { get; init; }

    /// <summary>Compose project of <see cref="Service"/>; null = the only one with such a service.</summary>
    public string? Project { get; init; }

    /// <summary>
    /// With <see cref="DataDirectory"/>: overwrites the cluster that is there, writing only what differs. It must be the very cluster that the base is of; it is not
    /// kept aside, so there is no undo, and the operator must have said yes (<see cref="Confirmed"/>).
    /// </summary>
    public bool Delta { get; init; }

    /// <summary>With <see cref="To"/>: stops just before the target instead of just after.</summary>
    public bool Exclusive { get; init; }

    /// <summary>With <see cref="To"/>: timeline to end on; null = the newest that descends from the base.</summary>
    public uint? Timeline { get; init; }

    /// <summary>With <see cref="To"/>: new folder of a tablespace, by its name or its old folder. Those not named go to their old folder.</summary>
    public IReadOnlyDictionary<string, string> Tablespaces { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>With <see cref="To"/>: starts the server at the end, with its own settings.</summary>
    public bool Start { get; init; }

    /// <summary>Only say what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What <c>Restore-DrpComponent</c> is asked.</summary>
public sealed record RestoreComponentOptions
{
    /// <summary>Set id, or <c>latest</c>.</summary>
    public string Id { get; init; } = "latest";

    /// <summary>The folder of a set, or an archive of files made by anybody, in place of <see cref="Id"/> and <see cref="Repository"/>; null = a repository of the plan.</summary>
    public string? Path { get; init; }

    /// <summary>Component; may be left out when the set has only one with files.</summary>
    public string? Component { get; init; }

    /// <summary>Repository to read from; null = the first that has it.</summary>
    public string? Repository { get; init; }

    /// <summary>Where to restore to: a folder, or the name of a volume; null = where it was.</summary>
    public string? Destination { get; init; }

    /// <summary><see cref="Destination"/> as a folder; a surface that has a current folder of its own sets it.</summary>
    /// <value>Without it a relative path starts at the current folder of the process.</value>
    public string? DestinationFolder { get; init; }

    /// <summary>
    /// Only what fits one of these patterns, in place one by one: <c>*.pdf</c> and <c>invoices</c> at any depth, <c>/invoices</c> only at the top. Empty = everything.
    /// </summary>
    public IReadOnlyList<string> Include { get; init => field = Listed.Of(value); } = [];

    /// <summary>Replace a folder that is not empty; its content is kept aside.</summary>
    public bool Force { get; init; }

    /// <summary>The operator has already said yes to overwriting production.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Only say what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What <c>Undo-DrpRestore</c> is asked.</summary>
public sealed record UndoOptions
{
    /// <summary>Restore to undo; null = the newest.</summary>
    public string? RestoreId { get; init; }

    /// <summary>The operator has already said yes to overwriting production.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Only say what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What <c>Test-DrpRestore</c> is asked.</summary>
public sealed record RestoreTestOptions
{
    /// <summary>Set id, or <c>latest</c>.</summary>
    public string Id { get; init; } = "latest";

    /// <summary>A random set older than the newest, in place of <see cref="Id"/>.</summary>
    public bool Random { get; init; }

    /// <summary>Component; may be left out when there is only one.</summary>
    public string? Component { get; init; }

    /// <summary>Repository to read from; null = the first that has it.</summary>
    public string? Repository { get; init; }

    /// <summary>Where; null = the plan's choice.</summary>
    public RestoreTestWhere? Where { get; init; }

    /// <summary>Proves the way to this state: base backup, archived WAL and all; null = the set alone.</summary>
    public RecoveryTarget? To { get; init; }

    /// <summary>Also restores a damaged copy, which must be refused.</summary>
    public bool NegativeControl { get; init; }

    /// <summary>Parallel jobs of pg_restore; 0 = number of cores, at most 8.</summary>
    public int Jobs { get; init; }
}

/// <summary>What <c>New-DrpPlan</c> is asked. Exactly one of the two sources.</summary>
public sealed record PlanInitOptions
{
    /// <summary>Compose file to take the stack from.</summary>
    public string? ComposeFile { get; init; }

    /// <summary>Connection URL of a PostgreSQL database.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>File to write. Default <c>drp.yaml</c> in the current folder.</summary>
    public required string Path { get; init; }

    /// <summary>Name of the product; null = from the Compose project or database.</summary>
    public string? Name { get; init; }

    /// <summary>Overwrite an existing file.</summary>
    public bool Force { get; init; }

    /// <summary>Only return the text.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What <c>Export-DrpReport</c> is asked.</summary>
public sealed record ReportOptions
{
    /// <summary>Folder to write into; made when missing.</summary>
    public required string Folder { get; init; }

    /// <summary>Formats. Default all three.</summary>
    public IReadOnlyList<ReportFormat> Formats { get; init => field = Listed.Of(value); } = new[] { ReportFormat.Markdown, ReportFormat.Json, ReportFormat.Html };

    /// <summary>Language of the report: <c>en</c> or <c>fr</c>; null = the current one.</summary>
    public string? Language { get; init; }
}

/// <summary>What <c>Test-DrpHealth</c> looks at.</summary>
public sealed record HealthOptions
{
    /// <summary>Only these kinds; empty = all.</summary>
    public IReadOnlyList<HealthKind> Kinds { get; init => field = Listed.Of(value); } = [];

    /// <summary>Only what has this name: a component, page, container, log or repository. Null = everything.</summary>
    public string? Name { get; init; }

    /// <summary>How long each check may take; null = the plan's, 10 seconds unless it says otherwise.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>What <c>Get-DrpDiagnostics</c> gathers.</summary>
public sealed record DiagnosticOptions
{
    /// <summary>How long each section may take. Default 2 seconds, so that all of them are there within three.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>File to write a bundle into, a zip that may be sent to somebody: secrets are masked. It must not exist. Null = none.</summary>
    public string? Bundle { get; init; }

    /// <summary>Last lines of each container and log. Default 5.</summary>
    public int Lines { get; init; } = 5;
}
