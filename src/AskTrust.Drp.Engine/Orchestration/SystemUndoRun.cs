using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations;
using AskTrust.Drp.Engine.Operations.Whole;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>Takes a restore of everything back, the last component first; also one that was killed half way.</summary>
internal sealed class SystemUndoRun(OperationContext context, string? id, bool dryRun)
{
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly SystemJournal _journal = new(FolderOf(context));

    /// <summary>Where restores of everything are remembered.</summary>
    public static string FolderOf(OperationContext context) => Path.Combine(Path.GetDirectoryName(context.RestoresFolder)!, "systems");

    /// <summary>An id for a run that begins now.</summary>
    public static string NewId(TimeProvider clock) => $"{clock.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}-{Guid.NewGuid().ToString("N")[..6]}";

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: there is none to take back; others: a part could not be taken back, the rest was.</exception>
    public async Task<SystemRestoreReport> RunAsync(CancellationToken ct)
    {
        using LocalLock? alone = dryRun ? null : await StackLock.TakeAsync(context, "restore-system --undo", ct).ConfigureAwait(false);
        SystemEntry entry = await _journal.FindAsync(id, e => e.Undone is null, ct).ConfigureAwait(false) is { Undone: null } found ? found
            : throw new DrpException(DrpError.RepositoryMissing, id is null ? OperationsTexts.NothingToUndo : Text.Of(OperationsTexts.NoSuchRestore, id)) { Subject = id };
        List<(SystemPartEntry Part, string RestoreId)> done = [];
        foreach (SystemPartEntry part in entry.Parts.Where(p => p.Begun).Reverse())
        {
            if ((part.RestoreId ?? await PartUndo.FindAsync(context, part.Component, entry.Started, settle: !dryRun, ct).ConfigureAwait(false)) is { } restore) done.Add((part, restore));
        }

        string[] served = [.. done.Select(d => context.Plan.Components.GetValueOrDefault(d.Part.Component)).OfType<ComponentPlan>().Where(Places.IsServed).Select(Places.ServiceOf).OfType<string>().Distinct(StringComparer.Ordinal)];
        StackPlace? place = await StackPlace.FindAsync(context.Plan, entry.Options with { Project = entry.Project }, context.Host, ct).ConfigureAwait(false);
        StackSession? stack = place?.Stack is null ? null : new StackSession(context.Host, place, served, context.Plan.Maintenance?.ComposeService, entry.Options);
        if (dryRun) return Report(entry, done, RunStatus.Planned, []) with { Steps = [.. done.Select(d => Text.Of(OrchestrationTexts.StepBack, d.Part.Component, d.RestoreId))] };
        List<string> warnings = [];
        // A run that was killed left its page; it goes as this one's would.
        if (stack is not null && context.Plan.Maintenance is not null && !entry.Maintenance)
            entry = entry with { Maintenance = await SitePage.HideAsync(context, $"restore-system --undo {entry.SystemId}", warnings, ct).ConfigureAwait(false) };
        await _journal.WriteAsync(entry with { Settled = false }).ConfigureAwait(false);
        if (stack is not null)
        {
            await _phases.MeasureAsync("stop", () => stack.StopAsync(ct)).ConfigureAwait(false);
            if (served.Length > 0) await stack.ServeAsync(ct).ConfigureAwait(false);
        }

        foreach (var (part, restore) in done)
        {
            await _phases.MeasureAsync($"put back {part.Component}", () => PartUndo.RunAsync(context, restore, ct)).ConfigureAwait(false);
            entry = entry with { Parts = [.. entry.Parts.Select(p => p.Component == part.Component ? p with { Begun = false, RestoreId = null } : p)] };
            await _journal.WriteAsync(entry with { Settled = false }).ConfigureAwait(false);
        }

        if (stack?.FileChanged == true) await stack.MakeAsync(ct).ConfigureAwait(false);
        IReadOnlyList<ServiceOutcome> services = stack is null ? [] : await _phases.MeasureAsync("start", () => stack.StartAsync(ct)).ConfigureAwait(false);
        warnings.AddRange(services.Select(s => s.Message).OfType<string>());
        bool well = services.All(s => s.Message is null), stays = entry.Maintenance && !well;
        await _journal.WriteAsync(entry with { Settled = true, Maintenance = stays, Undone = context.Clock.GetUtcNow() }).ConfigureAwait(false);
        if (stays) warnings.Add(OrchestrationTexts.MaintenanceStays);
        else if (entry.Maintenance) await SitePage.ShowAsync(context, ct).ConfigureAwait(false);
        var report = Report(entry, done, well ? RunStatus.Succeeded : RunStatus.Incomplete, services) with { Warnings = warnings };
        await context.RecordAsync("undo-system", entry.SystemId, report.Status, DrpError.None, _phases, new(StringComparer.Ordinal)
        {
            ["restores"] = string.Join(", ", done.Select(d => d.RestoreId)),
        }, CancellationToken.None).ConfigureAwait(false);
        return report;
    }

    private SystemRestoreReport Report(SystemEntry entry, List<(SystemPartEntry Part, string RestoreId)> done, RunStatus status, IReadOnlyList<ServiceOutcome> services) => new()
    {
        Plan = context.Plan.Path, SystemId = entry.SystemId, Status = status, Project = entry.Project, Services = services, Started = _phases.Started, Duration = _phases.Elapsed, Phases = _phases.Phases,
        Components =
        [
            .. done.Select(d => new SystemPartOutcome
            {
                Component = d.Part.Component, Type = context.Plan.Components.GetValueOrDefault(d.Part.Component)?.Type ?? "", SetId = d.Part.SetId, Time = entry.Started, Status = status, RestoreId = d.RestoreId,
                SafetyId = d.Part.SafetyId,
            }),
        ],
    };
}
