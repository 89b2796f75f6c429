namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>What a restore of a folder brings back: all of its archive, or of a chain of them.</summary>
internal static class FolderTotals
{
    /// <summary>The counts.</summary>
    public static FolderCounts Restored(this FolderFacts f) =>
        f.Whole ?? new FolderCounts { Entries = f.Entries, Files = f.Files, Folders = f.Folders, Links = f.Links, LinksOutside = f.LinksOutside, Bytes = f.Bytes };
}
