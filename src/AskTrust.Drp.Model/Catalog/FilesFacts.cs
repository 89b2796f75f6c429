namespace AskTrust.Drp;

/// <summary>What the folders of a component were like when they were backed up.</summary>
public sealed record FilesFacts
{
    /// <summary>Version line of tar.</summary>
    public string? ToolVersion { get; init; }

    /// <summary>The folders, each an archive.</summary>
    public IReadOnlyList<FolderFacts> Folders { get; init => field = Listed.Of(value); } = [];

    /// <summary>The sets this one builds on, the full one first; null = the archives hold everything.</summary>
    public IReadOnlyList<ChainLink>? Chain { get; init => field = Listed.Of(value); }
}

/// <summary>A set that another one builds on.</summary>
/// <param name="Set">Its id.</param>
/// <param name="Manifest">SHA-256 of its manifest.</param>
public sealed record ChainLink(string Set, string Manifest);

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

    /// <summary>Name of its index, without the suffixes of compression and encryption; null = none was made.</summary>
    public string? Index { get; init; }

    /// <summary>Everything in the folder, when the archive holds only what changed; null = the archive holds it all.</summary>
    public FolderCounts? Whole { get; init; }

    /// <summary>How much of what the set before held is no more.</summary>
    public long Deleted { get; init; }
}

/// <summary>What is in a folder.</summary>
public sealed record FolderCounts
{
    /// <summary>Everything.</summary>
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
}
