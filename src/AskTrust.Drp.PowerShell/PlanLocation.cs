using System.Management.Automation;

namespace AskTrust.Drp.PowerShell;

/// <summary>Finds files the way PowerShell does: from its own current location, drives included.</summary>
internal static class PlanLocation
{
    /// <summary>Variable with the plan to use when none is given.</summary>
    public const string Variable = "DRP_PLAN";

    /// <summary>Name of a plan in its folder.</summary>
    public const string FileName = "drp.yaml";

    /// <summary>The plan that is meant.</summary>
    public static string Resolve(PSCmdlet cmdlet, string? given) => Full(cmdlet.SessionState, Choose(given));

    /// <summary>What is given, else the variable, else the file of the current folder.</summary>
    public static string Choose(string? given)
    {
        if (!string.IsNullOrEmpty(given)) return given;
        return Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable ? variable : FileName;
    }

    /// <summary>Full path in the file system; the file need not exist.</summary>
    public static string Full(SessionState state, string path)
    {
        string full = state.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        if (provider.Name != "FileSystem") throw NotAFile(path);
        return full;
    }

    /// <summary>The one file or folder that is meant, wildcards resolved unless literal.</summary>
    public static string One(SessionState state, string path, bool literal)
    {
        if (literal || !WildcardPattern.ContainsWildcardCharacters(path)) return Full(state, path);
        var found = state.Path.GetResolvedProviderPathFromPSPath(path, out var provider);
        if (provider.Name != "FileSystem") throw NotAFile(path);
        return found.Count == 1 ? found[0] : throw new DrpException(DrpError.PlanInvalid, Text.Of(CmdletTexts.NotOneFile, path, found.Count)) { Subject = path };
    }

    private static DrpException NotAFile(string path) => new(DrpError.PlanInvalid, Text.Of(CmdletTexts.NotAFile, path)) { Subject = path };
}
