namespace AskTrust.Drp;

/// <summary>A recovery plan as read from <c>drp.yaml</c>: checked, defaults filled in, secrets still references.</summary>
public sealed record DrpPlan
{
    /// <summary>Full path of the file it was read from; binds to <c>-Plan</c> down the pipe.</summary>
    public required string Path { get; init; }

    /// <summary>Name of the product; first part of every repository key. Lower-case letters, digits, <c>-</c> and <c>_</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Objectives by class of data (<c>critical</c>, <c>important</c>, …).</summary>
    public IReadOnlyDictionary<string, ObjectivePlan> Objectives { get; init; } = new Dictionary<string, ObjectivePlan>(StringComparer.Ordinal);

    /// <summary>What is protected, by name.</summary>
    public required IReadOnlyDictionary<string, ComponentPlan> Components { get; init; }

    /// <summary>Where backup sets live, by name.</summary>
    public required IReadOnlyDictionary<string, RepositoryPlan> Repositories { get; init; }

    /// <summary>How artifacts are encrypted; null only when the plan says <c>encryption: none</c>.</summary>
    public EncryptionPlan? Encryption { get; init; }

    /// <summary>What runs when, by name.</summary>
    public IReadOnlyDictionary<string, JobPlan> Jobs { get; init; } = new Dictionary<string, JobPlan>(StringComparer.Ordinal);

    /// <summary>How sets are compressed when a job does not say otherwise.</summary>
    public CompressionPlan Compression { get; init; } = new();

    /// <summary>Maintenance mode; null = the plan names no proxy.</summary>
    public MaintenancePlan? Maintenance { get; init; }

    /// <summary>Version and commit of the application, recorded in manifests (row D7).</summary>
    public ApplicationPlan? Application { get; init; }

    /// <summary>What is looked at besides components and repositories to tell whether all is well, and where the limits are.</summary>
    public HealthPlan Health { get; init; } = new();

    /// <summary>The folder that holds the plan: relative paths of the plan start here.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(Path)!;
}

/// <summary>What the owner promises for one class of data.</summary>
public sealed record ObjectivePlan
{
    /// <summary>Longest time until the data is usable again.</summary>
    public TimeSpan? Rto { get; init; }

    /// <summary>Largest loss of data, as time.</summary>
    public TimeSpan? Rpo { get; init; }
}

/// <summary>The protected application, for manifests.</summary>
public sealed record ApplicationPlan
{
    /// <summary>Version text, or a secret-style reference that yields it (<c>${command:…}</c>, <c>${env:…}</c>, <c>${file:…}</c>).</summary>
    public string? Version { get; init; }

    /// <summary>Commit, likewise.</summary>
    public string? Commit { get; init; }
}

/// <summary>Algorithm and level of compression.</summary>
public sealed record CompressionPlan
{
    /// <summary>The algorithm.</summary>
    public CompressionKind Kind { get; init; } = CompressionKind.Zstd;

    /// <summary>zstd 1-19, gzip 1-9.</summary>
    public int Level { get; init; } = 2;

    /// <summary>Worker threads of zstd; 0 = number of cores, at most 4.</summary>
    public int Threads { get; init; }
}

/// <summary>Compression algorithms.</summary>
public enum CompressionKind
{
    /// <summary>Not compressed.</summary>
    None,

    /// <summary>Zstandard (RFC 8878), suffix <c>.zst</c>.</summary>
    Zstd,

    /// <summary>gzip (RFC 1952), suffix <c>.gz</c>.</summary>
    Gzip,
}

/// <summary>OpenPGP encryption and signing.</summary>
public sealed record EncryptionPlan
{
    /// <summary>Fingerprints (40 hex digits) of the public keys that may read the backups; empty in symmetric mode.</summary>
    public IReadOnlyList<string> Recipients { get; init => field = Listed.Of(value); } = [];

    /// <summary>Files with the public keys (ASCII-armoured or binary), resolved against the plan's folder. Only keys named in <see cref="Recipients"/> are used.</summary>
    public IReadOnlyList<string> PublicKeys { get; init => field = Listed.Of(value); } = [];

    /// <summary>Symmetric mode: reference to the passphrase.</summary>
    public SecretReference? Passphrase { get; init; }

    /// <summary>For restore only: file with the private key. Null: the caller's own GnuPG home is used.</summary>
    public string? PrivateKey { get; init; }

    /// <summary>For restore only: reference to the passphrase of the private key.</summary>
    public SecretReference? PrivateKeyPassphrase { get; init; }

    /// <summary>Fingerprint of the key that signs manifests; null = not signed.</summary>
    public string? SigningKey { get; init; }

    /// <summary>File with the private signing key; null: the caller's own GnuPG home is used.</summary>
    public string? SigningKeyFile { get; init; }

    /// <summary>Reference to the passphrase of the signing key.</summary>
    public SecretReference? SigningPassphrase { get; init; }
}

/// <summary>One thing a job does.</summary>
public enum JobAction
{
    /// <summary>Takes a set.</summary>
    Backup,

    /// <summary>Copies what repositories lack.</summary>
    Sync,

    /// <summary>Verifies the set of this run; in a job that takes none, every set not verified yet.</summary>
    Verify,

    /// <summary>Restores the set of this run in a throw-away server and judges it; in a job that takes none, the newest set.</summary>
    TestRestore,

    /// <summary>Applies retention to the sets of the job.</summary>
    Prune,
}

/// <summary>What runs when, where, and what is kept.</summary>
public sealed record JobPlan
{
    private static readonly JobAction[] s_default = [JobAction.Backup, JobAction.Prune];

    /// <summary>Name of the job.</summary>
    public required string Name { get; init; }

    /// <summary><c>full</c> (dumps) or <c>base</c> (the whole cluster, for a return to any moment). Default <c>full</c>.</summary>
    public string Kind { get; init; } = "full";

    /// <summary>Five-field cron expression, or <c>@daily</c> and the like; null = only on demand.</summary>
    public string? Schedule { get; init; }

    /// <summary>IANA time zone of the schedule. Default UTC.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Longest random delay of a scheduled run, so that many machines do not begin at once. Default none.</summary>
    public TimeSpan? Jitter { get; init; }

    /// <summary>What a run of the job does, in this order. Default: back up, then apply <see cref="Keep"/>.</summary>
    public IReadOnlyList<JobAction> Do { get; init => field = Listed.Of(value); } = s_default;

    /// <summary>Components; empty = all.</summary>
    public IReadOnlyList<string> Components { get; init => field = Listed.Of(value); } = [];

    /// <summary>Repositories; empty = all.</summary>
    public IReadOnlyList<string> Repositories { get; init => field = Listed.Of(value); } = [];

    /// <summary>What retention keeps of this job's sets; null = everything.</summary>
    public RetentionPolicy? Keep { get; init; }

    /// <summary>Compression of this job; null = the plan's.</summary>
    public CompressionPlan? Compression { get; init; }
}

/// <summary>
/// What retention keeps. Each <c>Keep*</c> counts periods that <em>have</em> a set, newest first, not calendar age (restic's
/// rule): a missed week deletes nothing. A set stays when any rule keeps it.
/// </summary>
public sealed record RetentionPolicy
{
    /// <summary>The newest N sets.</summary>
    public int Last { get; init; }

    /// <summary>One set for each of the last N hours that have one.</summary>
    public int Hourly { get; init; }

    /// <summary>One set for each of the last N days that have one.</summary>
    public int Daily { get; init; }

    /// <summary>One set for each of the last N ISO weeks that have one.</summary>
    public int Weekly { get; init; }

    /// <summary>One set for each of the last N months that have one.</summary>
    public int Monthly { get; init; }

    /// <summary>One set for each of the last N years that have one.</summary>
    public int Yearly { get; init; }

    /// <summary>Every set not older than this, counted from the newest set (so a stopped schedule deletes nothing).</summary>
    public TimeSpan? Within { get; init; }

    /// <summary>True when no rule is set: then nothing is deleted.</summary>
    public bool IsEmpty => Last == 0 && Hourly == 0 && Daily == 0 && Weekly == 0 && Monthly == 0 && Yearly == 0 && Within is null;
}
