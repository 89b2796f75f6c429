namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>A place inside a container that is not of its own layer.</summary>
/// <param name="Type"><c>volume</c>, <c>bind</c> or <c>tmpfs</c>.</param>
/// <param name="Volume">Name of the volume; null for other types.</param>
/// <param name="Source">Path on the engine's host.</param>
/// <param name="Destination">Path inside.</param>
/// <param name="Writable">False when mounted read-only.</param>
internal sealed record ContainerMount(string Type, string? Volume, string Source, string Destination, bool Writable);

/// <summary>A container as its engine knows it at one moment.</summary>
internal sealed record ContainerFacts
{
    /// <summary>Full id.</summary>
    public required string Id { get; init; }

    /// <summary>Name without the leading slash, for people: nothing is found by it that has labels.</summary>
    public required string Name { get; init; }

    /// <summary>Image reference it was started from, e.g. <c>postgres:15</c>.</summary>
    public string Image { get; init; } = "";

    /// <summary>Id of that image; <c>sha256:…</c>.</summary>
    public string ImageId { get; init; } = "";

    /// <summary>Repository digest when the image came from a registry, else its id; <c>sha256:…</c>.</summary>
    public string ImageDigest { get; init; } = "";

    /// <summary>What it does.</summary>
    public ContainerState State { get; init; }

    /// <summary>What its health check says.</summary>
    public ContainerHealth Health { get; init; }

    /// <summary>What the last health check printed; null when there was none.</summary>
    public string? HealthOutput { get; init; }

    /// <summary>Exit code of the last run; 0 while it runs for the first time.</summary>
    public int ExitCode { get; init; }

    /// <summary>How often its engine restarted it by itself.</summary>
    public int Restarts { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When it was last started; null = never.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it last ended; null = never, or not known.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Its <c>user:</c>; empty = the image's.</summary>
    public string User { get; init; } = "";

    /// <summary>How long its configuration gives it to end by itself; null = nothing is said.</summary>
    public TimeSpan? StopGrace { get; init; }

    /// <summary>Volumes, folders and memory file systems in it.</summary>
    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>Its environment; may hold secrets, so it is never printed.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>True while its processes exist, frozen or not.</summary>
    public bool IsRunning => State is ContainerState.Running or ContainerState.Paused;

    /// <summary>Compose project; null when Compose did not make it.</summary>
    public string? Project => Labels.GetValueOrDefault(ComposeLabels.Project);

    /// <summary>Compose service; null when Compose did not make it.</summary>
    public string? Service => Labels.GetValueOrDefault(ComposeLabels.Service);

    /// <summary>True for what <c>compose run</c> made: no part of the service.</summary>
    public bool IsOneOff => Labels.GetValueOrDefault(ComposeLabels.OneOff) is { } off && off.Equals("True", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
