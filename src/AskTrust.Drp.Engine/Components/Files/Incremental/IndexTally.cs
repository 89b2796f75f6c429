namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>Counts the lines of an index: what a restore of it brings back.</summary>
internal sealed class IndexTally
{
    private FolderCounts _counts = new();

    /// <summary>So far.</summary>
    public FolderCounts Counts => _counts;

    /// <summary>One more.</summary>
    public void Add(byte kind, long bytes) => _counts = kind switch
    {
        (byte)'f' => _counts with { Entries = _counts.Entries + 1, Files = _counts.Files + 1, Bytes = _counts.Bytes + bytes },
        (byte)'h' => _counts with { Entries = _counts.Entries + 1, Files = _counts.Files + 1 },
        (byte)'d' => _counts with { Entries = _counts.Entries + 1, Folders = _counts.Folders + 1 },
        (byte)'l' => _counts with { Entries = _counts.Entries + 1, Links = _counts.Links + 1 },
        (byte)'L' => _counts with { Entries = _counts.Entries + 1, Links = _counts.Links + 1, LinksOutside = _counts.LinksOutside + 1 },
        _ => _counts with { Entries = _counts.Entries + 1 },
    };
}
