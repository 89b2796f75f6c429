using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>Room on the disks that the plan needs on this machine.</summary>
internal static class Disks
{
    /// <summary>With less than this a server stops and nothing can be written.</summary>
    private const long Nothing = 16L << 20;
    private const double Little = 0.1;

    /// <summary>One finding for each disk that is full or nearly so.</summary>
    /// <param name="folders">Folder, and whose it is; null = no component's.</param>
    public static IEnumerable<DamageFinding> Look(IEnumerable<(string Folder, string? Component)> folders)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var (folder, component) in folders)
        {
            if (Drive(folder) is not { } drive || !seen.Add(drive.Name)) continue;
            if (Judge(drive.AvailableFreeSpace, drive.TotalSize) is not { } verdict) continue;
            yield return Finding(drive.Name, component, verdict, drive.AvailableFreeSpace, folder);
        }
    }

    /// <summary>The finding for a disk of a server.</summary>
    public static DamageFinding? OfServer(string component, string folder, long? free) =>
        free is { } bytes && Judge(bytes, null) is { } verdict ? Finding(folder, component, verdict, bytes, folder) : null;

    private static DamageFinding Finding(string disk, string? component, CheckVerdict verdict, long free, string folder) => new()
    {
        Component = component, Subject = disk, Kind = verdict == CheckVerdict.Failed ? DamageKind.DiskFull : DamageKind.DiskFilling, Verdict = verdict,
        Message = Text.Of(verdict == CheckVerdict.Failed ? DamageTexts.DiskFull : DamageTexts.DiskFilling, disk, Human.Size(free), folder), Hint = DamageTexts.DiskHint,
    };

    private static CheckVerdict? Judge(long free, long? total) => free < Nothing ? CheckVerdict.Failed : free < total * Little ? CheckVerdict.Warning : null;

    private static DriveInfo? Drive(string folder)
    {
        for (string? at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (!Directory.Exists(at)) continue;
            string full = Path.GetFullPath(at);
            try
            {
                return DriveInfo.GetDrives().Where(d => full == d.Name || full.StartsWith(d.Name.TrimEnd('/') + "/", StringComparison.Ordinal)).MaxBy(d => d.Name.Length) is { TotalSize: > 0 } drive ? drive : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        return null;
    }
}
