using System.Diagnostics;

namespace AskTrust.Drp.Cli.Tests;

/// <summary>Runs the built drp as a process of its own, in an environment of the test's choice.</summary>
internal static class Drp
{
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "drp.dll");

    public static Task<Ended> RunAsync(params string[] args) => WithAsync([], args);

    public static async Task<Ended> WithAsync(Dictionary<string, string> environment, params string[] args)
    {
        using var process = Start(environment, args);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return new Ended(process.ExitCode, await output, await errors);
    }

    public static Process Start(Dictionary<string, string> environment, params string[] args)
    {
        // Started in the background of a script, we were told to ignore Ctrl+C, and a child would inherit that.
        string[] command = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", "dotnet"] : ["dotnet"];
        var start = new ProcessStartInfo(command[0], [.. command[1..], "exec", s_program, .. args]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = AppContext.BaseDirectory };
        foreach (string name in (string[])["LANG", "LC_ALL", "LC_MESSAGES", "DRP_PLAN", "DRP_DEBUG"]) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    internal sealed record Ended(int Code, string Output, string Errors);
}
