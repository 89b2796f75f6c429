namespace AskTrust.Drp;

/// <summary>Who calls the jobs of a plan at their times.</summary>
public enum ScheduleManager
{
    /// <summary>systemd where it runs; on Windows its task scheduler; else the crontab of the user.</summary>
    Auto,

    /// <summary>Timers of systemd.</summary>
    Systemd,

    /// <summary>The crontab of the user, through the program <c>crontab</c>: our lines only, between two marks.</summary>
    Crontab,

    /// <summary>A file of ours in <c>/etc/cron.d</c>.</summary>
    CronFolder,

    /// <summary>The task scheduler of Windows.</summary>
    Windows,
}

/// <summary>What <c>Register-DrpSchedule</c> and <c>Unregister-DrpSchedule</c> are asked.</summary>
public sealed record ScheduleOptions
{
    /// <summary>Jobs; empty = every job of the plan that has a schedule.</summary>
    public IReadOnlyList<string> Jobs { get; init => field = Listed.Of(value); } = [];

    /// <summary>Who calls them. Default <see cref="ScheduleManager.Auto"/>.</summary>
    public ScheduleManager Manager { get; init; }

    /// <summary>Folder of the files; null = where the manager looks. A folder given here is only written into, nobody is told.</summary>
    public string? Folder { get; init; }

    /// <summary>Path of <c>drp</c>; null = the one on PATH.</summary>
    public string? Program { get; init; }

    /// <summary>User under whom the jobs run (systemd, <c>/etc/cron.d</c>); null = root, or the user whose systemd or crontab it is.</summary>
    public string? User { get; init; }

    /// <summary>systemd: secrets as credentials, name of the variable the plan reads with <c>${env:NAME}</c> → file that only root can read.</summary>
    public IReadOnlyDictionary<string, string> Credentials { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Only tells what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What was done with the schedules of a plan, or would be.</summary>
public sealed record ScheduleReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Who calls the jobs.</summary>
    public required ScheduleManager Manager { get; init; }

    /// <summary>The jobs meant.</summary>
    public required IReadOnlyList<string> Jobs { get; init => field = Listed.Of(value); }

    /// <summary>How it ended: <see cref="RunStatus.Skipped"/> when nothing had to be done.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>What was done, or would be.</summary>
    public IReadOnlyList<string> Steps { get; init => field = Listed.Of(value); } = [];

    /// <summary>What the operator should look at.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];

    /// <summary>What is written, as text; null after an unregistration.</summary>
    public string? Text { get; init; }
}

/// <summary>The schedule of one job as it stands: <c>Get-DrpSchedule</c>.</summary>
public sealed record ScheduleStatus
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Name of the job.</summary>
    public required string Job { get; init; }

    /// <summary>Cron expression of the plan.</summary>
    public required string Schedule { get; init; }

    /// <summary>Its IANA time zone.</summary>
    public required string TimeZone { get; init; }

    /// <summary>Who calls it.</summary>
    public required ScheduleManager Manager { get; init; }

    /// <summary>File or crontab in which it stands.</summary>
    public required string Place { get; init; }

    /// <summary>How that stands.</summary>
    public required ServiceFileState State { get; init; }

    /// <summary>What systemd says of the timer; null with other managers, or where systemd does not run.</summary>
    public string? Active { get; init; }

    /// <summary>When its last run began (UTC), from the evidence; null = never.</summary>
    public DateTimeOffset? LastRun { get; init; }

    /// <summary>How that run ended.</summary>
    public RunStatus? LastStatus { get; init; }

    /// <summary>Its exit code, by name.</summary>
    public DrpError? LastCode { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan? LastDuration { get; init; }

    /// <summary>When it is due next (UTC), before jitter.</summary>
    public required DateTimeOffset NextRun { get; init; }

    /// <summary>Times (UTC) at which it was due since it was registered, within the last 31 days, and did not run; oldest first.</summary>
    public IReadOnlyList<DateTimeOffset> Missed { get; init => field = Listed.Of(value); } = [];
}
