using System.Text;
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

    private const int Kept = 4096;
    private readonly byte[] _tail = new byte[Kept];
    private int _tailFill;
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
    public string FileListEnd => Encoding.UTF8.GetString(_tail.AsSpan(0, _tailFill));

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
        (_keep, _tailFill) = (true, 0);
    }

    /// <summary>Only the end is kept: a list of a large cluster has many MiB.</summary>
    protected override void Content(ReadOnlySpan<byte> bytes, bool padding)
    {
        if (!_keep || padding) return;
        FileListCopy?.Write(bytes);
        if (bytes.Length > Kept) bytes = bytes[^Kept..];
        int stay = Math.Min(_tailFill, Kept - bytes.Length);
        _tail.AsSpan(_tailFill - stay, stay).CopyTo(_tail);
        bytes.CopyTo(_tail.AsSpan(stay));
        _tailFill = stay + bytes.Length;
    }
}
