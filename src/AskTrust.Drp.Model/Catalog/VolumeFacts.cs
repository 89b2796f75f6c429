namespace AskTrust.Drp;

/// <summary>What a Docker volume was like when it was backed up.</summary>
public sealed record VolumeFacts
{
    /// <summary>Its content; the path is the name of the volume.</summary>
    public required FolderFacts Folder { get; init; }

    /// <summary>Its driver.</summary>
    public required string Driver { get; init; }

    /// <summary>Its labels: Compose knows its own volumes by them.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Names of its driver's options; their values may be secret and are not kept.</summary>
    public IReadOnlyList<string> Options { get; init => field = Listed.Of(value); } = [];

    /// <summary>Image whose tar read it.</summary>
    public required string Image { get; init; }

    /// <summary>Version line of that tar.</summary>
    public required string ToolVersion { get; init; }
}
