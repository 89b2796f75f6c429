using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.Engine.Operations;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>Restarts services of a Compose project: look → stop → volumes → start → look. A run that is cut off starts again what it had stopped.</summary>
internal sealed class ServiceRestartRun(OperationContext context, ServiceRestartOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly ComposeServices _services = new(context.Host);
    private readonly StackMoves _moves = new(context.Host);
    private readonly VolumeWatch _volumes = new(context.Host);
    private readonly Dictionary<string, TimeSpan> _stops = new(StringComparer.Ordinal);

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: the engine does not answer, or there is no such project; <see cref="DrpError.UnsafeTarget"/>: a volume is gone.</exception>
    public async Task<ServiceRestartReport> RunAsync(CancellationToken ct)
    {
        using LocalLock? alone = options.DryRun ? null : await StackLock.TakeAsync(context, "restart", ct).ConfigureAwait(false);
        string? name = await StackChoice.NameAsync(context.Plan, options.Project, context.Host, ct).ConfigureAwait(false);
        ComposeStack stack = await _phases.MeasureAsync("look", () => _services.ReadAsync(name, ct)).ConfigureAwait(false);
        var chosen = stack.Select(options.Services);
        if (options.Dependents && options.Services.Count > 0) chosen = stack.Select([.. options.Services, .. stack.Dependents(options.Services).Select(s => s.Name)]);
        // The very first look: what is gone already must not be covered up by a fresh, empty volume.
        var volumes = await _volumes.LookAsync(chosen, ct).ConfigureAwait(false);
        string[] warnings = stack.OrderKnown ? [] : [Text.Of(OrchestrationTexts.OrderUnknown, stack.Project)];
        if (options.DryRun) return Report(stack, chosen, RunStatus.Planned, volumes.Keys, warnings) with { Steps = [.. Steps(chosen, volumes.Count)] };
        try
        {
            var outcomes = await MoveAsync(stack, chosen, volumes, ct).ConfigureAwait(false);
            ComposeStack after = await _services.ReadAsync(stack.Project, ct).ConfigureAwait(false);
            await _volumes.RequireSameAsync(volumes, after.Select([.. chosen.Select(s => s.Name)]), ct).ConfigureAwait(false);
            var report = Finish(stack, chosen, outcomes, after, volumes.Keys, warnings);
            await RecordAsync(report, outcomes.FirstOrDefault(o => o.Error is not null)?.Error).ConfigureAwait(false);
            return report;
        }
        catch (Exception e)
        {
            await _moves.BringBackAsync(chosen).ConfigureAwait(false);
            await RecordAsync(Report(stack, chosen, RunStatus.Failed, volumes.Keys, warnings), e).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<IReadOnlyList<StartOutcome>> MoveAsync(ComposeStack stack, IReadOnlyList<ComposeService> chosen, IReadOnlyDictionary<string, string> volumes, CancellationToken ct)
    {
        await _phases.MeasureAsync("stop", () => _moves.StopAsync(chosen, options.StopTimeout, (service, time) =>
        {
            _stops[service.Name] = time;
            context.Host.Say(DrpEventLevel.Information, Text.Of(OrchestrationTexts.Stopped, service.Name));
        }, ct)).ConfigureAwait(false);
        await _phases.MeasureAsync("volumes", () => _volumes.RequireSameAsync(volumes, chosen, ct)).ConfigureAwait(false);
        return await _phases.MeasureAsync("start", () => _moves.StartAsync(chosen, stack, options.HealthTimeout, ct)).ConfigureAwait(false);
    }

    private ServiceRestartReport Finish(
        ComposeStack before, IReadOnlyList<ComposeService> chosen, IReadOnlyList<StartOutcome> outcomes, ComposeStack after, IEnumerable<string> volumes, IReadOnlyList<string> warnings)
    {
        bool failed = outcomes.Any(o => o.Error is not null);
        return Report(before, chosen, failed ? RunStatus.Failed : RunStatus.Succeeded, volumes, warnings) with
        {
            Services =
            [
                .. chosen.Zip(outcomes, (service, outcome) => new ServiceOutcome
                {
                    Service = service.Name, Status = outcome.Skipped ? RunStatus.Skipped : outcome.Error is null ? RunStatus.Succeeded : RunStatus.Failed,
                    Before = Snapshots.Of(service.Name, service.Containers), After = Snapshots.Of(service.Name, after.Service(service.Name).Containers),
                    Stop = _stops.TryGetValue(service.Name, out TimeSpan stop) ? stop : null, Start = outcome.Skipped ? null : outcome.Elapsed, Message = outcome.Error?.Message,
                }),
            ],
        };
    }

    private ServiceRestartReport Report(ComposeStack stack, IReadOnlyList<ComposeService> chosen, RunStatus status, IEnumerable<string> volumes, IReadOnlyList<string> warnings) => new()
    {
        Plan = context.Plan.Path, Project = stack.Project, Status = status, Started = _phases.Started, Duration = _phases.Elapsed, Phases = [.. _phases.Phases],
        Volumes = [.. volumes.Order(StringComparer.Ordinal)], Warnings = warnings,
        Services = [.. chosen.Select(s => new ServiceOutcome { Service = s.Name, Status = status, Before = Snapshots.Of(s.Name, s.Containers) })],
    };

    private IEnumerable<string> Steps(IReadOnlyList<ComposeService> chosen, int volumes)
    {
        foreach (ComposeService service in chosen.Reverse().Where(s => s.Containers.Any(c => c.IsRunning || c.State == ContainerState.Restarting))) yield return Text.Of(OrchestrationTexts.StepStop, service.Name);
        if (volumes > 0) yield return Text.Of(OrchestrationTexts.StepVolumes, volumes);
        foreach (ComposeService service in chosen) yield return Text.Of(OrchestrationTexts.StepStart, service.Name, (int)options.HealthTimeout.TotalSeconds);
    }

    private async Task RecordAsync(ServiceRestartReport report, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("service-restart", report.Project, report.Status, error is null ? DrpError.None : Failures.CodeOf(error), _phases, new(StringComparer.Ordinal)
        {
            ["services"] = string.Join(", ", report.Services.Select(s => s.Service)),
            ["before"] = string.Join(", ", report.Services.Select(s => $"{s.Service} {s.Before.State} {s.Before.Health}")),
            ["after"] = string.Join(", ", report.Services.Where(s => s.After is not null).Select(s => $"{s.Service} {s.After!.State} {s.After.Health}")),
            ["volumes"] = string.Join(", ", report.Volumes),
            ["error"] = error?.Message ?? "",
        }, brief.Token).ConfigureAwait(false);
    }
}
