namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>A service of a Compose project.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Containers">Its containers, running or not; several when it is scaled.</param>
/// <param name="DependsOn">Services that must be up before it → condition (<c>service_started</c>, <c>service_healthy</c>, <c>service_completed_successfully</c>).</param>
internal sealed record ComposeService(string Name, IReadOnlyList<ContainerFacts> Containers, IReadOnlyDictionary<string, string> DependsOn);

/// <summary>A Compose project as its engine knows it at one moment: the services that have containers.</summary>
internal sealed record ComposeStack
{
    /// <summary>Name of the project.</summary>
    public required string Project { get; init; }

    /// <summary>Folder it was brought up from; may be gone.</summary>
    public string? Folder { get; init; }

    /// <summary>Full paths of its files; they may be gone, or have changed since.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Its services in the order in which they start: each after all it depends on.</summary>
    public required IReadOnlyList<ComposeService> Services { get; init; }

    /// <summary>False when nothing tells which service needs which (Compose v1, and its file is gone): then they are in the order in which they were made.</summary>
    public bool OrderKnown { get; init; } = true;

    /// <summary>Names of all volumes in its containers.</summary>
    public IReadOnlyList<string> Volumes =>
        [.. Services.SelectMany(s => s.Containers).SelectMany(c => c.Mounts).Select(m => m.Volume).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>A service by its name.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: there is none, with those there are.</exception>
    public ComposeService Service(string name) => Services.FirstOrDefault(s => s.Name == name)
        ?? throw new DrpException(DrpError.PlanInvalid, Text.Of(ContainerTexts.NoSuchService, Project, name)) { Subject = name, Hint = Text.Of(ContainerTexts.ServicesAre, string.Join(", ", Services.Select(s => s.Name))) };

    /// <summary>These services in the order in which they start; all when none is named.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: one of them is not there.</exception>
    public IReadOnlyList<ComposeService> Select(IReadOnlyCollection<string> names)
    {
        foreach (string name in names) Service(name);
        return names.Count == 0 ? Services : [.. Services.Where(s => names.Contains(s.Name, StringComparer.Ordinal))];
    }

    /// <summary>Services that need one of these, directly or through others, in the order in which they start; without these themselves.</summary>
    public IReadOnlyList<ComposeService> Dependents(IReadOnlyCollection<string> names)
    {
        HashSet<string> reached = new(names, StringComparer.Ordinal);
        // They are in starting order: whoever needs a later one comes later still.
        foreach (ComposeService service in Services.Where(s => s.DependsOn.Keys.Any(reached.Contains))) reached.Add(service.Name);
        return [.. Services.Where(s => reached.Contains(s.Name) && !names.Contains(s.Name, StringComparer.Ordinal))];
    }
}
