using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>Finds the container a plan means: by name or id, or by the labels every Compose sets; never by a name made up from project and service.</summary>
internal static class ContainerFinder
{
    /// <summary>The one running container the plan means.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: none runs; <see cref="DrpError.PlanInvalid"/>: several would fit, listed.</exception>
    public static async Task<ContainerFacts> FindAsync(PostgreSqlPlan plan, HostContext host, CancellationToken ct)
    {
        ContainerFacts found = await LookAsync(plan.Container, plan.ComposeService, plan.ComposeProject, stoppedToo: false, host, ct).ConfigureAwait(false);
        if (found.IsRunning) return found;
        throw new DrpException(DrpError.Unreachable, Text.Of(ContainerTexts.ContainerStopped, found.Name))
        {
            Hint = Text.Of(ContainerTexts.ContainerStoppedHint, ContainerEngine.ProgramOf(host.Processes), found.Name), Subject = found.Name,
        };
    }

    /// <summary>The one container meant.</summary>
    /// <param name="container">Name or id; null = the service.</param>
    /// <param name="service">Service of a Compose project.</param>
    /// <param name="project">The project; null = the only one with such a service.</param>
    /// <param name="stoppedToo">The one of a service need not run.</param>
    /// <param name="host">The host.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there is none; <see cref="DrpError.PlanInvalid"/>: several would fit, listed.</exception>
    public static Task<ContainerFacts> LookAsync(string? container, string? service, string? project, bool stoppedToo, HostContext host, CancellationToken ct) => container is null
        ? new ComposeServices(host).OneAsync(project, service!, stoppedToo, ct)
        : new ContainerEngine(host).InspectAsync(container, ct);
}
