namespace AskTrust.Drp;

/// <summary>Who runs a service.</summary>
public enum ServiceManager
{
    /// <summary>systemd.</summary>
    Systemd,

    /// <summary>Docker Compose.</summary>
    Compose,
}

/// <summary>How the file of a service stands.</summary>
public enum ServiceFileState
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>It is what would be written now.</summary>
    Current,

    /// <summary>It is ours, but not what would be written now: the plan, the program or somebody changed.</summary>
    Outdated,

    /// <summary>There is a file of that name, and it is not ours: it is never touched.</summary>
    Foreign,
}

/// <summary>What <c>Register-DrpService</c> and <c>Unregister-DrpService</c> get.</summary>
public sealed record ServiceOptions
{
    /// <summary>Component; null = the only one with point-in-time recovery.</summary>
    public string? Component { get; init; }

    /// <summary>Who is to run it. Default <see cref="ServiceManager.Systemd"/>.</summary>
    public ServiceManager Manager { get; init; }

    /// <summary>Folder of the file; null = where the manager looks: systemd's folder of the machine (root) or of the user, for Compose the plan's. A folder given here is only written into.</summary>
    public string? Folder { get; init; }

    /// <summary>Path of <c>drp</c>; null = the one on PATH.</summary>
    public string? Program { get; init; }

    /// <summary>User under whom systemd runs it; null = root, or the user whose systemd it is.</summary>
    public string? User { get; init; }

    /// <summary>Secrets as credentials of systemd: name of the variable the plan reads with <c>${env:NAME}</c> → file that only root can read.</summary>
    public IReadOnlyDictionary<string, string> Credentials { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Starts it, too; a running one whose unit changed is restarted.</summary>
    public bool Start { get; init; }

    /// <summary>Only tells what would be done.</summary>
    public bool DryRun { get; init; }
}

/// <summary>A service as it stands: <c>Get-DrpService</c>.</summary>
public sealed record ServiceStatus
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Name of the service.</summary>
    public required string Name { get; init; }

    /// <summary>Who runs it.</summary>
    public required ServiceManager Manager { get; init; }

    /// <summary>Its file.</summary>
    public required string File { get; init; }

    /// <summary>How the file stands.</summary>
    public required ServiceFileState State { get; init; }

    /// <summary>What systemd says: <c>enabled</c>, <c>disabled</c>, <c>masked</c>, …; null where systemd does not run.</summary>
    public string? Enabled { get; init; }

    /// <summary>What systemd says: <c>active</c>, <c>inactive</c>, <c>failed</c>, …; null where systemd does not run.</summary>
    public string? Active { get; init; }
}

/// <summary>What was done with a service, or would be.</summary>
public sealed record ServiceReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Name of the service.</summary>
    public required string Name { get; init; }

    /// <summary>Who runs it.</summary>
    public required ServiceManager Manager { get; init; }

    /// <summary>Its file.</summary>
    public required string File { get; init; }

    /// <summary>How it ended: <see cref="RunStatus.Skipped"/> when nothing had to be done.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>What was done, or would be.</summary>
    public IReadOnlyList<string> Steps { get; init => field = Listed.Of(value); } = [];

    /// <summary>What the operator should look at.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];

    /// <summary>The file's text; null after an unregistration.</summary>
    public string? Text { get; init; }
}
