using AskTrust.Drp.Engine.Components.Tar;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Looks at a tar archive of <c>pg_basebackup</c> as it passes: counts the files, notes whether the ones that matter are there, and keeps the few bytes that
/// say which WAL the base needs.
/// </summary>
internal sealed class TarScanner : TarWalker
{
    /// <summary>The server's list of files with their digests.</summary>
    public const string FileList = "backup_manifest";

    /// <summary>The control file.</summary>
    public const string ControlFile = "global/pg_control";

    private FileListScan? _tail;
    private bool _keep;

    /// <summary>Plain files seen.</summary>
    public long Files { get; private set; }

    /// <summary>True when the control file was among them.</summary>
    public bool HasControlFile { get; private set; }

    /// <summary>True when the server's file list was among them.</summary>
    public bool HasFileList { get; private set; }

    /// <summary>Takes a copy of the file list as it passes; null = nobody wants one.</summary>
    public Stream? FileListCopy { get; set; }

    /// <summary>The last bytes of the file list, as text.</summary>
    public string FileListEnd => _tail?.End ?? "";

    /// <inheritdoc/>
    protected override void Begin(TarEntry entry, ReadOnlySpan<byte> headers)
    {
        _keep = false;
        if (entry.Kind != TarKind.File) return;
        Files++;
        ReadOnlySpan<byte> name = TarNames.Trim(entry.Name);
        HasControlFile |= name.SequenceEqual("global/pg_control"u8);
        if (!name.SequenceEqual("backup_manifest"u8)) return;
        HasFileList = true;
        (_keep, _tail) = (true, new FileListScan());
    }

    /// <inheritdoc/>
    protected override void Content(ReadOnlySpan<byte> bytes, bool padding)
    {
        if (!_keep || padding) return;
        FileListCopy?.Write(bytes);
        _tail!.Feed(bytes);
    }
}
