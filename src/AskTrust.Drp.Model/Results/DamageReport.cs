namespace AskTrust.Drp;

/// <summary>What <c>drp damage</c> is asked.</summary>
public sealed record DamageOptions
{
    /// <summary>Only these components; empty = all of the plan.</summary>
    public IReadOnlyList<string> Components { get; init => field = Listed.Of(value); } = [];

    /// <summary>Does not search the archived WAL for what happened to a table or database; quicker, and less is known.</summary>
    public bool NoSearch { get; init; }

    /// <summary>How long the search of the WAL may take, for each component. Default 60 seconds.</summary>
    public TimeSpan SearchFor { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>What is wrong.</summary>
public enum DamageKind
{
    /// <summary>A server does not answer.</summary>
    ServerDown,

    /// <summary>The container is there and does not run.</summary>
    ContainerStopped,

    /// <summary>There is no such container.</summary>
    ContainerMissing,

    /// <summary>The server answers, but refuses us.</summary>
    AccessRefused,

    /// <summary>The server takes no writes.</summary>
    ReadOnly,

    /// <summary>The server runs, its database is gone.</summary>
    DatabaseMissing,

    /// <summary>A table of the newest backup is gone.</summary>
    TableMissing,

    /// <summary>A table that had rows in the newest backup has none.</summary>
    TableEmpty,

    /// <summary>A table has less than half of the rows it had in the newest backup.</summary>
    RowsMissing,

    /// <summary>The server has found pages whose checksum is wrong.</summary>
    PagesDamaged,

    /// <summary>Indexes that queries do not use, because they were never finished.</summary>
    IndexInvalid,

    /// <summary>A folder of the newest backup is gone.</summary>
    FolderMissing,

    /// <summary>A folder that had files in the newest backup has none, or less than half.</summary>
    FilesMissing,

    /// <summary>A component of another kind cannot be reached or read.</summary>
    ComponentBroken,

    /// <summary>No room is left on a disk.</summary>
    DiskFull,

    /// <summary>Less than a tenth of a disk is left.</summary>
    DiskFilling,

    /// <summary>A repository does not answer: what it holds is not known.</summary>
    RepositoryUnreachable,

    /// <summary>Nothing can be recovered: there is no backup.</summary>
    NoBackup,

    /// <summary>The newest moment that can be recovered is older than the objective allows.</summary>
    BackupOld,

    /// <summary>A standby is there and cannot take over.</summary>
    StandbyUnfit,
}

/// <summary>One thing that is wrong.</summary>
public sealed record DamageFinding
{
    /// <summary>Component; null when it is none's.</summary>
    public string? Component { get; init; }

    /// <summary>On what: table, container, folder, disk, repository.</summary>
    public required string Subject { get; init; }

    /// <summary>What it is.</summary>
    public required DamageKind Kind { get; init; }

    /// <summary>Failed = damage; warning = it will become some.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>In words.</summary>
    public required string Message { get; init; }

    /// <summary>What to do, where no command of ours does it.</summary>
    public string? Hint { get; init; }

    /// <summary>When it happened; null when nothing tells.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Last moment it is known to have been well; null when nothing tells.</summary>
    public DateTimeOffset? LastGood { get; init; }

    /// <summary>Rows or files that the newest backup has and that are gone; null when not known.</summary>
    public long? Gone { get; init; }
}

/// <summary>How a component stands, and to when it can be recovered.</summary>
public sealed record ComponentDamage
{
    /// <summary>Name in the plan.</summary>
    public required string Component { get; init; }

    /// <summary>Type in the plan.</summary>
    public required string Type { get; init; }

    /// <summary>The worst of its findings.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>When the damage began; null when nothing tells, or there is none.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Earliest moment that can be recovered; null = none.</summary>
    public DateTimeOffset? RecoverableFrom { get; init; }

    /// <summary>Latest moment that can be recovered; null = none.</summary>
    public DateTimeOffset? RecoverableTo { get; init; }

    /// <summary>What would be lost at most when the component had to be recovered: from <see cref="RecoverableTo"/> to the damage, or to now. Null when nothing can be recovered.</summary>
    public TimeSpan? Loss { get; init; }

    /// <summary>Objective for what may be lost.</summary>
    public TimeSpan? ObjectiveRpo { get; init; }

    /// <summary>Objective for how long recovery may take.</summary>
    public TimeSpan? ObjectiveRto { get; init; }
}

/// <summary>Ways to recover.</summary>
public enum RecoveryMethod
{
    /// <summary>Start what is stopped; nothing is lost.</summary>
    Start,

    /// <summary>The standby takes over.</summary>
    Failover,

    /// <summary>Only the table comes back, from the moment before the accident.</summary>
    UndoTable,

    /// <summary>The whole cluster returns to a moment.</summary>
    PointInTime,

    /// <summary>The component comes back from a backup set.</summary>
    RestoreSet,

    /// <summary>The set is restored beside, to take out what is missing.</summary>
    RestoreBeside,

    /// <summary>Everything of the plan comes back from its sets.</summary>
    RestoreSystem,

    /// <summary>Indexes are rebuilt.</summary>
    Repair,

    /// <summary>Backups that retention does not keep are deleted, to make room.</summary>
    MakeRoom,
}

/// <summary>One way to recover, with the command to type.</summary>
public sealed record RecoveryOption
{
    /// <summary>Component; null = all.</summary>
    public string? Component { get; init; }

    /// <summary>The way.</summary>
    public required RecoveryMethod Method { get; init; }

    /// <summary>True for the one we would take; at most one for each component.</summary>
    public bool Recommended { get; init; }

    /// <summary>Why, or why not.</summary>
    public required string Reason { get; init; }

    /// <summary>What to type in a shell.</summary>
    public required string Command { get; init; }

    /// <summary>What to type in PowerShell; null when it is the same.</summary>
    public string? Cmdlet { get; init; }

    /// <summary>Moment it returns to; null = nothing goes back, or not known.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>What is lost at most; null when not known.</summary>
    public TimeSpan? Loss { get; init; }

    /// <summary>Rows younger than the backup that would be lost, by the statistics of the running server; null when not known.</summary>
    public long? LostRows { get; init; }

    /// <summary>How long it will take, from what was measured before; null when it never was.</summary>
    public TimeSpan? Predicted { get; init; }

    /// <summary>Measurements that <see cref="Predicted"/> rests on.</summary>
    public int Measurements { get; init; }

    /// <summary>Newest of these measurements.</summary>
    public DateTimeOffset? Measured { get; init; }

    /// <summary>True when it keeps the objective for time; null when one of both is not known.</summary>
    public bool? MeetsRto { get; init; }

    /// <summary>True when it keeps the objective for loss; null when one of both is not known.</summary>
    public bool? MeetsRpo { get; init; }
}

/// <summary>What is wrong, since when, what can be recovered, and how: <c>Get-DrpDamage</c>.</summary>
public sealed record DamageReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Name of the product.</summary>
    public required string Product { get; init; }

    /// <summary>When it was looked at (UTC).</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Failed = there is damage; warning = there will be.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>What is wrong, the worst first.</summary>
    public required IReadOnlyList<DamageFinding> Findings { get; init => field = Listed.Of(value); }

    /// <summary>Each component.</summary>
    public required IReadOnlyList<ComponentDamage> Components { get; init => field = Listed.Of(value); }

    /// <summary>Ways to recover what is damaged, the recommended one of each component first.</summary>
    public required IReadOnlyList<RecoveryOption> Options { get; init => field = Listed.Of(value); }

    /// <summary>What could not be looked at, and why.</summary>
    public IReadOnlyList<string> Unknown { get; init => field = Listed.Of(value); } = [];

    /// <summary>How long the look took.</summary>
    public TimeSpan Elapsed { get; init; }
}
