namespace AskTrust.Drp.Engine.Components.Tar;

/// <summary>What an entry of an archive is.</summary>
internal enum TarKind
{
    /// <summary>A file with its bytes.</summary>
    File,

    /// <summary>One more name of a file that came before.</summary>
    HardLink,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A named pipe.</summary>
    Pipe,

    /// <summary>A device node.</summary>
    Device,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>One entry, names as the bytes they are: the file systems of Linux know no encoding.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Target">What a link points to; empty for others.</param>
/// <param name="Stored">Bytes of its content in the archive.</param>
/// <param name="Size">Bytes of the file; more than stored when it has holes.</param>
internal sealed record TarEntry(TarKind Kind, byte[] Name, byte[] Target, long Stored, long Size)
{
    /// <summary>The name for people: what is no printable text is shown as octal numbers, as tar does.</summary>
    public string Shown => TarNames.Show(Name);
}
