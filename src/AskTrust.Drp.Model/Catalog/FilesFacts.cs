namespace AskTrust.Drp;

/// <summary>What the folders of a component were like when they were backed up.</summary>
public sealed record FilesFacts
{
    /// <summary>Version line of tar.</summary>
    public string? ToolVersion { get; init; }

    /// <summary>The folders, each an archive.</summary>
    public IReadOnlyList<FolderFacts> Folders { get; init; } = [];
}

/// <summary>One folder, counted from its archive.</summary>
public sealed record FolderFacts
{
    /// <summary>Name of its archive, without the suffixes of compression and encryption.</summary>
    public required string Archive { get; init; }

    /// <summary>Where it was.</summary>
    public required string Path { get; init; }

    /// <summary>Everything in the archive.</summary>
    public long Entries { get; init; }

    /// <summary>Names of files; a file with two names counts twice.</summary>
    public long Files { get; init; }

    /// <summary>Folders, itself included.</summary>
    public long Folders { get; init; }

    /// <summary>Symbolic links.</summary>
    public long Links { get; init; }

    /// <summary>Symbolic links that lead out of the folder, or to an absolute path.</summary>
    public long LinksOutside { get; init; }

    /// <summary>Bytes of the files, holes included, each file once.</summary>
    public long Bytes { get; init; }

    /// <summary>Files and folders that could not be read and so are missing.</summary>
    public long Unreadable { get; init; }
}
