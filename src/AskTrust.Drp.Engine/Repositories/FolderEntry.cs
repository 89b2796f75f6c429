namespace AskTrust.Drp.Engine.Repositories;

/// <summary>A file or folder, found while listing a store that has folders.</summary>
/// <param name="Key">Its key; that of a folder ends in a slash, which is how it sorts among its neighbours.</param>
/// <param name="IsFolder">True for a folder.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Time of the last change.</param>
internal sealed record FolderEntry(string Key, bool IsFolder, long Size, DateTimeOffset Modified)
{
    /// <summary>True when it, or something below it, can have a key that begins with the prefix.</summary>
    public bool IsWithin(string prefix)
        => Key.StartsWith(prefix, StringComparison.Ordinal) || (IsFolder && prefix.StartsWith(Key, StringComparison.Ordinal));

    /// <summary>True for an unfinished object that lies where objects of this prefix lie.</summary>
    public bool IsLeftoverOf(string prefix)
    {
        int slash = Key.LastIndexOf('/') + 1;
        string within = Key[..slash];
        bool beside = within.StartsWith(prefix, StringComparison.Ordinal) || within == prefix[..(prefix.LastIndexOf('/') + 1)];
        return beside && RepositoryKey.IsTemporary(Key.AsSpan(slash));
    }
}
