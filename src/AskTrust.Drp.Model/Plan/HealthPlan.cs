namespace AskTrust.Drp;

/// <summary>What <c>Test-DrpHealth</c> looks at besides the components and repositories of the plan, and where it warns.</summary>
public sealed record HealthPlan
{
    /// <summary>Pages that must answer, by name.</summary>
    public IReadOnlyDictionary<string, HttpProbePlan> Http { get; init; } = new Dictionary<string, HttpProbePlan>(StringComparer.Ordinal);

    /// <summary>Compose projects all of whose services must run, besides those of the components.</summary>
    public IReadOnlyList<string> Compose { get; init => field = Listed.Of(value); } = [];

    /// <summary>Names or ids of containers that must run, besides those of the components.</summary>
    public IReadOnlyList<string> Containers { get; init => field = Listed.Of(value); } = [];

    /// <summary>Log files that are searched, by name.</summary>
    public IReadOnlyDictionary<string, LogProbePlan> Logs { get; init; } = new Dictionary<string, LogProbePlan>(StringComparer.Ordinal);

    /// <summary>From where on a value is a warning.</summary>
    public HealthLimits Limits { get; init; } = new();

    /// <summary>How long one check may take; then it has failed. Default 10 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A page that must answer.</summary>
public sealed record HttpProbePlan
{
    /// <summary>Name in the plan.</summary>
    public required string Name { get; init; }

    /// <summary>Address, http or https, asked without any proxy; redirects are not followed.</summary>
    public required string Url { get; init; }

    /// <summary>Status that is expected; null = any from 200 to 299.</summary>
    public int? Status { get; init; }

    /// <summary>Text that must be in the answer (of its first MiB); null = not looked at.</summary>
    public string? Contains { get; init; }

    /// <summary>Longest time to the end of the answer that is no warning; null = the limit <see cref="HealthLimits.Response"/>.</summary>
    public TimeSpan? Within { get; init; }

    /// <summary>PEM file with the authority of the certificate; null = the system's.</summary>
    public string? CaFile { get; init; }
}

/// <summary>A log that is searched for errors.</summary>
public sealed record LogProbePlan
{
    /// <summary>Name in the plan.</summary>
    public required string Name { get; init; }

    /// <summary>The file; null = the log of <see cref="Container"/> or <see cref="ComposeService"/>.</summary>
    public string? File { get; init; }

    /// <summary>Name or id of a container whose log it is.</summary>
    public string? Container { get; init; }

    /// <summary>Service of a Compose project whose log it is.</summary>
    public string? ComposeService { get; init; }

    /// <summary>Project of the service; null = the only one with such a service.</summary>
    public string? ComposeProject { get; init; }

    /// <summary>Regular expressions; a line that fits one of them counts. Upper and lower case are the same.</summary>
    public IReadOnlyList<string> Patterns { get; init => field = Listed.Of(value); } = new[] { @"\b(error|fatal|panic|exception|critical)\b" };

    /// <summary>How far back is looked, where lines carry a time. Default 1 hour.</summary>
    public TimeSpan Since { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many such lines are no warning. Default none.</summary>
    public int Most { get; init; }
}

/// <summary>From where on a value is a warning. The defaults are those of the recovery plans this tool was made for.</summary>
public sealed record HealthLimits
{
    /// <summary>Of the time that was watched, the least in which a page or server answered, in percent. Default 99.9.</summary>
    public decimal Availability { get; init; } = 99.9m;

    /// <summary>Longest answer of a page. Default 2 seconds.</summary>
    public TimeSpan Response { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest answer of a database or Redis to the simplest question. Default 500 milliseconds.</summary>
    public TimeSpan Database { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Processor time used, in percent. Default 80.</summary>
    public int Cpu { get; init; } = 80;

    /// <summary>Memory used, in percent; that of Redis against its own maximum, too. Default 85.</summary>
    public int Memory { get; init; } = 85;

    /// <summary>Space used on each disk, in percent. Default 90.</summary>
    public int Disk { get; init; } = 90;

    /// <summary>Space used on the disk of a repository, in percent. Default 85.</summary>
    public int BackupDisk { get; init; } = 85;

    /// <summary>Inodes used on each disk, in percent. Default 90.</summary>
    public int Inodes { get; init; } = 90;

    /// <summary>Connections used of those a PostgreSQL server allows, in percent. Default 80.</summary>
    public int Connections { get; init; } = 80;

    /// <summary>Oldest transaction. Default 1 hour.</summary>
    public TimeSpan Transaction { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bytes a standby is behind. Default 64 MiB.</summary>
    public long ReplicationLag { get; init; } = 64L << 20;

    /// <summary>Times a container was started again by itself. Default 3.</summary>
    public int Restarts { get; init; } = 3;

    /// <summary>Days a certificate must still be good for. Default 14.</summary>
    public int CertificateDays { get; init; } = 14;

    /// <summary>Oldest newest backup of a component whose class has no RPO. Default 24 hours.</summary>
    public TimeSpan BackupAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Oldest newest restore test that passed. Default 35 days: monthly, and a few days' grace.</summary>
    public TimeSpan RestoreTestAge { get; init; } = TimeSpan.FromDays(35);
}
