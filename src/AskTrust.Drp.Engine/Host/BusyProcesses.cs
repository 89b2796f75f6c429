using System.Globalization;

namespace AskTrust.Drp.Engine.Host;

/// <summary>What is busiest on this machine, from <c>/proc</c>. Names only: arguments may hold secrets.</summary>
internal static class BusyProcesses
{
    private const double TicksPerSecond = 100;
    private const long PageSize = 4096;

    /// <summary>The busiest, by processor, then memory.</summary>
    public static async Task<IReadOnlyList<BusyProcess>> FindAsync(int most, TimeSpan watch, TimeProvider clock, CancellationToken ct)
    {
        if (!HostLoad.IsKnown) return [];
        Dictionary<int, Look> before = Read();
        long start = clock.GetTimestamp();
        await Task.Delay(watch, clock, ct).ConfigureAwait(false);
        Dictionary<int, Look> after = Read();
        double seconds = Math.Max(0.001, clock.GetElapsedTime(start).TotalSeconds);
        Dictionary<uint, string> users = Users();
        return
        [
            .. after.Values.Select(p => new BusyProcess
            {
                Pid = p.Pid, Name = p.Name, User = users.GetValueOrDefault(p.User) ?? p.User.ToString(CultureInfo.InvariantCulture), Memory = p.Memory,
                CpuPercent = before.TryGetValue(p.Pid, out var b) && b.Name == p.Name ? Math.Round(100 * (p.Ticks - b.Ticks) / TicksPerSecond / seconds, 1) : 0,
            }).OrderByDescending(p => p.CpuPercent).ThenByDescending(p => p.Memory).Take(most),
        ];
    }

    private static Dictionary<int, Look> Read()
    {
        Dictionary<int, Look> all = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)) continue;
            try
            {
                // “pid (name) state …”: the name may hold blanks and brackets.
                string stat = File.ReadAllText($"{folder}/stat");
                int open = stat.IndexOf('(', StringComparison.Ordinal), close = stat.LastIndexOf(')');
                string[] rest = stat[(close + 2)..].Split(' ');
                uint user = uint.Parse(File.ReadLines($"{folder}/status").First(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1], CultureInfo.InvariantCulture);
                all[pid] = new Look(pid, stat[(open + 1)..close], user, long.Parse(rest[11], CultureInfo.InvariantCulture) + long.Parse(rest[12], CultureInfo.InvariantCulture),
                    long.Parse(rest[21], CultureInfo.InvariantCulture) * PageSize);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                // It has ended meanwhile.
            }
        }

        return all;
    }

    private static Dictionary<uint, string> Users()
    {
        Dictionary<uint, string> names = [];
        if (!File.Exists("/etc/passwd")) return names;
        foreach (string[] fields in File.ReadLines("/etc/passwd").Select(l => l.Split(':')).Where(f => f.Length > 2))
            if (uint.TryParse(fields[2], CultureInfo.InvariantCulture, out uint id)) names.TryAdd(id, fields[0]);
        return names;
    }

    private sealed record Look(int Pid, string Name, uint User, long Ticks, long Memory);
}
