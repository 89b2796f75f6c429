namespace AskTrust.Drp;

/// <summary>A file or folder that was kept under its own path.</summary>
/// <param name="Path">Where it was, absolute.</param>
/// <param name="Folder">True for a folder with all it holds.</param>
public sealed record KeptPath(string Path, bool Folder);

/// <summary>A Compose project as it was when it was backed up. No value of a variable is in it.</summary>
public sealed record ComposeFacts
{
    /// <summary>Name of the project.</summary>
    public required string Project { get; init; }

    /// <summary>Folder that its relative paths start from.</summary>
    public required string Folder { get; init; }

    /// <summary>Its files, in the order they are laid over each other.</summary>
    public IReadOnlyList<string> Files { get; init => field = Listed.Of(value); } = [];

    /// <summary>Version of Compose that resolved it; null when there was none, so that only the files themselves were kept.</summary>
    public string? ComposeVersion { get; init; }

    /// <summary>Its services.</summary>
    public IReadOnlyList<ComposeServiceFacts> Services { get; init => field = Listed.Of(value); } = [];

    /// <summary>Names of its volumes as the engine knows them.</summary>
    public IReadOnlyList<string> Volumes { get; init => field = Listed.Of(value); } = [];

    /// <summary>Names of its networks as the engine knows them.</summary>
    public IReadOnlyList<string> Networks { get; init => field = Listed.Of(value); } = [];

    /// <summary>Name of the artifact with the images; null when they were not saved.</summary>
    public string? ImageArchive { get; init; }
}

/// <summary>A service of a Compose project.</summary>
public sealed record ComposeServiceFacts
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its image as written; for one that is built the name that Compose gives it.</summary>
    public string? Image { get; init; }

    /// <summary>Id of that image on the machine; null when it was not there.</summary>
    public string? ImageId { get; init; }

    /// <summary>What it can be pulled by, e.g. <c>postgres@sha256:…</c>; null for an image that was built or loaded here.</summary>
    public string? Digest { get; init; }

    /// <summary>True when the registry still had it, false when it did not or when it never was in one, null when that was not asked.</summary>
    public bool? CanBePulled { get; init; }

    /// <summary>Names of its variables.</summary>
    public IReadOnlyList<string> Variables { get; init => field = Listed.Of(value); } = [];
}
