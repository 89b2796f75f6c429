using YamlDotNet.Core;

namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>Finds the services of Compose projects by the labels of their containers.</summary>
internal sealed class ComposeServices(HostContext host)
{
    private readonly ContainerEngine _engine = new(host);

    /// <summary>Names of the projects that have containers, running or not.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: the engine does not answer.</exception>
    public async Task<IReadOnlyList<string>> ProjectsAsync(CancellationToken ct)
    {
        string names = await _engine.RunAsync(ct, "ps", "-a", "--filter", $"label={ComposeLabels.Project}", "--format", $$$"""{{.Label "{{{ComposeLabels.Project}}}"}}""").ConfigureAwait(false);
        return [.. names.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>A project as it stands.</summary>
    /// <param name="project">Its name; null = the only one.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: the engine does not answer, or there is no such project; <see cref="DrpError.PlanInvalid"/>: there are several.</exception>
    public async Task<ComposeStack> ReadAsync(string? project, CancellationToken ct)
    {
        project ??= await OnlyAsync(ct).ConfigureAwait(false);
        return await TryReadAsync(project, ct).ConfigureAwait(false)
            ?? throw new DrpException(DrpError.Unreachable, Text.Of(ContainerTexts.NoSuchProject, project))
            {
                Subject = project, Hint = Text.Of(ContainerTexts.ProjectsAre, string.Join(", ", await ProjectsAsync(ct).ConfigureAwait(false)) is { Length: > 0 } names ? names : "–"),
            };
    }

    /// <summary>A project as it stands; null when it has no containers.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: the engine does not answer.</exception>
    public async Task<ComposeStack?> TryReadAsync(string project, CancellationToken ct)
    {
        var containers = await ContainersAsync(project, null, ct).ConfigureAwait(false);
        if (containers.Count == 0) return null;
        ContainerFacts newest = containers.MaxBy(c => c.Created)!;
        string? folder = newest.Labels.GetValueOrDefault(ComposeLabels.Folder);
        string[] files = [.. (newest.Labels.GetValueOrDefault(ComposeLabels.Files) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(f => Path.GetFullPath(f, folder ?? "/"))];
        var needs = await NeedsAsync(project, folder, files, containers, ct).ConfigureAwait(false);
        ComposeService[] services =
        [
            .. containers.OrderBy(c => c.Created).GroupBy(c => c.Service!, StringComparer.Ordinal)
                .Select(s => new ComposeService(s.Key, [.. s], needs?.GetValueOrDefault(s.Key) ?? new Dictionary<string, string>(StringComparer.Ordinal))),
        ];
        return new ComposeStack { Project = project, Folder = folder, Files = files, Services = ServiceOrder.Of(services), OrderKnown = needs is not null || services.Length == 1 };
    }

    /// <summary>Containers of a service, or of all, running or not; what <c>compose run</c> made is left out.</summary>
    public async Task<IReadOnlyList<ContainerFacts>> ContainersAsync(string? project, string? service, CancellationToken ct)
    {
        List<string> filters = [project is null ? $"label={ComposeLabels.Project}" : $"label={ComposeLabels.Project}={project}"];
        filters.Add(service is null ? $"label={ComposeLabels.Service}" : $"label={ComposeLabels.Service}={service}");
        var found = await _engine.InspectAsync(await _engine.IdsAsync(ct, filters).ConfigureAwait(false), ct).ConfigureAwait(false);
        return [.. found.Where(c => !c.IsOneOff)];
    }

    /// <summary>The one container of a service.</summary>
    /// <param name="project">The project; null = the only one with such a service.</param>
    /// <param name="service">The service.</param>
    /// <param name="stoppedToo">It need not run.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there is none; <see cref="DrpError.PlanInvalid"/>: several would fit, listed.</exception>
    public async Task<ContainerFacts> OneAsync(string? project, string service, bool stoppedToo, CancellationToken ct)
    {
        ContainerFacts[] fitting = [.. (await ContainersAsync(project, service, ct).ConfigureAwait(false)).Where(c => stoppedToo || c.IsRunning)];
        string wanted = project is null ? service : $"{project}/{service}";
        return fitting switch
        {
            [var one] => one,
            [] => throw new DrpException(DrpError.Unreachable, Text.Of(ContainerTexts.ServiceNotRunning, wanted))
            {
                Hint = Text.Of(ContainerTexts.ServiceNotRunningHint, _engine.Program, ComposeLabels.Service), Subject = wanted,
            },
            _ => throw new DrpException(DrpError.PlanInvalid, Text.Of(ContainerTexts.ServiceAmbiguous, wanted, string.Join(", ", fitting.Select(c => $"{c.Name} ({c.Project})").Order(StringComparer.Ordinal))))
            {
                Hint = ContainerTexts.ServiceAmbiguousHint, Subject = wanted,
            },
        };
    }

    private async Task<string> OnlyAsync(CancellationToken ct) => await ProjectsAsync(ct).ConfigureAwait(false) switch
    {
        [var one] => one,
        [] => throw new DrpException(DrpError.Unreachable, ContainerTexts.NoProject) { Hint = ContainerTexts.NoProjectHint },
        var several => throw new DrpException(DrpError.PlanInvalid, Text.Of(ContainerTexts.SeveralProjects, string.Join(", ", several))) { Hint = ContainerTexts.SeveralProjectsHint },
    };

    /// <summary>What each service needs: from the labels of v2, else from the files; null when neither tells.</summary>
    private async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>?> NeedsAsync(
        string project, string? folder, IReadOnlyList<string> files, IReadOnlyList<ContainerFacts> containers, CancellationToken ct)
    {
        if (containers.All(c => c.Labels.ContainsKey(ComposeLabels.DependsOn)))
        {
            return containers.GroupBy(c => c.Service!, StringComparer.Ordinal)
                .ToDictionary(s => s.Key, s => (IReadOnlyDictionary<string, string>)ServiceOrder.ReadLabel(s.First().Labels[ComposeLabels.DependsOn]), StringComparer.Ordinal);
        }

        if (folder is null || files.Count == 0 || !files.All(File.Exists) || await ComposeProgram.TryFindAsync(host, ct).ConfigureAwait(false) is not { } compose) return null;
        ProcessResult config = await host.Processes.RunAsync(compose.Command(project, folder, files, "config") with { Timeout = TimeSpan.FromSeconds(30) }, ct).ConfigureAwait(false);
        if (!config.Ok) return null;
        try
        {
            return ComposeConfig.Dependencies(new StringReader(config.Text));
        }
        catch (YamlException)
        {
            // Some other program under that name.
            return null;
        }
    }
}
