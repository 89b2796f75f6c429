namespace AskTrust.Drp;

/// <summary>What the containers of the plan take of the machine at this moment.</summary>
public sealed record ContainerLoadDiagnostics : DiagnosticSection
{
    /// <summary>Each that runs, busiest first.</summary>
    public IReadOnlyList<ContainerLoad> Containers { get; init => field = Listed.Of(value); } = [];
}

/// <summary>What one container takes, in the figures of its engine, which rounds them to three or four digits. Null where the engine does not tell.</summary>
public sealed record ContainerLoad
{
    /// <summary>Its service, or its name.</summary>
    public required string Name { get; init; }

    /// <summary>Processor time, in percent of one core.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Bytes of memory it holds.</summary>
    public long? Memory { get; init; }

    /// <summary>Bytes it may hold: its own limit, else the memory of the machine.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Bytes received since it was started.</summary>
    public long? Received { get; init; }

    /// <summary>Bytes sent since it was started.</summary>
    public long? Sent { get; init; }

    /// <summary>Bytes read from disks since it was started.</summary>
    public long? Read { get; init; }

    /// <summary>Bytes written to disks since it was started.</summary>
    public long? Written { get; init; }

    /// <summary>Processes and threads in it.</summary>
    public int? Processes { get; init; }
}

/// <summary>What the container engine keeps on its disk.</summary>
public sealed record EngineDiskDiagnostics : DiagnosticSection
{
    /// <summary>One for each kind.</summary>
    public IReadOnlyList<EngineDiskUse> Kinds { get; init => field = Listed.Of(value); } = [];
}

/// <summary>What one kind of thing takes on the engine's disk, in its own rounded figures.</summary>
public sealed record EngineDiskUse
{
    /// <summary>The kind, in the engine's words: <c>Images</c>, <c>Containers</c>, <c>Local Volumes</c>, <c>Build Cache</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>How many there are.</summary>
    public int Count { get; init; }

    /// <summary>How many of them are in use.</summary>
    public int Active { get; init; }

    /// <summary>Bytes.</summary>
    public long? Size { get; init; }

    /// <summary>Bytes of those that nothing uses. Volumes that nothing uses may still hold the only copy of something.</summary>
    public long? Reclaimable { get; init; }
}
