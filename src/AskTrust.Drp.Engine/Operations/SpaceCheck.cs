using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// Is there room for one more set? What a set will need is guessed from the newest set of the same components, scaled by how the source
/// grew; without one, from the source's size, halved when it will be compressed. A tenth and 16 MiB are added.
/// </summary>
internal static class SpaceCheck
{
    private const long Margin = 16L << 20;

    /// <summary>Stored bytes the next set will probably need; null when nothing is known.</summary>
    public static long? Expect(long? plain, bool compressed, BackupSet? last)
    {
        double? expected = (plain, last) switch
        {
            ({ } size, { PlainSize: > 0 } set) => (double)set.Size / set.PlainSize * Math.Max(size, set.PlainSize),
            (null, { } set) => set.Size,
            ({ } size, _) => compressed ? size * 0.5 : size,
            _ => null,
        };
        return expected is { } bytes ? (long)(bytes * 1.1) + Margin : null;
    }

    /// <summary>Throws when the repository says that it has less room than that.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.NotEnoughSpace"/>.</exception>
    public static async Task RequireAsync(IRepository repository, long? expected, CancellationToken ct)
    {
        if (expected is not { } needed || await repository.FreeSpaceAsync(ct).ConfigureAwait(false) is not { } free || free >= needed) return;
        throw new DrpException(DrpError.NotEnoughSpace, Text.Of(OperationsTexts.NoSpace, repository.Name, repository.Location, Size(free), Size(needed)))
        {
            Subject = repository.Name, Hint = OperationsTexts.NoSpaceHint,
        };
    }

    /// <summary>Throws when the disk of a folder, which need not be there yet, has less room.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.NotEnoughSpace"/>.</exception>
    public static void RequireRoom(string folder, long needed) => RequireRoom([(folder, needed)]);

    /// <summary>Throws when a disk has less room than all the folders on it need together; they need not be there yet.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.NotEnoughSpace"/>.</exception>
    public static void RequireRoom(IEnumerable<(string Folder, long Needed)> folders)
    {
        string[] roots = [.. DriveInfo.GetDrives().Select(d => d.RootDirectory.FullName).OrderByDescending(r => r.Length)];
        foreach (var disk in folders.GroupBy(f => DiskOf(f.Folder, roots), StringComparer.Ordinal))
        {
            var (folder, needed) = (disk.First().Folder, disk.Sum(f => f.Needed));
            string at = folder;
            while (!Directory.Exists(at)) at = Path.GetDirectoryName(at)!;
            long free = new DriveInfo(at).AvailableFreeSpace;
            if (free < needed) throw new DrpException(DrpError.NotEnoughSpace, Text.Of(OperationsTexts.NoRoom, folder, Size(free), Size(needed))) { Subject = folder };
        }
    }

    private static string DiskOf(string folder, string[] roots) =>
        roots.FirstOrDefault(r => folder == r || folder.StartsWith(r.TrimEnd('/') + "/", StringComparison.Ordinal)) ?? Path.GetPathRoot(folder) ?? folder;

    /// <summary>The newest set whose components are the same, which like the one to come is a base or is none, and builds on others where that one does.</summary>
    public static BackupSet? LastLike(CatalogSnapshot snapshot, IReadOnlyCollection<string> components, bool isBase, bool builds) =>
        snapshot.Sets.Select(s => s.Set).FirstOrDefault(s => (s.Kind == SetId.Base) == isBase && (!builds || s.Base is not null) && s.Components.Count == components.Count && components.All(c => s.Components.Contains(c)));

    /// <summary>Bytes for people: <c>1.5 GiB</c>.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.CurrentUICulture, $"{value:0.#} {units[unit]}");
    }
}
