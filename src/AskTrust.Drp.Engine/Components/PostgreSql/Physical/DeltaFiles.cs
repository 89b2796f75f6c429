using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// The files of a base over those of the same cluster: what is equal stays as it is, what differs is written, what does not belong goes. The old control file
/// is put away first, durably, and the new one gets its name when everything else is on the disk: in between there is nothing that a server would start, and
/// the same may be done again from the beginning.
/// </summary>
/// <param name="data">Data directory.</param>
/// <param name="user">Owner of everything; null = ourselves.</param>
internal sealed class DeltaFiles(string data, SystemUser? user) : LocalFiles(user)
{
    private const string PutAway = ".drp-before";
    private readonly string _control = Path.Combine(data, TarScanner.ControlFile);
    private readonly HashSet<string> _belong = new(StringComparer.Ordinal);
    private readonly DeltaFile _file = new();
    private readonly List<string> _spaces = [];
    private bool _putAway;
    private long _removed;

    /// <summary>True when anything was changed, so that the old cluster is no more.</summary>
    public bool Touched => _removed > 0 || _file.Touched;

    /// <summary>What stayed and what did not.</summary>
    public DeltaOutcome Outcome => new() { KeptBytes = _file.Kept, RewrittenBytes = _file.Written, Removed = _removed };

    /// <summary>The system identifier of a cluster, also of one whose delta restore was cut off; null when no control file is left.</summary>
    public static ulong? SystemOf(string data)
    {
        string control = Path.Combine(data, TarScanner.ControlFile);
        foreach (string file in (string[])[control, control + PutAway, control + IBaseReceiver.Waiting])
        {
            if (!File.Exists(file)) continue;
            byte[] id = new byte[sizeof(ulong)];
            using var stream = File.OpenRead(file);
            // As the machine has it: a data directory is of one architecture.
            if (stream.ReadAtLeast(id, id.Length, throwOnEndOfStream: false) == id.Length && BitConverter.ToUInt64(id) is var system and not 0) return system;
        }

        return null;
    }

    /// <summary>From here on no server starts in it.</summary>
    public void Begin()
    {
        if (!File.Exists(_control)) return;
        File.Move(_control, _control + PutAway, overwrite: true);
        _putAway = true;
        Posix.SyncFolder(Path.GetDirectoryName(_control)!);
    }

    /// <summary>Takes <see cref="Begin"/> back where nothing was changed since, nor by an earlier run that was cut off.</summary>
    /// <returns>True when the old cluster is as it was.</returns>
    public bool TakeBack()
    {
        if (Touched || !_putAway) return false;
        File.Move(_control + PutAway, _control);
        return true;
    }

    /// <summary>Files of a tablespace are compared, too.</summary>
    public void AddSpace(string folder) => _spaces.Add(folder);

    /// <inheritdoc/>
    public override Task FolderAsync(string path, UnixFileMode mode, CancellationToken ct)
    {
        // The WAL may lie on another disk: that link stays. Any other in the place of a folder is none of the server's.
        if (IsLink(path) && (Path.GetFileName(path) != "pg_wal" || !Directory.Exists(path))) Remove(path);
        else if (File.Exists(path)) Remove(path);
        _belong.Add(Path.GetFullPath(path));
        if (!Directory.Exists(path)) _file.Touch();
        return base.FolderAsync(path, mode, ct);
    }

    /// <inheritdoc/>
    public override async Task FileAsync(string path, UnixFileMode mode, Stream? data, long length, Action<int> took, CancellationToken ct)
    {
        Free(path);
        if (File.Exists(path) && !OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using (var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)) await _file.WriteAsync(file, data, length, took, ct).ConfigureAwait(false);
        Own(path, mode);
    }

    /// <inheritdoc/>
    public override Task TextAsync(string path, string text, CancellationToken ct)
    {
        Free(path);
        _file.Touch();
        return base.TextAsync(path, text, ct);
    }

    /// <inheritdoc/>
    public override Task LinkAsync(string path, string target, CancellationToken ct)
    {
        if (IsLink(path) || File.Exists(path) || Directory.Exists(path)) Remove(path);
        _belong.Add(Path.GetFullPath(path));
        return base.LinkAsync(path, target, ct);
    }

    /// <inheritdoc/>
    public override Task CompleteAsync(string data, CancellationToken ct)
    {
        RemoveOthers(data, ct);
        // In a tablespace's own folder other clusters may have theirs.
        foreach (string folder in _spaces.SelectMany(Directory.EnumerateDirectories).Where(_belong.Contains)) RemoveOthers(folder, ct);
        Posix.SyncFileSystem(data);
        return base.CompleteAsync(data, ct);
    }

    /// <summary>Makes the place free for a plain file; one that is there stays.</summary>
    private void Free(string path)
    {
        if (IsLink(path) || Directory.Exists(path)) Remove(path);
        _belong.Add(Path.GetFullPath(path));
    }

    private void RemoveOthers(string folder, CancellationToken ct)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(folder).ToList())
        {
            ct.ThrowIfCancellationRequested();
            if (!_belong.Contains(path)) Remove(path);
            else if (Directory.Exists(path) && (!IsLink(path) || Path.GetFileName(path) == "pg_wal")) RemoveOthers(path, ct);
        }
    }

    private void Remove(string path)
    {
        _removed++;
        if (!IsLink(path) && Directory.Exists(path)) Directory.Delete(path, recursive: true);
        else File.Delete(path);
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;
}
