using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>Looks at containers: those the plan names, and with one of a Compose project all services of that project, for a product is well when all of it runs.</summary>
internal sealed class ServiceHealth(OperationContext context, HealthJudge judge)
{
    private readonly ContainerEngine _engine = new(context.Host);

    /// <summary>True when the plan names a container or project.</summary>
    public bool IsNamed => context.Plan.Health is { Compose.Count: > 0 } or { Containers.Count: > 0 } || Components.Any();

    private IEnumerable<IContainerPlace> Components => context.Plan.Components.Values.OfType<IContainerPlace>().Where(c => c.Container is not null || c.ComposeService is not null);

    /// <summary>Every container meant, as it stands.</summary>
    public async Task<IReadOnlyList<MeantContainer>> FindAsync(CancellationToken ct)
    {
        HashSet<string> projects = new(context.Plan.Health.Compose, StringComparer.Ordinal);
        List<MeantContainer> alone = [];
        var compose = new ComposeServices(context.Host);
        foreach (string name in context.Plan.Health.Containers.Concat(Components.Select(c => c.Container).OfType<string>()).Distinct(StringComparer.Ordinal))
        {
            ContainerFacts? found = (await _engine.InspectAsync([name], ct).ConfigureAwait(false)) is [var one, ..] ? one : null;
            if (found?.Project is { } project) projects.Add(project);
            else alone.Add(new MeantContainer(name, found, false));
        }

        foreach (IContainerPlace component in Components.Where(c => c.ComposeService is not null))
        {
            if (component.ComposeProject is not null) projects.Add(component.ComposeProject);
            else projects.UnionWith((await compose.ContainersAsync(null, component.ComposeService, ct).ConfigureAwait(false)).Select(c => c.Project).OfType<string>());
        }

        foreach (string project in projects.Order(StringComparer.Ordinal))
        {
            string prefix = projects.Count == 1 ? "" : project + "/";
            if (await compose.TryReadAsync(project, ct).ConfigureAwait(false) is not { } stack)
            {
                alone.Add(new MeantContainer(project, null, false));
                continue;
            }

            HashSet<string> tasks = [.. stack.Services.SelectMany(s => s.DependsOn).Where(d => d.Value == "service_completed_successfully").Select(d => d.Key)];
            alone.AddRange(stack.Services.SelectMany(s => s.Containers.Select((c, i) => new MeantContainer(prefix + s.Name + (s.Containers.Count == 1 ? "" : $" {i + 1}"), c, tasks.Contains(s.Name)))));
        }

        return alone;
    }

    /// <summary>Looks.</summary>
    public async Task<IReadOnlyList<HealthCheck>> AskAsync(CancellationToken ct)
    {
        List<HealthCheck> checks = [];
        foreach (MeantContainer container in await FindAsync(ct).ConfigureAwait(false))
        {
            checks.Add(await OfAsync(container, ct).ConfigureAwait(false));
            if (container.Facts is { Restarts: > 0 } facts)
                checks.Add(judge.AtMost($"{container.Name} restarts", HealthKind.Container, facts.Restarts, context.Plan.Health.Limits.Restarts, HealthJudge.Count, Text.Of(HealthTexts.LookWith, $"{_engine.Program} logs {facts.Name}")));
        }

        return checks;
    }

    private async Task<HealthCheck> OfAsync(MeantContainer container, CancellationToken ct)
    {
        string name = $"{container.Name} container";
        if (container.Facts is not { } facts) return judge.Bad(name, HealthKind.Container, HealthTexts.NoContainer, HealthTexts.NoContainerAdvice, DrpError.Unreachable);
        string value = facts.Health == ContainerHealth.None ? facts.State.ToString().ToLowerInvariant() : facts.Health.ToString().ToLowerInvariant();
        string advice = Text.Of(HealthTexts.LookWith, $"{_engine.Program} logs {facts.Name}");
        HealthCheck check = facts switch
        {
            { State: ContainerState.Running, Health: ContainerHealth.None or ContainerHealth.Healthy } => judge.Good(name, HealthKind.Container),
            { State: ContainerState.Running, Health: ContainerHealth.Starting } => judge.Odd(name, HealthKind.Container, HealthTexts.StillStarting),
            { State: ContainerState.Running } => judge.Bad(name, HealthKind.Container, Text.Of(HealthTexts.Unhealthy, context.Host.Redactor.Clean(facts.HealthOutput ?? "")).Trim(), advice),
            { State: ContainerState.Exited, ExitCode: 0 } when container.IsTask => judge.Good(name, HealthKind.Container),
            { State: ContainerState.Exited or ContainerState.Restarting or ContainerState.Dead } =>
                judge.Bad(name, HealthKind.Container, Text.Of(HealthTexts.NotRunning, value, facts.ExitCode, await _engine.LastWordsAsync(facts.Id, 3, ct).ConfigureAwait(false)).TrimEnd(), advice, DrpError.Unreachable),
            _ => judge.Bad(name, HealthKind.Container, Text.Of(HealthTexts.NotRunning, value, facts.ExitCode, "").TrimEnd(), advice, DrpError.Unreachable),
        };
        return check with { Value = value };
    }
}

/// <summary>A container that somebody expects to run.</summary>
/// <param name="Name">Its service, or its name where Compose did not make it.</param>
/// <param name="Facts">As its engine knows it; null = there is none.</param>
/// <param name="IsTask">It does its work and ends; others wait for that.</param>
internal sealed record MeantContainer(string Name, ContainerFacts? Facts, bool IsTask);
