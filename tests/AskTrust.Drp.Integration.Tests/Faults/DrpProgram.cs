using System.Runtime.InteropServices;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>The built <c>drp</c> as a process of its own, on the plan and the state directory of a scene.</summary>
internal static class DrpProgram
{
    private static readonly string s_dotnet = Path.GetFullPath(Path.Join(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
    private static readonly string s_program = Path.Join(AppContext.BaseDirectory, "drp.dll");

    /// <summary>Starts it; the process id is drp's own.</summary>
    public static ChildProcess Start(Scene scene, params IReadOnlyList<string> arguments) => ChildProcess.Start(
        s_dotnet,
        ["exec", s_program, .. arguments, "--plan", scene.PlanFile, "--lang", "en"],
        new ChildOptions
        {
            Folder = scene.Folder.Path,
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DRP_STATE"] = scene.State, ["DRP_TEST_PASSWORD"] = Scene.Password, ["DRP_PLAN"] = null },
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
}
