namespace AskTrust.Drp;

/// <summary>A command that runs before or after a component is saved.</summary>
public sealed record HookPlan
{
    /// <summary>The program, then each argument; no shell is involved.</summary>
    public IReadOnlyList<string> Run { get; init => field = Listed.Of(value); } = [];

    /// <summary>Service of a Compose project, or name of a container, that it runs in; null = this machine.</summary>
    public string? Service { get; init; }

    /// <summary>Compose project of <see cref="Service"/>; null = the only one with such a service.</summary>
    public string? Project { get; init; }

    /// <summary>User inside; null = the image's.</summary>
    public string? User { get; init; }

    /// <summary>Killed after this long. Default 5 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>What stands still while a component is saved.</summary>
public sealed record DuringPlan
{
    /// <summary>Compose services, or containers, that are stopped and started again.</summary>
    public IReadOnlyList<string> Stop { get; init => field = Listed.Of(value); } = [];

    /// <summary>The same, frozen and released again.</summary>
    public IReadOnlyList<string> Pause { get; init => field = Listed.Of(value); } = [];

    /// <summary>Compose project of the services; null = the only one with such a service.</summary>
    public string? Project { get; init; }

    /// <summary>Longest time one of them may take to stop. Default 5 minutes; then the component is not saved.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>Obeys the labels of <c>offen/docker-volume-backup</c>.</summary>
public sealed record LabelsPlan
{
    /// <summary>Value of <c>docker-volume-backup.stop-during-backup</c> that is meant. Default <c>true</c>.</summary>
    public string Stop { get; init; } = "true";

    /// <summary>Value of <c>docker-volume-backup.exec-label</c> that is meant; null = commands of every container.</summary>
    public string? Exec { get; init; }

    /// <summary>Only containers of this Compose project; null = of all.</summary>
    public string? Project { get; init; }
}
