namespace AskTrust.Drp.Build;

/// <summary>Puts what users get into dist/: the module folder and the program.</summary>
internal static class PackTask
{
    private static readonly string[] s_files = ["AskTrust.Drp.psd1", "AskTrust.Drp.psm1", "AskTrust.Drp.Format.ps1xml", "LICENSE", "README.md", "CHANGELOG.md"];
    private static readonly string[] s_folders = ["bin", "en-US", "fr-FR"];

    public static async Task<int> RunAsync(Checkout checkout, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        await BuildTask.RunAsync(checkout, [], ct);
        string staged = checkout.Fresh("module");
        foreach (string file in s_files) File.Copy(Path.Join(checkout.Root, file), Path.Join(staged, file));
        foreach (string folder in s_folders) Copy(Path.Join(checkout.Root, folder), Path.Join(staged, folder));
        string module = Path.Join(checkout.Dist, "AskTrust.Drp", checkout.Version);
        Checkout.Replace(staged, module);
        Console.WriteLine($"Packed {module} and {checkout.Cli}");
        return 0;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Join(to, Path.GetFileName(file)));
        foreach (string folder in Directory.EnumerateDirectories(from)) Copy(folder, Path.Join(to, Path.GetFileName(folder)));
    }
}
