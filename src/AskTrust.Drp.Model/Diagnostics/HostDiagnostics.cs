namespace AskTrust.Drp;

/// <summary>A machine.</summary>
public sealed record HostDiagnostics : DiagnosticSection
{
    /// <summary>Host name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Operating system.</summary>
    public string OperatingSystem { get; init; } = "";

    /// <summary>Version of the Docker server; null where none answers.</summary>
    public string? Docker { get; init; }

    /// <summary>Cores.</summary>
    public int Cores { get; init; }

    /// <summary>Since it was started.</summary>
    public TimeSpan? Uptime { get; init; }

    /// <summary>Runnable processes, as averages of one, five and fifteen minutes.</summary>
    public IReadOnlyList<double> Load { get; init => field = Listed.Of(value); } = [];

    /// <summary>Bytes of memory.</summary>
    public long? MemoryTotal { get; init; }

    /// <summary>Bytes that can be had without swapping.</summary>
    public long? MemoryAvailable { get; init; }

    /// <summary>Bytes of swap.</summary>
    public long? SwapTotal { get; init; }

    /// <summary>Bytes of swap in use.</summary>
    public long? SwapUsed { get; init; }

    /// <summary>Addresses and TCP ports on which something listens.</summary>
    public IReadOnlyList<string> Listening { get; init => field = Listed.Of(value); } = [];
}

/// <summary>A disk.</summary>
public sealed record DiskDiagnostics : DiagnosticSection
{
    /// <summary>Where it is mounted.</summary>
    public string Mount { get; init; } = "";

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>Bytes left.</summary>
    public long Free { get; init; }

    /// <summary>Space used, in percent.</summary>
    public double UsedPercent { get; init; }

    /// <summary>Inodes used, in percent; null where their number is not fixed.</summary>
    public double? InodesPercent { get; init; }
}

/// <summary>The busiest processes.</summary>
public sealed record ProcessDiagnostics : DiagnosticSection
{
    /// <summary>Those that use most of the processor, then most of the memory.</summary>
    public IReadOnlyList<BusyProcess> Busiest { get; init => field = Listed.Of(value); } = [];
}

/// <summary>A process. Its arguments are left out: they may hold secrets.</summary>
public sealed record BusyProcess
{
    /// <summary>Process id.</summary>
    public required int Pid { get; init; }

    /// <summary>Program.</summary>
    public required string Name { get; init; }

    /// <summary>Its user.</summary>
    public required string User { get; init; }

    /// <summary>Processor time, in percent of one core.</summary>
    public double CpuPercent { get; init; }

    /// <summary>Bytes of memory it holds.</summary>
    public long Memory { get; init; }
}

/// <summary>Containers.</summary>
public sealed record ContainerDiagnostics : DiagnosticSection
{
    /// <summary>Each container the plan names or that is in a project with one.</summary>
    public IReadOnlyList<ContainerLook> Containers { get; init => field = Listed.Of(value); } = [];
}

/// <summary>A container.</summary>
public sealed record ContainerLook
{
    /// <summary>Its service, or its name.</summary>
    public required string Name { get; init; }

    /// <summary>Image.</summary>
    public string Image { get; init; } = "";

    /// <summary>What it does.</summary>
    public ContainerState State { get; init; }

    /// <summary>What its health check says.</summary>
    public ContainerHealth Health { get; init; }

    /// <summary>Exit code of the last run.</summary>
    public int ExitCode { get; init; }

    /// <summary>How often its engine started it again.</summary>
    public int Restarts { get; init; }

    /// <summary>When it was last started.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Last lines it wrote.</summary>
    public IReadOnlyList<string> LastLines { get; init => field = Listed.Of(value); } = [];
}
