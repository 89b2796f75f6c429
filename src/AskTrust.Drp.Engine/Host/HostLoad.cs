using System.Globalization;

namespace AskTrust.Drp.Engine.Host;

/// <summary>How busy this machine is, from the files of <c>/proc</c>; other systems do not tell.</summary>
internal static class HostLoad
{
    /// <summary>True where there is something to read.</summary>
    public static bool IsKnown => OperatingSystem.IsLinux();

    /// <summary>Processor time used by everybody while we watch, in percent of all cores.</summary>
    public static async Task<double> CpuAsync(TimeSpan watch, TimeProvider clock, CancellationToken ct)
    {
        var (busy, all) = ReadCpu();
        await Task.Delay(watch, clock, ct).ConfigureAwait(false);
        var (busyThen, allThen) = ReadCpu();
        return allThen == all ? 0 : 100.0 * (busyThen - busy) / (allThen - all);
    }

    /// <summary>Memory in bytes.</summary>
    public static MemoryUse Memory()
    {
        Dictionary<string, long> found = new(StringComparer.Ordinal);
        foreach (string line in File.ReadLines("/proc/meminfo"))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string[] value = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (colon > 0 && value.Length == 2) found[line[..colon]] = long.Parse(value[0], CultureInfo.InvariantCulture) << 10;
        }

        return new MemoryUse(found["MemTotal"], found["MemAvailable"], found["SwapTotal"], found["SwapFree"]);
    }

    /// <summary>Runnable processes, as an average of one, five and fifteen minutes.</summary>
    public static IReadOnlyList<double> Averages() =>
        [.. File.ReadAllText("/proc/loadavg").Split(' ').Take(3).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];

    private static (long Busy, long All) ReadCpu()
    {
        // user nice system idle iowait irq softirq steal; what guests use is in user already.
        long[] times = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
        long all = times.Sum();
        return (all - times[3] - times[4], all);
    }
}

/// <summary>Memory of this machine in bytes.</summary>
internal sealed record MemoryUse(long Total, long Available, long SwapTotal, long SwapFree)
{
    /// <summary>Used, in percent: what could not be had without swapping.</summary>
    public double UsedPercent => 100.0 * (Total - Available) / Total;
}
