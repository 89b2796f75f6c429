using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>The Compose project a plan is about, which may be gone: its name, and the file it can be made from again.</summary>
/// <param name="Project">Name; null = as Compose makes it from the folder.</param>
/// <param name="Paths">Where its file may be: files, and folders that may hold it. It need not be there yet: it may be part of what is restored.</param>
/// <param name="Stack">The project as it stands; null when it has no containers.</param>
internal sealed record StackPlace(string? Project, IReadOnlyList<string> Paths, ComposeStack? Stack)
{
    private static readonly string[] s_names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

    /// <summary>Full path of its file; null while it is not there.</summary>
    public string? File => Paths.SelectMany(p => s_names.Contains(Path.GetFileName(p), StringComparer.Ordinal) || System.IO.File.Exists(p) ? [p] : s_names.Select(n => Path.Combine(p, n))).FirstOrDefault(System.IO.File.Exists);

    /// <summary>Looks for it.</summary>
    /// <returns>Null when the plan has to do with no Compose project.</returns>
    public static async Task<StackPlace?> FindAsync(DrpPlan plan, SystemRestoreOptions options, HostContext host, CancellationToken ct)
    {
        bool meant = options.Project is not null || options.ComposeFile is not null || plan.Components.Values.Any(c => Places.ServiceOf(c) is not null || Places.IsCompose(c));
        if (!meant) return null;
        string? project = await StackChoice.NameAsync(plan, options.Project, host, ct).ConfigureAwait(false);
        ComposeStack? stack = project is null ? null : await new ComposeServices(host).TryReadAsync(project, ct).ConfigureAwait(false);
        // The one that the containers were made of counts first: of files in the plan, only those that are called so.
        IEnumerable<string> paths = options.ComposeFile is { } given ? [Path.GetFullPath(given)]
            : [.. stack?.Files ?? [], .. plan.Components.Values.OrderBy(c => !Places.IsCompose(c)).SelectMany(c => Places.PathsOf(c).Where(p => Places.IsCompose(c) || s_names.Contains(Path.GetFileName(p), StringComparer.Ordinal) || Path.GetExtension(p).Length == 0))];
        return new StackPlace(project, [.. paths.Distinct(StringComparer.Ordinal)], stack);
    }

    /// <summary>Makes the containers that are missing, or whose definition changed; starts nothing, and leaves volumes alone.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: its file is not there; <see cref="DrpError.Failed"/>: Compose cannot, with what it said.</exception>
    public async Task<StackPlace> MakeAsync(HostContext host, CancellationToken ct)
    {
        string file = File ?? throw new DrpException(DrpError.RepositoryMissing, Text.Of(OrchestrationTexts.NoComposeFile, Project ?? "–", string.Join(", ", Paths.DefaultIfEmpty("–")))) { Subject = Project, Hint = OrchestrationTexts.NoComposeFileHint };
        ComposeProgram compose = await ComposeProgram.FindAsync(host, ct).ConfigureAwait(false);
        string folder = Path.GetDirectoryName(file)!;
        await compose.RunAsync(compose.Command(Project, folder, [file], "up", "--no-start"), ct).ConfigureAwait(false);
        string project = Project ?? (await NewestOfAsync(folder, host, ct).ConfigureAwait(false))!;
        return this with { Project = project, Stack = await new ComposeServices(host).ReadAsync(project, ct).ConfigureAwait(false) };
    }

    /// <summary>The project whose containers were made from that folder.</summary>
    private static async Task<string?> NewestOfAsync(string folder, HostContext host, CancellationToken ct)
    {
        var engine = new ContainerEngine(host);
        var made = await engine.InspectAsync([.. await engine.IdsAsync(ct, $"label={ComposeLabels.Folder}={folder}").ConfigureAwait(false)], ct).ConfigureAwait(false);
        return made.MaxBy(c => c.Created)?.Project;
    }
}
