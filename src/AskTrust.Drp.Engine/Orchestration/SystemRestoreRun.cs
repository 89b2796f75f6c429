using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations;
using AskTrust.Drp.Engine.Operations.Whole;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>
/// Restores everything a plan protects: look → show → ask → stop → each component, by the road of its kind, which saves what it replaces → start → wait until all is well. A
/// failure before the start takes everything back; after a kill the journal tells where it stood.
/// </summary>
internal sealed class SystemRestoreRun(OperationContext context, SystemRestoreOptions asked, bool resume)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly SystemJournal _journal = new(SystemUndoRun.FolderOf(context));

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: nobody said yes, or an earlier run was cut off and is not settled; others: it failed, and everything is as it was.</exception>
    public async Task<SystemRestoreReport> RunAsync(CancellationToken ct)
    {
        using LocalLock? alone = asked.DryRun ? null : await StackLock.TakeAsync(context, "restore-system", ct).ConfigureAwait(false);
        SystemEntry? cut = await _journal.CutOffAsync(ct).ConfigureAwait(false);
        if (cut is not null && !resume && !asked.DryRun) throw Unsettled(cut);
        if (cut is null && resume) throw new DrpException(DrpError.RepositoryMissing, OrchestrationTexts.NothingToResume);
        SystemRestoreOptions options = resume ? cut!.Options with { DryRun = asked.DryRun, Confirmed = true } : asked;
        WholeSource source = await _phases.MeasureAsync("look", () => WholeSource.OpenAsync(context, options, ct)).ConfigureAwait(false);
        await using var _ = source.ConfigureAwait(false);
        StackPlace? place = await StackPlace.FindAsync(context.Plan, options, context.Host, ct).ConfigureAwait(false);
        string[] served = [.. source.Parts.Where(p => Places.IsServed(p.Plan)).Select(p => Places.ServiceOf(p.Plan)).OfType<string>().Distinct(StringComparer.Ordinal)];
        StackSession? stack = place is null ? null : new StackSession(context.Host, place, served, context.Plan.Maintenance?.ComposeService, options);
        SystemEntry entry = resume ? await AdoptAsync(cut!, ct).ConfigureAwait(false) : NewEntry(options, source, stack);
        var work = new SystemWork(context, source, stack, entry, options.DryRun ? _ => Task.CompletedTask : _journal.WriteAsync);
        if (entry.Parts.Select(p => p.SetId).Distinct(StringComparer.Ordinal).Count() > 1) work.Warnings.Add(Text.Of(OrchestrationTexts.Skew, Human.Duration(Skew(source))));
        work.Warnings.AddRange(context.Plan.Components.Keys.Except(source.Parts.Select(p => p.Plan.Name), StringComparer.Ordinal).Where(n => IsMissing(n, options)).Select(n => Text.Of(OrchestrationTexts.NotInSet, n)));
        if (options.DryRun) return Report(work, stack, RunStatus.Planned) with { Steps = [.. work.Steps().Where(s => s.Phase != "mark").Select(s => s.Text), .. StartStep(stack, options)] };
        await AskAsync(options, work, ct).ConfigureAwait(false);
        return await WorkAsync(work, stack, ct).ConfigureAwait(false);
    }

    private async Task<SystemRestoreReport> WorkAsync(SystemWork work, StackSession? stack, CancellationToken ct)
    {
        await work.SaveAsync(work.Entry).ConfigureAwait(false);
        var runner = new StepRunner(context.Host, _phases, async step =>
        {
            context.Host.Say(DrpEventLevel.Information, step.Text);
            await work.SaveAsync(work.Entry with { Step = step.Text }).ConfigureAwait(false);
        });
        try
        {
            await runner.RunAsync(work.Steps(), ct).ConfigureAwait(false);
            await _phases.MeasureAsync("start", () => work.StartAsync(ct)).ConfigureAwait(false);
            await work.EndAsync(ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            bool back = runner.Stuck.Count == 0 && !work.Entry.Restored;
            if (back) await work.SaveAsync(work.Entry with { Settled = true, Undone = context.Clock.GetUtcNow() }).ConfigureAwait(false);
            var failed = Report(work, stack, RunStatus.Failed);
            await RecordAsync(failed, e).ConfigureAwait(false);
            if (Explained(e, runner, work.Entry, back) is { } told) throw told;
            throw;
        }

        string[] sick = [.. work.Services.Where(s => s.Message is not null).Select(s => s.Message!)];
        work.Warnings.AddRange(sick);
        if (sick.Length > 0) work.Warnings.Add(Text.Of(OrchestrationTexts.WayBack, work.Entry.SystemId));
        await work.SaveAsync(work.Entry with { Settled = true }).ConfigureAwait(false);
        var report = Report(work, stack, sick.Length > 0 ? RunStatus.Incomplete : RunStatus.Succeeded);
        await RecordAsync(report, null).ConfigureAwait(false);
        return report;
    }

    /// <summary>What happened, and how things stand; null when it was cancelled, which the surfaces tell.</summary>
    private DrpException? Explained(Exception e, StepRunner runner, SystemEntry entry, bool back)
    {
        string step = runner.Current?.Text ?? entry.Step;
        string where = entry.Restored ? Text.Of(OrchestrationTexts.RestoredNotStarted, entry.SystemId)
            : back ? OrchestrationTexts.AllPutBack
            : Text.Of(OrchestrationTexts.NotAllPutBack, string.Join("; ", runner.Stuck), entry.SystemId);
        if (e is DrpException drp) return new DrpException(drp.Code, Text.Of(OrchestrationTexts.SystemFailed, step, drp.Message, where), e) { Subject = drp.Subject ?? entry.SystemId, Hint = drp.Hint };
        context.Host.Say(DrpEventLevel.Warning, where);
        return null;
    }

    /// <summary>A run that was killed: what it had restored without being able to say so is found in the restores themselves.</summary>
    private async Task<SystemEntry> AdoptAsync(SystemEntry cut, CancellationToken ct)
    {
        List<SystemPartEntry> parts = [];
        foreach (SystemPartEntry part in cut.Parts)
            parts.Add(part is { Begun: true, RestoreId: null } ? part with { RestoreId = await PartUndo.FindAsync(context, part.Component, cut.Started, settle: true, ct).ConfigureAwait(false) } : part);
        return cut with { Parts = parts };
    }

    private SystemEntry NewEntry(SystemRestoreOptions options, WholeSource source, StackSession? stack) => new()
    {
        SystemId = SystemUndoRun.NewId(context.Clock), Started = _phases.Started, Options = options, Project = stack?.Project,
        Ran = [.. stack?.Before?.Services.Where(s => s.Containers.Any(c => c.IsRunning)).Select(s => s.Name) ?? []],
        Parts = [.. source.Parts.OrderBy(p => Places.Rank(p.Plan, stack?.IsGone ?? false)).Select(p => new SystemPartEntry { Component = p.Plan.Name, SetId = p.SetId })],
    };

    private async Task AskAsync(SystemRestoreOptions options, SystemWork work, CancellationToken ct)
    {
        if (options.Confirmed || (options.Asked && !work.Entry.Parts.Any(p => context.Plan.Components[p.Component].Production))) return;
        string what = string.Join(", ", work.Entry.Parts.Select(p => $"{p.Component} ({p.SetId})"));
        if (context.Ask is { } ask && await ask(Text.Of(OrchestrationTexts.SystemQuestion, what), ct).ConfigureAwait(false)) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OrchestrationTexts.SystemRefused, what)) { Subject = context.Plan.Name, Hint = OrchestrationTexts.SystemRefusedHint };
    }

    private static IEnumerable<string> StartStep(StackSession? stack, SystemRestoreOptions options)
    {
        if (stack is not null && !options.NoStart) yield return Text.Of(OrchestrationTexts.StepStartAll, stack.Project, (int)options.HealthTimeout.TotalSeconds);
    }

    private bool IsMissing(string component, SystemRestoreOptions options) =>
        options.Only.Count == 0 && !options.Except.Contains(component, StringComparer.Ordinal) && !options.Except.Contains(context.Plan.Components[component].Type, StringComparer.Ordinal);

    private static TimeSpan Skew(WholeSource source) => source.Parts.Max(p => p.Time) - source.Parts.Min(p => p.Time);

    private static DrpException Unsettled(SystemEntry cut) => new(DrpError.UnsafeTarget,
        Text.Of(OrchestrationTexts.Unsettled, cut.SystemId, cut.Step, string.Join(", ", cut.Parts.Where(p => p.RestoreId is not null).Select(p => p.Component).DefaultIfEmpty("–"))))
    {
        Subject = cut.SystemId, Hint = Text.Of(OrchestrationTexts.UnsettledHint, cut.SystemId),
    };

    private SystemRestoreReport Report(SystemWork work, StackSession? stack, RunStatus status) => new()
    {
        Plan = context.Plan.Path, SystemId = work.Entry.SystemId, Status = status, Project = stack?.Project, Rebuilt = work.Rebuilds, Services = work.Services,
        Components = work.Outcomes(status == RunStatus.Planned ? RunStatus.Planned : RunStatus.Skipped), Started = _phases.Started, Duration = _phases.Elapsed,
        Phases = [.. _phases.Phases.Where(p => p.Name != "mark")], Warnings = [.. work.Warnings],
    };

    private async Task RecordAsync(SystemRestoreReport report, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("restore-system", report.SystemId, report.Status, error is null ? DrpError.None : Failures.CodeOf(error), _phases, new(StringComparer.Ordinal)
        {
            ["project"] = report.Project ?? "",
            ["components"] = string.Join(", ", report.Components.Select(c => $"{c.Component} {c.SetId} {c.Status}")),
            ["restores"] = string.Join(", ", report.Components.Select(c => c.RestoreId).OfType<string>()),
            ["safety override"] = asked.NoSafetyReason ?? "",
            ["error"] = error?.Message ?? "",
        }, brief.Token).ConfigureAwait(false);
    }
}
