using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AskTrust.Drp.Build;

/// <summary>Runs programs for the tasks; arguments as a list.</summary>
internal static class Shell
{
    private static readonly string s_dotnetRoot = Path.GetFullPath(Path.Join(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    /// <summary>The dotnet that runs us, wherever the door found it, so that every step uses the same SDK.</summary>
    public static string Dotnet { get; } = Path.Join(s_dotnetRoot, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    /// <summary>Runs to the end with our own output; returns the exit code. Cancelling kills the whole tree.</summary>
    public static async Task<int> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken ct, string? folder = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        using var process = Start(program, arguments, folder, environment, capture: false);
        await WaitAsync(process, ct);
        return process.ExitCode;
    }

    /// <summary>Runs, and stops the task when it fails.</summary>
    public static async Task MustAsync(string program, IEnumerable<string> arguments, CancellationToken ct, string? folder = null)
    {
        List<string> list = [.. arguments];
        int code = await RunAsync(program, list, ct, folder);
        if (code != 0) throw new BuildException($"“{program} {string.Join(' ', list)}” ended with {code}.");
    }

    /// <summary>Runs quietly and returns the exit code and standard output.</summary>
    public static async Task<(int Code, string Output)> CaptureAsync(string program, IEnumerable<string> arguments, CancellationToken ct)
    {
        using var process = Start(program, arguments, null, null, capture: true);
        string output = await process.StandardOutput.ReadToEndAsync(ct);
        await WaitAsync(process, ct);
        return (process.ExitCode, output);
    }

    /// <summary>Runs with all output in a file, and stops the task with its end when it fails.</summary>
    public static async Task LoggedAsync(string program, IEnumerable<string> arguments, string log, CancellationToken ct)
    {
        List<string> list = [.. arguments];
        int code = await LogAsync(program, list, log, ct);
        if (code == 0) return;
        string end = string.Join('\n', (await File.ReadAllLinesAsync(log, ct)).Where(l => l.Length > 0).TakeLast(15));
        throw new BuildException($"“{program} {string.Join(' ', list)}” ended with {code} ({log}):\n{end}");
    }

    /// <summary>Runs with all output at the end of a file; returns the exit code.</summary>
    public static async Task<int> LogAsync(string program, IEnumerable<string> arguments, string log, CancellationToken ct, string? folder = null)
    {
        using var process = Start(program, arguments, folder, null, capture: true, captureErrors: true);
        await using (var file = new StreamWriter(log, append: true))
        {
            var gate = new Lock();
            void Keep(string? line)
            {
                lock (gate) file.WriteLine(line);
            }

            process.OutputDataReceived += (_, e) => Keep(e.Data);
            process.ErrorDataReceived += (_, e) => Keep(e.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            await WaitAsync(process, ct);
        }

        return process.ExitCode;
    }

    /// <summary>Full path of a program on PATH or in the administrator's folders; null when there is none.</summary>
    public static string? Find(string program)
    {
        string[] names = OperatingSystem.IsWindows() ? [program + ".exe", program + ".cmd"] : [program];
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!OperatingSystem.IsWindows()) folders = folders.Concat(["/usr/sbin", "/sbin", "/usr/local/sbin"]);
        return folders.SelectMany(f => names.Select(n => Path.Join(f, n))).FirstOrDefault(File.Exists);
    }

    private static Process Start(
        string program, IEnumerable<string> arguments, string? folder, IReadOnlyDictionary<string, string?>? environment, bool capture, bool captureErrors = false)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = capture, RedirectStandardError = captureErrors, WorkingDirectory = folder ?? "" };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) info.Environment[name] = value;
        // Variables of our own `dotnet run` that would mislead the dotnet we start.
        info.Environment.Remove("MSBuildSDKsPath");
        info.Environment.Remove("MSBUILD_EXE_PATH");
        info.Environment.Remove("MSBuildExtensionsPath");
        info.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        // A dotnet outside the usual places must be found by what we build and by the tests, too.
        info.Environment.TryAdd("DOTNET_ROOT", s_dotnetRoot);
        info.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") + Path.PathSeparator + s_dotnetRoot;
        return Process.Start(info) ?? throw new BuildException($"“{program}” could not be started.");
    }

    private static async Task WaitAsync(Process process, CancellationToken ct)
    {
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
