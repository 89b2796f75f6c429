using System.Diagnostics;
using System.Globalization;

namespace AskTrust.Drp.Engine.Host;

/// <summary>Whether the owner of something left on disk, in a repository or in Docker still lives.</summary>
internal enum OwnerState
{
    /// <summary>It runs.</summary>
    Alive,

    /// <summary>It ended, or the machine was restarted since.</summary>
    Gone,

    /// <summary>It belongs to another host or to another container: nobody here can tell.</summary>
    Elsewhere,
}

/// <summary>
/// Who made something: host, boot, process id space, process id and start time. Process ids are used again, so the start
/// time decides. One line of text, fit for files, labels and lock objects.
/// </summary>
/// <param name="Host">Host name.</param>
/// <param name="Boot">Identity of this start of the machine; empty where the system has none.</param>
/// <param name="Space">Process id namespace: containers on one host count their processes apart.</param>
/// <param name="ProcessId">Process id.</param>
/// <param name="Started">Start of the process, in the unit of the system.</param>
internal sealed record OwnerMark(string Host, string Boot, string Space, int ProcessId, long Started)
{
    private const string Version = "drp1";
    private static readonly Lazy<OwnerMark> s_current = new(Make);

    /// <summary>This process.</summary>
    public static OwnerMark Current => s_current.Value;

    /// <summary>Another process of this machine, e.g. a child; null when it runs no more.</summary>
    public static OwnerMark? Of(int processId) => StartOf(processId) is { } started ? Current with { ProcessId = processId, Started = started } : null;

    /// <summary>Reads the text form.</summary>
    /// <returns>Null when the text is no mark.</returns>
    public static OwnerMark? Parse(string? text)
    {
        string[] parts = text?.Trim().Split('|') ?? [];
        if (parts.Length < 6 || parts[0] != Version) return null;
        return int.TryParse(parts[4], CultureInfo.InvariantCulture, out int id) && long.TryParse(parts[5], CultureInfo.InvariantCulture, out long started)
            ? new OwnerMark(parts[1], parts[2], parts[3], id, started)
            : null;
    }

    /// <summary>Looks whether the owner still lives.</summary>
    public OwnerState Look()
    {
        if (Host != Current.Host) return OwnerState.Elsewhere;
        if (Boot != Current.Boot) return OwnerState.Gone;
        if (Space != Current.Space) return OwnerState.Elsewhere;
        // With hidepid=2 the processes of other users look as if they were gone.
        if (OperatingSystem.IsLinux() && !File.Exists("/proc/1/stat")) return OwnerState.Elsewhere;
        return StartOf(ProcessId) == Started ? OwnerState.Alive : OwnerState.Gone;
    }

    /// <summary>The text form.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Version}|{Host}|{Boot}|{Space}|{ProcessId}|{Started}");

    private static OwnerMark Make()
    {
        int id = Environment.ProcessId;
        return new OwnerMark(
            Environment.MachineName.Replace('|', '_'), ReadBoot(), ReadSpace(), id,
            StartOf(id) ?? throw new InvalidOperationException("The start time of this process cannot be read."));
    }

    private static string ReadBoot() => File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "";

    private static string ReadSpace() => OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget ?? "" : "";

    private static long? StartOf(int id)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                using var process = Process.GetProcessById(id);
                return process.StartTime.ToUniversalTime().Ticks / TimeSpan.TicksPerSecond;
            }

            // The program name (field 2) is in parentheses and may hold anything; field 22 is the start time in clock ticks.
            string stat = File.ReadAllText($"/proc/{id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            if (fields[0] is "Z" or "X") return null;
            return long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
