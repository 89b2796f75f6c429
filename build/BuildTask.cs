namespace AskTrust.Drp.Build;

/// <summary>Makes the checkout a module: assemblies into bin/, help pages, and the program into dist/drp.</summary>
internal static class BuildTask
{
    // The analyzers judge the code once, when `test` builds the solution.
    private static readonly string[] s_quick = ["-p:RunAnalyzers=false"];

    public static async Task<int> RunAsync(Checkout checkout, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        await ModuleAsync(checkout, s_quick, ct);
        await CliAsync(checkout, ct);
        Console.WriteLine($"Built {checkout.Version}: Import-Module {Path.Join(checkout.Root, "AskTrust.Drp.psd1")}, or {Path.Join(checkout.Cli, "drp")}");
        return 0;
    }

    /// <summary>Only the module: bin/ and the help pages.</summary>
    public static async Task ModuleAsync(Checkout checkout, IReadOnlyList<string> options, CancellationToken ct)
    {
        string staged = checkout.Fresh("bin");
        await PublishAsync("src/AskTrust.Drp.PowerShell", staged, checkout, options, ct);
        string foreign = Path.Join(staged, "System.Management.Automation.dll");
        if (File.Exists(foreign)) throw new BuildException($"{foreign} must not be published: PowerShell brings its own.");
        Checkout.Replace(staged, checkout.Bin);
        await HelpTask.RunAsync(checkout, [], ct);
    }

    /// <summary>Only <c>drp</c>, compiled ahead for this machine so that it starts fast; it needs the .NET 10 runtime.</summary>
    public static async Task CliAsync(Checkout checkout, CancellationToken ct)
    {
        string staged = checkout.Fresh("drp");
        string[] fast =
        [
            .. s_quick, "--use-current-runtime", "--self-contained", "false",
            "-p:PublishReadyToRun=true", "-p:TieredCompilation=true", "-p:DebugType=none",
        ];
        await PublishAsync("src/AskTrust.Drp.Cli", staged, checkout, fast, ct);
        Checkout.Replace(staged, checkout.Cli);
    }

    private static Task PublishAsync(string project, string output, Checkout checkout, IEnumerable<string> more, CancellationToken ct) =>
        Shell.MustAsync(
            Shell.Dotnet, ["publish", Path.Join(checkout.Root, project), "-c", "Release", "-o", output, "-v", "quiet", "--nologo", "-p:PublishDocumentationFile=false", "-p:PublishReferencesDocumentationFiles=false", .. more], ct, checkout.Root);
}
