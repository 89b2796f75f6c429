using System.Diagnostics;
using System.Globalization;

namespace AskTrust.Drp.Build;

/// <summary>Runs every test and ends with one line: <c>N passed, N failed, N skipped</c>.</summary>
internal static class TestTask
{
    public static async Task<int> RunAsync(Checkout checkout, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        await DebianPackages.NeedAsync(DebianPackages.Test, checkout, ct);
        await SolutionAsync(checkout, ct);
        await BuildTask.ModuleAsync(checkout, [], ct);
        await BuildTask.CliAsync(checkout, ct);
        return Sum(await SuitesAsync(checkout, ct));
    }

    /// <summary>One xunit suite only, with a filter; same ending line and exit code.</summary>
    public static async Task<int> XunitAsync(Checkout checkout, string only, string filter, IReadOnlyDictionary<string, string?> environment, CancellationToken ct)
    {
        await SolutionAsync(checkout, ct);
        List<SuiteResult> results;
        await using (TestEngine.Watch()) results = await XunitSuitesAsync(checkout, only, filter, environment, ct);
        return Sum(results);
    }

    private static async Task<IReadOnlyList<SuiteResult>> SuitesAsync(Checkout checkout, CancellationToken ct)
    {
        await using var engine = TestEngine.Watch();
        // One pwsh keeps one processor busy: the other suites run beside it.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task<SuiteResult> pester = Pester.RunAsync(checkout, stop.Token);
        try
        {
            var results = await XunitSuitesAsync(checkout, "*.Tests", "Category!=Soak", new Dictionary<string, string?>(StringComparer.Ordinal), ct);
            results.Add(await pester);
            return results;
        }
        catch
        {
            // Nothing of it outlives us.
            await stop.CancelAsync();
            await pester.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }

    private static Task SolutionAsync(Checkout checkout, CancellationToken ct) =>
        Shell.MustAsync(Shell.Dotnet, ["build", Path.Join(checkout.Root, "AskTrust.Drp.sln"), "-c", "Release", "-v", "quiet", "--nologo"], ct, checkout.Root);

    private static async Task<List<SuiteResult>> XunitSuitesAsync(
        Checkout checkout, string only, string filter, IReadOnlyDictionary<string, string?> environment, CancellationToken ct)
    {
        string folder = checkout.Fresh("tests");
        List<SuiteResult> results = [];
        foreach (string project in Directory.EnumerateFiles(Path.Join(checkout.Root, "tests"), only + ".csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string suite = Path.GetFileNameWithoutExtension(project);
            Console.WriteLine($"\n== {suite}");
            long began = Stopwatch.GetTimestamp();
            int code = await Shell.RunAsync(
                Shell.Dotnet,
                [
                    "test", project, "-c", "Release", "--no-build", "--nologo", "-v", "quiet", "--filter", filter,
                    "--logger", $"trx;LogFileName={suite}.trx", "--results-directory", folder,
                ],
                ct, checkout.Root, environment);
            string file = Path.Join(folder, suite + ".trx");
            if (!File.Exists(file))
            {
                // Whatever the exit code says (a stopped dotnet says 0): a suite without results has not run.
                results.Add(new SuiteResult(suite, 0, 1, 0, Stopwatch.GetElapsedTime(began)) { Remarks = [$"FAILED:  {suite}: dotnet test ended with {code} and wrote no results"] });
                continue;
            }

            var result = Trx.Read(suite, file, Stopwatch.GetElapsedTime(began));
            if (code != 0 && result.Failed == 0)
                result = result with { Failed = 1, Remarks = [.. result.Remarks, $"FAILED:  {suite}: dotnet test ended with {code} (the test host crashed?)"] };
            results.Add(result);
        }

        return results;
    }

    private static int Sum(IReadOnlyList<SuiteResult> results)
    {
        Console.WriteLine();
        foreach (string remark in results.SelectMany(r => r.Remarks)) Console.WriteLine(remark);
        Console.WriteLine();
        foreach (var r in results)
            Console.WriteLine($"{r.Name,-36} {r.Passed,5} passed {r.Failed,4} failed {r.Skipped,4} skipped  {r.Elapsed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture),5} s");
        int passed = results.Sum(r => r.Passed), failed = results.Sum(r => r.Failed), skipped = results.Sum(r => r.Skipped);
        Console.WriteLine();
        if (passed + failed == 0) Console.WriteLine("No test ran.");
        Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 && passed > 0 ? 0 : 1;
    }
}
