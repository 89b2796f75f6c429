using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Private;

/// <summary>Files and folders from all over the machine as one archive, named from its root; what was made for the backup lies beside them in <see cref="Made"/>.</summary>
/// <param name="name">Name of the archive.</param>
/// <param name="files">What goes in.</param>
/// <param name="made">A folder with a folder <see cref="Made"/>; null = nothing was made.</param>
/// <param name="host">The outside world.</param>
internal sealed class KeptFilesArtifact(string name, KeptFiles files, string? made, HostContext host) : IArtifactSource
{
    /// <summary>Where the archive keeps what is no file of the machine: outputs of commands, the resolved Compose file.</summary>
    public const string Made = "drp-made";

    private const string Root = "/";
    private readonly TarPacking _packing = new(Root, new PackFilter(), listed: false, host);

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => FolderArtifact.Files;

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => null;

    /// <summary>What the archive holds.</summary>
    public FolderFacts Facts => _packing.Facts(name);

    /// <summary>What the operator should know.</summary>
    public IEnumerable<string> Warnings => _packing.Warnings;

    /// <summary>What is missing; null when everything was read.</summary>
    public string? Missing => _packing.Missing;

    /// <inheritdoc/>
    public Task WriteAsync(ISink plain, CancellationToken ct) => _packing.WriteAsync(Arguments(), (process, c) => TarPacking.TellAsync(process, [], c), plain, ct);

    /// <summary>The folders above come along, without what else is in them: they say who may look inside.</summary>
    private string[] Arguments()
    {
        string[] above = [.. files.Paths.SelectMany(p => KeptFiles.Above(p.Path)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] inside = [.. above.Where(a => !files.Paths.Any(p => p.Folder && (p.Path == a || KeptFiles.IsInside(a, p.Path))))];
        return
        [
            $"--directory={Root}", "--no-recursion", "./", .. inside.Select(Named), "--recursion", .. files.Paths.Select(p => Named(p.Path)),
            .. made is null ? Array.Empty<string>() : [$"--directory={made}", "./" + Made],
        ];
    }

    private static string Named(string path) => "." + path;
}
