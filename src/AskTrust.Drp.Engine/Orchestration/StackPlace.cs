using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>The Compose project a plan is about, which may be gone: its name, and the files it can be made from again.</summary>
/// <param name="Project">Name; null = as Compose makes it from the folder.</param>
/// <param name="Choices">Where its files may be, the best first: files that belong together. They need not be there yet: they may be part of what is restored.</param>
/// <param name="Stack">The project as it stands; null when it has no containers.</param>
internal sealed record StackPlace(string? Project, IReadOnlyList<IReadOnlyList<string>> Choices, ComposeStack? Stack)
{
    private static readonly string[] s_names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

    /// <summary>Full paths of its files, in the order they are laid over each other; empty while they are not there.</summary>
    public IReadOnlyList<string> Files => Choices.FirstOrDefault(c => c.Count > 0 && c.All(File.Exists)) ?? [];

    /// <summary>Looks for it.</summary>
    /// <returns>Null when the plan has to do with no Compose project.</returns>
    public static async Task<StackPlace?> FindAsync(DrpPlan plan, SystemRestoreOptions options, HostContext host, CancellationToken ct)
    {
        bool meant = options.Project is not null || options.ComposeFile is not null || plan.Components.Values.Any(c => Places.ServiceOf(c) is not null || Places.IsCompose(c));
        if (!meant) return null;
        string? project = await StackChoice.NameAsync(plan, options.Project, host, ct).ConfigureAwait(false);
        ComposeStack? stack = project is null ? null : await new ComposeServices(host).TryReadAsync(project, ct).ConfigureAwait(false);
        List<IReadOnlyList<string>> choices = [];
        if (options.ComposeFile is { } given) choices.Add([Path.GetFullPath(given)]);
        else if (stack is { Files.Count: > 0 }) choices.Add(stack.Files);
        choices.AddRange(plan.Components.Values.Where(Places.IsCompose).Select(Places.PathsOf));
        // Elsewhere a Compose file is known by its name.
        foreach (string path in plan.Components.Values.Where(c => !Places.IsCompose(c)).SelectMany(Places.PathsOf))
            choices.AddRange(s_names.Contains(Path.GetFileName(path), StringComparer.Ordinal) ? [[path]] : s_names.Select(n => (IReadOnlyList<string>)[Path.Combine(path, n)]));
        return new StackPlace(project, choices, stack);
    }

    /// <summary>Makes the containers that are missing, or whose definition changed; starts nothing, and leaves volumes alone.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: its file is not there; <see cref="DrpError.Failed"/>: Compose cannot, with what it said.</exception>
    public async Task<StackPlace> MakeAsync(HostContext host, CancellationToken ct)
    {
        var files = Files;
        if (files.Count == 0)
            throw new DrpException(DrpError.RepositoryMissing, Text.Of(OrchestrationTexts.NoComposeFile, Project ?? "–", string.Join(", ", Choices is [var best, ..] ? best : ["–"]))) { Subject = Project, Hint = OrchestrationTexts.NoComposeFileHint };
        ComposeProgram compose = await ComposeProgram.FindAsync(host, ct).ConfigureAwait(false);
        string folder = Path.GetDirectoryName(files[0])!;
        await compose.RunAsync(compose.Command(Project, folder, files, "up", "--no-start"), ct).ConfigureAwait(false);
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
