using System.Diagnostics;
using System.Text.Json;

namespace AskTrust.Drp.Build;

/// <summary>Runs tests/Pester in a new pwsh, because an assembly once loaded never goes; shows what it said when it is done, since other suites run beside it.</summary>
internal static class Pester
{
    private const string Suite = "Pester";

    public static async Task<SuiteResult> RunAsync(Checkout checkout, CancellationToken ct)
    {
        string tests = Path.Join(checkout.Root, "tests", "Pester");
        int files = Directory.EnumerateFiles(tests, "*.Tests.ps1").Count();
        if (Shell.Find("pwsh") is not { } pwsh) return Missing(files, "pwsh is not installed (https://aka.ms/powershell)");
        var (_, version) = await Shell.CaptureAsync(
            pwsh, ["-NoProfile", "-NonInteractive", "-Command", "(Get-Module -ListAvailable Pester | Sort-Object Version -Descending | Select-Object -First 1).Version.ToString()"], ct);
        if (!Version.TryParse(version.Trim(), out var found) || found < new Version(5, 3)) return Missing(files, "Pester 5.3 or later is not installed (Install-PSResource Pester)");

        string place = checkout.Fresh("pester"), summary = Path.Join(place, "summary.json"), log = Path.Join(place, "output");
        long began = Stopwatch.GetTimestamp();
        int code = await Shell.LogAsync(pwsh, ["-NoProfile", "-NonInteractive", "-File", Path.Join(tests, "Run.ps1"), "-Summary", summary], log, ct, checkout.Root);
        var elapsed = Stopwatch.GetElapsedTime(began);
        Console.WriteLine($"\n== {Suite} {found}\n{await File.ReadAllTextAsync(log, ct)}");
        if (!File.Exists(summary)) return new SuiteResult(Suite, 0, 1, 0, elapsed) { Remarks = [$"FAILED:  {Suite}: pwsh ended with {code} and wrote no results"] };

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(summary, ct));
        var root = json.RootElement;
        return new SuiteResult(Suite, root.GetProperty("Passed").GetInt32(), root.GetProperty("Failed").GetInt32(), root.GetProperty("Skipped").GetInt32(), elapsed)
        {
            Remarks = [.. root.GetProperty("Remarks").EnumerateArray().Select(r => r.GetString()!)],
        };
    }

    private static SuiteResult Missing(int files, string reason) =>
        new(Suite, 0, 0, files, TimeSpan.Zero) { Remarks = [$"skipped: {Suite} ({files} files): {reason}"] };
}
