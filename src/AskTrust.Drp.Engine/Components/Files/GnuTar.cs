using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>The installed GNU tar: it alone keeps ACLs, attributes and holes.</summary>
internal static class GnuTar
{
    /// <summary>The program.</summary>
    public const string Program = "tar";

    /// <summary>English messages, and names as the bytes they are.</summary>
    public static readonly IReadOnlyDictionary<string, string?> Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LC_ALL"] = "C", ["TAR_OPTIONS"] = null };

    /// <summary>First line of its version.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there is none, or another tar.</exception>
    public static async Task<string> RequireAsync(HostContext host, CancellationToken ct)
    {
        ProcessResult version = await host.Processes.RunAsync(new Command(Program, "--version") { Environment = Environment }, ct).ConfigureAwait(false);
        string first = version.Text.Split('\n')[0].Trim();
        return version.Ok && first.Contains("GNU tar", StringComparison.Ordinal)
            ? first
            : throw new DrpException(DrpError.Unreachable, Text.Of(FilesTexts.NotGnuTar, first)) { Subject = Program, Hint = FilesTexts.NotGnuTarHint };
    }
}
