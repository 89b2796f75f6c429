using System.Reflection;
using AskTrust.Drp.Build.Help;

namespace AskTrust.Drp.Build;

/// <summary>Help pages of the cmdlets, in both languages, from their metadata and the texts in help/.</summary>
internal static class HelpTask
{
    private const string Page = "AskTrust.Drp.PowerShell.dll-Help.xml";

    /// <summary>Language of the texts and the folder PowerShell looks in.</summary>
    public static readonly IReadOnlyDictionary<string, string> Cultures = new Dictionary<string, string>(StringComparer.Ordinal) { ["en"] = "en-US", ["fr"] = "fr-FR" };

    public static Task<int> RunAsync(Checkout checkout, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        string dll = Path.Join(checkout.Bin, "AskTrust.Drp.PowerShell.dll");
        if (!File.Exists(dll)) throw new BuildException("bin/ is empty: run “build” first.");
        var cmdlets = CmdletMetadata.Read(Assembly.LoadFrom(dll));
        foreach (var (language, culture) in Cultures)
        {
            string folder = Path.Join(checkout.Root, culture);
            Directory.CreateDirectory(folder);
            MamlWriter.Write(cmdlets.Select(c => (c, HelpText.Read(Path.Join(checkout.Root, "help"), language, c.Name)))).Save(Path.Join(folder, Page));
        }

        return Task.FromResult(0);
    }
}
