namespace AskTrust.Drp.Engine.Tests.Architecture;

/// <summary>The source files of the checkout these tests were built from.</summary>
internal static class Sources
{
    public static string Root { get; } = FindRoot();

    /// <summary>Source files below a folder, without build output.</summary>
    public static IEnumerable<string> In(string folder, string pattern = "*.cs") =>
        Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
            .Where(f => !Path.GetRelativePath(folder, f).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    private static string FindRoot()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Join(at, "AskTrust.Drp.sln"))) at = Path.GetDirectoryName(at);
        return at ?? throw new InvalidOperationException("AskTrust.Drp.sln was not found above " + AppContext.BaseDirectory);
    }
}
