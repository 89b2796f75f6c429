namespace AskTrust.Drp.Build;

/// <summary>Runs the benchmark project in bench/; arguments go to it.</summary>
internal static class BenchTask
{
    public static async Task<int> RunAsync(Checkout checkout, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        string? project = Directory.EnumerateFiles(Path.Join(checkout.Root, "bench"), "*.csproj", SearchOption.AllDirectories).FirstOrDefault();
        if (project is null) throw new BuildException("bench/ holds no project.");
        await DebianPackages.NeedAsync(DebianPackages.Bench, checkout, ct);
        await BuildTask.CliAsync(checkout, ct);
        return await Shell.RunAsync(Shell.Dotnet, ["run", "--project", project, "-c", "Release", "--", .. arguments], ct, checkout.Root);
    }
}
