namespace AskTrust.Drp.Engine.Host;

/// <summary>How full the file system of a path is.</summary>
/// <param name="Mount">Where it is mounted.</param>
/// <param name="Size">Bytes that ordinary users can have in all.</param>
/// <param name="Free">Bytes that are left to them.</param>
/// <param name="Inodes">Inodes in all; 0 = it has no fixed number.</param>
/// <param name="FreeInodes">Inodes left.</param>
internal sealed record DiskUse(string Mount, long Size, long Free, long Inodes, long FreeInodes)
{
    /// <summary>Space used, in percent, as <c>df</c> counts.</summary>
    public double UsedPercent => Size == 0 ? 0 : 100.0 * (Size - Free) / Size;

    /// <summary>Inodes used, in percent; null where there is no fixed number of them.</summary>
    public double? InodesPercent => Inodes == 0 ? null : 100.0 * (Inodes - FreeInodes) / Inodes;

    /// <summary>Looks; may hang as long as a dead network file system does.</summary>
    /// <exception cref="IOException">The path is not there, or cannot be looked at.</exception>
    public static DiskUse Of(string path)
    {
        string mount = MountOf(path);
        if (OperatingSystem.IsLinux() && nint.Size == 8)
        {
            FileSystemNumbers n = Posix.FileSystem(path);
            long block = (long)n.Fragment;
            return new DiskUse(mount, ((long)(n.Blocks - n.Free) + (long)n.Available) * block, (long)n.Available * block, (long)n.Inodes, (long)n.FreeInodes);
        }

        var drive = new DriveInfo(path);
        return new DiskUse(mount, drive.TotalSize, drive.AvailableFreeSpace, 0, 0);
    }

    /// <summary>Where the file system of a path is mounted, without touching it: a dead network file system would hang whoever does.</summary>
    public static string MountOf(string path)
    {
        if (!OperatingSystem.IsLinux()) return Path.GetPathRoot(path) ?? path;
        string slashed = Path.TrimEndingDirectorySeparator(path) + "/";
        return File.ReadLines("/proc/self/mounts").Select(l => l.Split(' ')).Where(f => f.Length > 2).Select(f => Unescape(f[1]))
            .Where(m => slashed.StartsWith(m.EndsWith('/') ? m : m + "/", StringComparison.Ordinal)).MaxBy(m => m.Length) ?? "/";
    }

    /// <summary>Blanks and the like stand in that file as octal numbers.</summary>
    private static string Unescape(string text) =>
        text.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal).Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}

/// <summary>What <c>statvfs</c> says, in blocks of <see cref="Fragment"/> bytes.</summary>
internal sealed record FileSystemNumbers(ulong Fragment, ulong Blocks, ulong Free, ulong Available, ulong Inodes, ulong FreeInodes);
