using System.Text.RegularExpressions;
using AskTrust.Drp.Build.Help;

namespace AskTrust.Drp.PowerShell.Tests;

/// <summary>The cmdlets as compiled, and the files of the checkout around them.</summary>
internal static partial class Surface
{
    public static IReadOnlyList<CmdletMetadata> Cmdlets { get; } = CmdletMetadata.Read(typeof(PlanCmdlet).Assembly);

    public static string Root { get; } = FindRoot();

    public static string Manifest { get; } = File.ReadAllText(Path.Join(Root, "AskTrust.Drp.psd1"));

    /// <summary>Records of the Model that cmdlets write.</summary>
    public static IReadOnlyList<Type> Outputs { get; } = [.. Cmdlets.SelectMany(c => c.Outputs).Where(t => t.Assembly == typeof(DrpPlan).Assembly).Distinct()];

    /// <summary>A list of the manifest.</summary>
    public static IReadOnlyList<string> ManifestList(string key)
    {
        var match = Lists().Matches(Manifest).Single(m => m.Groups["key"].Value == key);
        return [.. Quoted().Matches(match.Groups["items"].Value).Select(m => m.Groups["text"].Value)];
    }

    public static CmdletMetadata Cmdlet(string name) => Cmdlets.Single(c => c.Name == name);

    private static string FindRoot()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Join(at, "AskTrust.Drp.sln"))) at = Path.GetDirectoryName(at);
        return at ?? throw new InvalidOperationException("AskTrust.Drp.sln was not found above " + AppContext.BaseDirectory);
    }

    [GeneratedRegex(@"(?<key>\w+)\s*=\s*@\((?<items>[^)]*)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Lists();

    [GeneratedRegex("'(?<text>[^']*)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quoted();
}
