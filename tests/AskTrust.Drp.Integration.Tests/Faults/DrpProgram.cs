using System.Runtime.InteropServices;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>The built <c>drp</c> as a process of its own, on the plan and the state directory of a scene.</summary>
internal static class DrpProgram
{
    private static readonly string s_dotnet = Path.GetFullPath(Path.Join(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
    private static readonly string s_program = Path.Join(AppContext.BaseDirectory, "drp.dll");

    /// <summary>A line of a shell that runs it.</summary>
    public static string ShellLine => $"'{s_dotnet}' exec '{s_program}'";

    /// <summary>Starts it; the process id is drp's own.</summary>
    public static ChildProcess Start(Scene scene, params IReadOnlyList<string> arguments) => Start(scene.PlanFile, scene.State, Scene.Password, arguments);

    /// <summary>Starts it on a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="state">Its state directory.</param>
    /// <param name="password">Value of <c>DRP_TEST_PASSWORD</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="docker">Where it finds the container engine; null = where everybody does.</param>
    public static ChildProcess Start(string plan, string state, string password, IReadOnlyList<string> arguments, string? docker = null) => ChildProcess.Start(
        s_dotnet,
        ["exec", s_program, .. arguments, "--plan", plan, "--lang", "en"],
        new ChildOptions
        {
            Folder = Path.GetDirectoryName(plan),
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DRP_STATE"] = state, ["DRP_TEST_PASSWORD"] = password, ["DRP_PLAN"] = null, ["DOCKER_HOST"] = docker ?? Environment.GetEnvironmentVariable("DOCKER_HOST") },
        });

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Output)> RunAsync(Scene scene, params IReadOnlyList<string> arguments)
    {
        await using var drp = Start(scene, arguments);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        int code = await drp.WaitAsync(patience.Token);
        return (code, drp.Output);
    }

    /// <summary>SIGKILL for this process alone, as the kernel's out-of-memory killer would: its children must find out by themselves.</summary>
    public static async Task KillAloneAsync(ChildProcess drp)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(drp.Id);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It was faster.
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await drp.WaitAsync(patience.Token);
    }

    /// <summary>SIGINT for this process alone: what Ctrl+C sends.</summary>
    public static void Interrupt(ChildProcess drp)
    {
        if (Signal(drp.Id, Interrupted) != 0) throw new InvalidOperationException($"kill: {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>What it started and what that started: process id and moment of the start, which tells apart two that had the same id.</summary>
    public static IReadOnlyList<(int Id, string Start)> Descendants(ChildProcess drp)
    {
        var parents = Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out int id) ? Stat(id) : null).OfType<ProcessStat>().ToLookup(p => p.Parent);
        List<(int Id, string Start)> found = [];
        for (var level = parents[drp.Id].ToList(); level.Count > 0; level = [.. level.SelectMany(p => parents[p.Id])]) found.AddRange(level.Select(p => (p.Id, p.Start)));
        return found;
    }

    /// <summary>True while that very process runs.</summary>
    public static bool IsRunning((int Id, string Start) process) => Stat(process.Id) is { State: not ("Z" or "X") } stat && stat.Start == process.Start;

    private const int Interrupted = 2;

    private static ProcessStat? Stat(int id)
    {
        try
        {
            // The name in brackets may hold anything, also blanks.
            string text = File.ReadAllText($"/proc/{id}/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessStat(id, int.Parse(fields[1], System.Globalization.CultureInfo.InvariantCulture), fields[0], fields[19]);
        }
        catch (IOException)
        {
            // It has ended.
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);

    private sealed record ProcessStat(int Id, int Parent, string State, string Start);
}
