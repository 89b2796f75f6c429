using System.Text.RegularExpressions;

namespace AskTrust.Drp.Build;

/// <summary>The checkout this runner was built from, and the places in it.</summary>
internal sealed partial record Checkout(string Root)
{
    /// <summary>The module's assemblies.</summary>
    public string Bin => Path.Join(Root, "bin");

    /// <summary>Everything that is handed out.</summary>
    public string Dist => Path.Join(Root, "dist");

    /// <summary>The folder of the published <c>drp</c>.</summary>
    public string Cli => Path.Join(Dist, "drp");

    /// <summary>Scratch space: test results, staging.</summary>
    public string Artifacts => Path.Join(Root, "artifacts");

    /// <summary>Version of the module; the manifest is the only place that states it.</summary>
    public string Version => VersionLine().Match(File.ReadAllText(Path.Join(Root, "AskTrust.Drp.psd1"))).Groups["version"].Value;

    /// <summary>Walks up from this assembly to the solution.</summary>
    public static Checkout Find()
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
            if (File.Exists(Path.Join(at, "AskTrust.Drp.sln"))) return new Checkout(at);
        throw new BuildException("AskTrust.Drp.sln was not found above " + AppContext.BaseDirectory);
    }

    /// <summary>Puts a finished folder in place of an old one in one step: a pwsh that still has the old files mapped is not hurt.</summary>
    public static void Replace(string staged, string target)
    {
        string old = target + ".old";
        if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (Directory.Exists(target)) Directory.Move(target, old);
        Directory.Move(staged, target);
        if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
    }

    /// <summary>An empty folder below <see cref="Artifacts"/>.</summary>
    public string Fresh(string name)
    {
        string path = Path.Join(Artifacts, name);
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        Directory.CreateDirectory(path);
        return path;
    }

    [GeneratedRegex(@"ModuleVersion\s*=\s*'(?<version>[^']+)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionLine();
}
