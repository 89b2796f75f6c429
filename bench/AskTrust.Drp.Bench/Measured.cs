using System.Diagnostics;
using System.Globalization;

namespace AskTrust.Drp.Bench;

/// <summary>One run of a program: how long, and how much memory it and the programs it started had at most.</summary>
/// <param name="Seconds">Wall time.</param>
/// <param name="CpuSeconds">Processor time of the program and all it started.</param>
/// <param name="Own">The program itself.</param>
/// <param name="Programs">The programs it started, by name.</param>
/// <param name="Output">What it printed.</param>
internal sealed record Measured(double Seconds, double CpuSeconds, Share Own, IReadOnlyDictionary<string, Share> Programs, string Output)
{
    /// <summary>Runs a program to its end; a failure stops the benchmark.</summary>
    public static async Task<Measured> RunAsync(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder ?? "" };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        double cpu = CpuClock.Seconds();
        long began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        Task<Dictionary<string, Share>> watching = Task.Run(() => Watch(process));
        await process.WaitForExitAsync();
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        double cpuUsed = CpuClock.Seconds() - cpu;
        var shares = await watching;
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}{await output}");
        shares.Remove("", out Share? own);
        return new Measured(seconds, cpuUsed, own ?? new Share(0, 0), shares, await output);
    }

    /// <summary>
    /// The high-water marks of a process tree and the processor time of each program, looked up five times a second: both only grow, so the last look is
    /// nearly the end. Only the tree itself is read, so that looking costs next to nothing.
    /// </summary>
    private static Dictionary<string, Share> Watch(Process process)
    {
        int root = process.Id;
        var seen = new Dictionary<int, (string Name, Share Share)>();
        while (!process.HasExited)
        {
            foreach (int id in Tree(root)) if (Read(id) is { } found) seen[id] = found;
            Thread.Sleep(200);
        }

        return seen.GroupBy(s => s.Key == root ? "" : s.Value.Name, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => new Share(g.Max(s => s.Value.Share.Peak), g.Sum(s => s.Value.Share.CpuSeconds)), StringComparer.Ordinal);
    }

    private static IEnumerable<int> Tree(int id)
    {
        yield return id;
        foreach (int child in Children(id))
            foreach (int descendant in Tree(child)) yield return descendant;
    }

    private static List<int> Children(int id)
    {
        var children = new List<int>();
        try
        {
            foreach (string task in Directory.EnumerateDirectories($"/proc/{id}/task"))
                foreach (string child in File.ReadAllText(Path.Join(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)) children.Add(int.Parse(child, CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // Gone between the listing and the reading.
        }

        return children;
    }

    private static (string Name, Share Share)? Read(int id)
    {
        try
        {
            string? peak = File.ReadLines($"/proc/{id}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            if (peak is null) return null;
            string stat = File.ReadAllText($"/proc/{id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            double seconds = (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0;
            return (stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..stat.LastIndexOf(')')], new Share(long.Parse(peak[6..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024, seconds));
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>What one program took of the machine.</summary>
internal sealed record Share(long Peak, double CpuSeconds);
