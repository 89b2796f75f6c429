namespace AskTrust.Drp;

/// <summary>Configuration written without its values.</summary>
public sealed record ConfigExportOptions
{
    /// <summary>Folder to write into; made when missing.</summary>
    public required string Destination { get; init; }

    /// <summary>Only this component; null = all of type <c>config</c> and <c>compose</c>.</summary>
    public string? Component { get; init; }

    /// <summary>Overwrites masked files of an earlier export. Files that are none are never overwritten.</summary>
    public bool Force { get; init; }

    /// <summary>Writes nothing.</summary>
    public bool DryRun { get; init; }
}
