namespace AskTrust.Drp;

/// <summary>A Docker volume.</summary>
public sealed record VolumePlan : ComponentPlan
{
    /// <inheritdoc/>
    public override string Type => "volume";

    /// <summary>Name of the volume, as <c>docker volume ls</c> shows it.</summary>
    public required string Volume { get; init; }

    /// <summary>Image whose tar reads and writes the volume; null = that of a container with the volume.</summary>
    public string? Image { get; init; }

    /// <summary>What is left out, as tar's patterns: <c>*.tmp</c> and <c>cache</c> at any depth, <c>/cache</c> only at the top.</summary>
    public IReadOnlyList<string> Exclude { get; init => field = Listed.Of(value); } = [];

    /// <summary>Files and folders inside the volume that hold certificates, <c>/</c> being its top; then health, <c>drp certificates</c>, manifests and restore tests tell of them. Empty = none.</summary>
    public IReadOnlyList<string> Certificates { get; init => field = Listed.Of(value); } = [];
}
