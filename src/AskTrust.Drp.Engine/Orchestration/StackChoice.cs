using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>Which Compose project a run is about.</summary>
internal static class StackChoice
{
    /// <summary>The name: as asked for, else that of the plan's components, else of the project that has their services; null = the only one on the engine.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: the components are of several projects.</exception>
    public static async Task<string?> NameAsync(DrpPlan plan, string? asked, HostContext host, CancellationToken ct)
    {
        if (asked is not null) return asked;
        List<string> projects = [.. plan.Components.Values.Select(Places.ProjectOf).OfType<string>()];
        if (projects.Count == 0)
        {
            foreach (string service in plan.Components.Values.Select(Places.ServiceOf).OfType<string>())
                projects.AddRange((await new ComposeServices(host).ContainersAsync(null, service, ct).ConfigureAwait(false)).Select(c => c.Project!));
        }

        string[] names = [.. projects.Distinct(StringComparer.Ordinal)];
        return names.Length <= 1 ? names.FirstOrDefault() : throw new DrpException(DrpError.PlanInvalid, Text.Of(OrchestrationTexts.SeveralStacks, string.Join(", ", names))) { Hint = ContainerTexts.SeveralProjectsHint };
    }
}
