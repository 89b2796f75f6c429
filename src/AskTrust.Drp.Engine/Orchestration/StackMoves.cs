using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>How the start of one service went.</summary>
/// <param name="Service">Its name.</param>
/// <param name="Elapsed">From its start until it was well.</param>
/// <param name="Error">Why it is not; null = it is.</param>
/// <param name="Skipped">True when it was not started, because something it needs is not well.</param>
internal sealed record StartOutcome(string Service, TimeSpan Elapsed, DrpException? Error, bool Skipped = false);

/// <summary>Stops services against the order of their dependencies and starts them along it. Containers are stopped and started, never removed: volumes cannot get lost on the way.</summary>
internal sealed class StackMoves(HostContext host)
{
    private const string Healthy = "service_healthy";
    private const string Completed = "service_completed_successfully";
    private readonly ServiceControl _control = new(host);

    /// <summary>Stops services, the last to start first.</summary>
    /// <param name="services">In the order in which they start.</param>
    /// <param name="grace">How long each gets to end by itself.</param>
    /// <param name="stopped">Told of each with the time it took.</param>
    /// <param name="ct">Cancels.</param>
    public async Task StopAsync(IReadOnlyList<ComposeService> services, TimeSpan? grace, Action<ComposeService, TimeSpan> stopped, CancellationToken ct)
    {
        foreach (ComposeService service in services.Reverse())
        {
            long began = host.Clock.GetTimestamp();
            // A frozen process cannot end.
            await _control.UnpauseAsync(service.Containers.Where(c => c.State == ContainerState.Paused), ct).ConfigureAwait(false);
            await _control.StopAsync(service.Containers.Where(c => c.IsRunning || c.State == ContainerState.Restarting), grace, ct).ConfigureAwait(false);
            stopped(service, host.Clock.GetElapsedTime(began));
        }
    }

    /// <summary>Starts services, each when what it needs is as it wants it, and waits until all are well. One that does not come up holds back only those that need it.</summary>
    /// <param name="services">In the order in which they start.</param>
    /// <param name="stack">The project.</param>
    /// <param name="deadline">How long each gets.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<StartOutcome>> StartAsync(IReadOnlyList<ComposeService> services, ComposeStack stack, TimeSpan deadline, CancellationToken ct)
    {
        Dictionary<string, StartOutcome> outcomes = new(StringComparer.Ordinal);
        Dictionary<string, long> began = new(StringComparer.Ordinal);
        foreach (ComposeService service in services)
        {
            DrpException? closed = null;
            foreach (var (need, condition) in service.DependsOn.OrderBy(d => d.Key, StringComparer.Ordinal))
            {
                if (condition is not (Healthy or Completed) || stack.Services.FirstOrDefault(s => s.Name == need) is not { } needed) continue;
                StartOutcome gate = outcomes.GetValueOrDefault(need) ?? await SettleAsync(needed, began, deadline, condition == Completed, ct).ConfigureAwait(false);
                outcomes[need] = gate;
                closed ??= gate.Error is null ? null : new DrpException(gate.Error.Code, Text.Of(OrchestrationTexts.GateClosed, service.Name, need)) { Subject = service.Name };
            }

            if (closed is not null)
            {
                outcomes[service.Name] = new StartOutcome(service.Name, TimeSpan.Zero, closed, Skipped: true);
                continue;
            }

            began[service.Name] = host.Clock.GetTimestamp();
            try
            {
                await _control.StartAsync(service.Containers, ct).ConfigureAwait(false);
            }
            catch (DrpException e)
            {
                outcomes[service.Name] = new StartOutcome(service.Name, host.Clock.GetElapsedTime(began[service.Name]), e);
            }
        }

        List<StartOutcome> ordered = [];
        foreach (ComposeService service in services) ordered.Add(outcomes.GetValueOrDefault(service.Name) ?? await SettleAsync(service, began, deadline, ended: false, ct).ConfigureAwait(false));
        return ordered;
    }

    /// <summary>Starts, without waiting for anything, what ran before: for a run that was cut off. Never fails.</summary>
    public async Task BringBackAsync(IReadOnlyList<ComposeService> services)
    {
        using var brief = new CancellationTokenSource(TimeSpan.FromMinutes(2), host.Clock);
        foreach (ComposeService service in services)
        {
            try
            {
                await _control.StartAsync(service.Containers.Where(c => c.IsRunning || c.State == ContainerState.Restarting), brief.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DrpException or OperationCanceledException)
            {
                host.Say(DrpEventLevel.Warning, Text.Of(OrchestrationTexts.NotBroughtBack, service.Name, e.Message));
            }
        }
    }

    private async Task<StartOutcome> SettleAsync(ComposeService service, Dictionary<string, long> began, TimeSpan deadline, bool ended, CancellationToken ct)
    {
        long start = began.GetValueOrDefault(service.Name, host.Clock.GetTimestamp());
        TimeSpan left = deadline - host.Clock.GetElapsedTime(start);
        try
        {
            await _control.WaitAsync(service.Containers, left > TimeSpan.FromSeconds(2) ? left : TimeSpan.FromSeconds(2), ct, ended).ConfigureAwait(false);
            return new StartOutcome(service.Name, host.Clock.GetElapsedTime(start), null);
        }
        catch (DrpException e)
        {
            return new StartOutcome(service.Name, host.Clock.GetElapsedTime(start), e);
        }
    }
}
