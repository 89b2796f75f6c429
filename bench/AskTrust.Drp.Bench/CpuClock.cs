using System.Runtime.InteropServices;

namespace AskTrust.Drp.Bench;

/// <summary>Processor time of the programs that were started and have ended, with all they started themselves.</summary>
internal static class CpuClock
{
    private const int Children = -1;

    /// <summary>Seconds so far, user and system.</summary>
    public static double Seconds()
    {
        // struct rusage: two timevals, then fourteen counters.
        long[] usage = new long[18];
        if (GetUsage(Children, usage) != 0) throw new InvalidOperationException("getrusage");
        return usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
    }

    [DllImport("libc", EntryPoint = "getrusage")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetUsage(int who, [Out] long[] usage);
}
