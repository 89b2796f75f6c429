namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>What a backup of folders builds on.</summary>
/// <param name="Work">A private folder, in which the new indexes are left.</param>
/// <param name="Chain">The sets before it, the full one first; none = this is a full one.</param>
/// <param name="Indexes">The index of each folder at the end of that chain; none with a full one.</param>
internal sealed record FilesBase(string Work, IReadOnlyList<ChainLink> Chain, IReadOnlyList<string> Indexes)
{
    /// <summary>Where the lists of one folder are made.</summary>
    public string WorkOf(int place) => Path.Combine(Work, place.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Where the new index of one folder is left.</summary>
    public string IndexOf(int place) => Path.Combine(WorkOf(place), "index");
}
