using System.Globalization;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>The folder into which <c>pg_receivewal</c> streams the WAL of one server, and what lies in it.</summary>
internal sealed class WalSpool(string root, ulong system, int segmentSize)
{
    /// <summary>What the name of the folder of one server begins with.</summary>
    public const string Received = "received-";

    private readonly object _gate = new();
    private WalName? _open;
    private WalWalker? _walker;

    /// <summary>The folder.</summary>
    public string Folder { get; } = FolderOf(root, system);

    /// <summary>System identifier.</summary>
    public ulong System => system;

    /// <summary>Bytes of a segment.</summary>
    public int SegmentSize => segmentSize;

    /// <summary>The folder of one server.</summary>
    public static string FolderOf(string root, ulong system) => Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"{Received}{system}"));

    /// <summary>Makes the folder.</summary>
    public void Make()
    {
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(Folder);
            else Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskFull.Is(e) ? DiskFull.Error(Folder, e) : new DrpException(DrpError.Failed, Text.Of(OperationsTexts.WalNoSpool, Folder, e.Message), e) { Subject = Folder };
        }
    }

    /// <summary>Whole segments, history files and maps, in the order in which they came.</summary>
    public IReadOnlyList<WalName> Whole() => [.. Names().Where(n => n.Kind is WalKind.Segment or WalKind.History or WalKind.Map).OrderBy(n => n.Timeline).ThenBy(n => n.Kind == WalKind.Segment).ThenBy(n => n.Text, StringComparer.Ordinal)];

    /// <summary>The segments that are open: that of the newest timeline, and those that timelines before ended with.</summary>
    public IReadOnlyList<WalName> Open() => [.. Names().Where(n => n.Kind == WalKind.Partial).Select(n => n.Segment!).OrderBy(n => n.Text, StringComparer.Ordinal)];

    /// <summary>Bytes in the folder.</summary>
    public long Used() => Directory.Exists(Folder) ? new DirectoryInfo(Folder).EnumerateFiles().Sum(LengthOf) : 0;

    /// <summary>Free bytes of its disk.</summary>
    public long Free() => new DriveInfo(Folder).AvailableFreeSpace;

    /// <summary>Path of a file.</summary>
    public string PathOf(WalName name) => Path.Combine(Folder, name.Text);

    /// <summary>Path of an open segment.</summary>
    public string PathOfOpen(WalName segment) => PathOf(segment) + ".partial";

    /// <summary>Removes whole segments and maps that are needed no more; the newest segment stays, for <c>pg_receivewal</c> starts behind it.</summary>
    public void Tidy(Func<WalName, bool> superfluous)
    {
        List<WalName> segments = [.. Whole().Where(n => n.Kind == WalKind.Segment)];
        foreach (WalName name in segments.SkipLast(1).Concat(Names().Where(n => n.Kind == WalKind.Map)).Where(superfluous).ToList()) File.Delete(PathOf(name));
    }

    /// <summary>
    /// An open segment that the disk was too full to make is shorter than a segment: <c>pg_receivewal</c> would refuse to start over it. Nothing was
    /// received into it yet.
    /// </summary>
    public void RemoveUnmade()
    {
        foreach (FileInfo file in new DirectoryInfo(Folder).EnumerateFiles("*.partial").Where(f => f.Length != 0 && f.Length != segmentSize)) file.Delete();
    }

    /// <summary>Everything goes: what comes next does not follow on it.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            foreach (WalName name in Names().ToList()) File.Delete(PathOf(name));
            // The same segment may come again, from its beginning.
            (_open, _walker) = (null, null);
        }
    }

    /// <summary>Refuses what another server wrote: it may have taken the place of ours while the stream was broken.</summary>
    /// <param name="written">System identifier in the file; null = nothing is in it yet.</param>
    /// <param name="path">The file.</param>
    public void Require(ulong? written, string path)
    {
        if (written is { } other && other != system) throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.WalSpoolForeign, path, other, system)) { Subject = path, Hint = OperationsTexts.WalServerChangedHint };
    }

    /// <summary>How far an open segment is proven, and its last commit; null when it is open no more.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: it is of another server.</exception>
    public (long Proven, DateTimeOffset? LastCommit)? Measure(WalName segment)
    {
        lock (_gate)
        {
            if (_open != segment || _walker is null) (_open, _walker) = (segment, new WalWalker(segmentSize, TailBefore(segment)));
            try
            {
                using var file = File.OpenHandle(PathOfOpen(segment), share: FileShare.ReadWrite | FileShare.Delete);
                _walker.Advance(file);
                Require(_walker.System, PathOfOpen(segment));
                return (_walker.Proven, _walker.LastCommit);
            }
            catch (FileNotFoundException)
            {
                return null;
            }
        }
    }

    /// <summary>Bytes of an open segment; null when it is open no more.</summary>
    public byte[]? Read(WalName segment, long from, long to)
    {
        try
        {
            using var file = File.OpenHandle(PathOfOpen(segment), share: FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[to - from];
            return RandomAccess.Read(file, bytes, from) == bytes.Length ? bytes : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private WalTail? TailBefore(WalName segment)
    {
        Lsn start = segment.Start(segmentSize);
        if (start.Value < (ulong)segmentSize) return null;
        string path = PathOf(WalName.At(segment.Timeline, new Lsn(start.Value - (ulong)segmentSize), segmentSize));
        return File.Exists(path) ? WalFiles.Walk(path, segmentSize).Tail : null;
    }

    private IEnumerable<WalName> Names() =>
        Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder).Select(f => WalName.TryParse(Path.GetFileName(f))).OfType<WalName>() : [];

    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }
}
