namespace AskTrust.Drp.Engine.Components.Tar;

/// <summary>Counts entries.</summary>
internal sealed class TarTally
{
    /// <summary>Names of files: further names of the same file count too.</summary>
    public long Files { get; private set; }

    /// <summary>Folders, the outermost included.</summary>
    public long Folders { get; private set; }

    /// <summary>Symbolic links.</summary>
    public long Links { get; private set; }

    /// <summary>Symbolic links to places outside the folder.</summary>
    public long LinksOutside { get; private set; }

    /// <summary>Named pipes and the like.</summary>
    public long Others { get; private set; }

    /// <summary>Bytes of the files, holes included, each file once.</summary>
    public long Bytes { get; private set; }

    /// <summary>All of them.</summary>
    public long Entries => Files + Folders + Links + Others;

    /// <summary>All that another one counted.</summary>
    public void Add(TarTally other)
    {
        (Files, Folders, Links) = (Files + other.Files, Folders + other.Folders, Links + other.Links);
        (LinksOutside, Others, Bytes) = (LinksOutside + other.LinksOutside, Others + other.Others, Bytes + other.Bytes);
    }

    /// <summary>One more.</summary>
    public void Add(TarEntry entry)
    {
        switch (entry.Kind)
        {
            case TarKind.File:
                Files++;
                Bytes += entry.Size;
                break;
            case TarKind.HardLink:
                Files++;
                break;
            case TarKind.Folder:
                Folders++;
                break;
            case TarKind.SymbolicLink:
                Links++;
                if (TarNames.PointsOutside(TarNames.Trim(entry.Name), entry.Target)) LinksOutside++;
                break;
            default:
                Others++;
                break;
        }
    }
}
