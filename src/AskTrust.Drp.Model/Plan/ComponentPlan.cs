namespace AskTrust.Drp;

/// <summary>What is protected. One derived record per type.</summary>
public abstract record ComponentPlan
{
    /// <summary>Name in the plan: lower-case letters, digits, <c>-</c> and <c>_</c>; part of object keys.</summary>
    public required string Name { get; init; }

    /// <summary>Type in the plan, e.g. <c>postgresql</c>.</summary>
    public abstract string Type { get; }

    /// <summary>Class of data: a key of <see cref="DrpPlan.Objectives"/>.</summary>
    public string? Class { get; init; }

    /// <summary>True when this is production: restores into it ask, unless forced.</summary>
    public bool Production { get; init; }

    /// <summary>Commands before it is saved; when one fails it is not.</summary>
    public IReadOnlyList<HookPlan> Before { get; init => field = Listed.Of(value); } = [];

    /// <summary>Commands after it was saved, also when that failed or was cancelled.</summary>
    public IReadOnlyList<HookPlan> After { get; init => field = Listed.Of(value); } = [];

    /// <summary>What stands still meanwhile; null = nothing.</summary>
    public DuringPlan? During { get; init; }

    /// <summary>Labels of <c>offen/docker-volume-backup</c> that are obeyed; null = none.</summary>
    public LabelsPlan? Labels { get; init; }
}

/// <summary>One PostgreSQL database, dumped logically.</summary>
public sealed record PostgreSqlPlan : ComponentPlan, IContainerPlace
{
    /// <inheritdoc/>
    public override string Type => "postgresql";

    /// <summary>
    /// libpq connection URL without a password, e.g. <c>postgresql://user@host:5432/db?sslmode=verify-full</c>; a socket is
    /// <c>postgresql://user@/db?host=/run/postgresql</c>. With <see cref="Container"/> or <see cref="ComposeService"/> host and port are not used.
    /// </summary>
    public string? Url { get; init; }

    /// <summary>Name of an entry of <c>pg_service.conf</c>.</summary>
    public string? Service { get; init; }

    /// <summary>Name or id of a container: server tools run inside it.</summary>
    public string? Container { get; init; }

    /// <summary>Service of a Compose project: its container is found by labels.</summary>
    public string? ComposeService { get; init; }

    /// <summary>Compose project name; needed with <see cref="ComposeService"/> unless only one project has such a service.</summary>
    public string? ComposeProject { get; init; }

    /// <summary>Database user where <see cref="Url"/> does not say; in containers default is the image's <c>POSTGRES_USER</c>, else <c>postgres</c>.</summary>
    public string? User { get; init; }

    /// <summary>Database where <see cref="Url"/> does not say; in containers default is <c>POSTGRES_DB</c>, else the user.</summary>
    public string? Database { get; init; }

    /// <summary>Reference to the password; null = trust, peer, or <c>.pgpass</c>.</summary>
    public SecretReference? Password { get; init; }

    /// <summary>Also saves roles and tablespaces (<c>pg_dumpall --globals-only</c>). Default true.</summary>
    public bool Globals { get; init; } = true;

    /// <summary>Dump in a serializable, deferrable transaction (row C2). Default false.</summary>
    public bool SerializableDeferrable { get; init; }

    /// <summary>Parallel dumps. Default 1; more pays only where cores and disks are idle.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>Writes a canary row into schema <c>drp_canary</c> before each backup, read back by restore tests. Default false.</summary>
    public bool Canary { get; init; }

    /// <summary>How base backups are taken.</summary>
    public BaseBackupPlan BaseBackup { get; init; } = new();

    /// <summary>How long to wait for the server. Default 15 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How a restored copy is judged.</summary>
    public RestoreTestPlan RestoreTest { get; init; } = new();

    /// <summary>Point-in-time recovery; null = off.</summary>
    public PointInTimePlan? PointInTime { get; init; }

    /// <summary>Primary and standby that can change places; null = one server, or somebody else's matter.</summary>
    public PairPlan? Pair { get; init; }
}

/// <summary>How base backups (kind <c>base</c>) of a cluster are taken.</summary>
public sealed record BaseBackupPlan
{
    /// <summary>Most bytes per second that the server sends (32 KiB to 1 GiB); null = as fast as it goes.</summary>
    public long? MaxRate { get; init; }

    /// <summary>Lets the server spread the checkpoint a base begins with over its usual time, which may take minutes. Default false: at once.</summary>
    public bool SpreadCheckpoint { get; init; }

    /// <summary>The server compresses what it sends (PostgreSQL 15 and newer, zstd), with its own processor time; null = when it runs on this machine.</summary>
    public bool? ServerCompression { get; init; }

    /// <summary>How often a base holds the whole cluster; those in between hold the blocks that changed since the one before (PostgreSQL 17 and newer). Null = each is whole.</summary>
    public TimeSpan? Full { get; init; }
}

/// <summary>How a restored copy is judged.</summary>
public sealed record RestoreTestPlan
{
    /// <summary>Where: throw-away cluster of this machine's PostgreSQL, or a throw-away container.</summary>
    public RestoreTestWhere Where { get; init; } = RestoreTestWhere.Auto;

    /// <summary>Image for container mode; null = the image recorded in the manifest (production's own), by digest.</summary>
    public string? Image { get; init; }

    /// <summary>SQL assertions.</summary>
    public IReadOnlyList<SqlAssertion> Assertions { get; init => field = Listed.Of(value); } = [];

    /// <summary>External command (argument list) run with <c>DATABASE_URL</c> set to the restored copy: the application's own tests. Exit 0 passes.</summary>
    public IReadOnlyList<string> Command { get; init => field = Listed.Of(value); } = [];

    /// <summary>Longest time for the external command. Default 15 minutes.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(15);
}

/// <summary>Where a restore test runs.</summary>
public enum RestoreTestWhere
{
    /// <summary>A container when the component is one (production's image), else a throw-away cluster.</summary>
    Auto,

    /// <summary>A throw-away cluster made with this machine's <c>initdb</c>.</summary>
    Cluster,

    /// <summary>A throw-away container.</summary>
    Container,
}

/// <summary>One SQL assertion: the first column of the first row, as text, is compared.</summary>
public sealed record SqlAssertion
{
    /// <summary>Name in reports; default is the SQL itself, shortened.</summary>
    public required string Name { get; init; }

    /// <summary>One SELECT.</summary>
    public required string Sql { get; init; }

    /// <summary>Expected value as text; null = see the other rules, and with none of them: <c>t</c>/<c>true</c>.</summary>
    public string? Equal { get; init; }

    /// <summary>Smallest number that passes.</summary>
    public decimal? AtLeast { get; init; }

    /// <summary>Largest number that passes.</summary>
    public decimal? AtMost { get; init; }

    /// <summary>Longest time the query may take (row A4: a timed query).</summary>
    public TimeSpan? Within { get; init; }
}
