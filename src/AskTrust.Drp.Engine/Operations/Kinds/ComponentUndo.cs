using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Kinds;

/// <summary>Takes the restore of a component that is no database back. What was restored stays aside under a name of its own; nothing is lost.</summary>
internal sealed class ComponentUndo(OperationContext context, UndoOptions options, PhaseClock phases, RestoreJournal journal)
{
    /// <summary>Runs.</summary>
    public async Task<RestoreReport> RunAsync(IComponentKind kind, RestoreEntry entry, CancellationToken ct)
    {
        string id = RestoreEntry.NewId(context.Clock);
        IComponentUndo undo = await kind.PrepareUndoAsync(entry, id, ct).ConfigureAwait(false);
        await using var _ = undo.ConfigureAwait(false);
        var report = new RestoreReport
        {
            Plan = context.Plan.Path, RestoreId = entry.RestoreId, Source = undo.Source, Component = entry.Component, Target = undo.Target, Database = entry.Database,
            Status = RunStatus.Planned, Started = phases.Started, Duration = phases.Elapsed, Steps = undo.Steps,
        };
        if (options.DryRun) return report;
        await AskAsync(entry, report, ct).ConfigureAwait(false);
        var (done, aside) = await undo.RunAsync(entry with { RestoreId = id, Started = phases.Started, Source = undo.Source, Finished = true }, phases, ct).ConfigureAwait(false);
        await journal.WriteAsync(done, CancellationToken.None).ConfigureAwait(false);
        await context.RecordAsync("undo", entry.Database, RunStatus.Succeeded, DrpError.None, phases, new(StringComparer.Ordinal) { ["restore"] = entry.RestoreId, ["aside"] = aside ?? "" }, CancellationToken.None).ConfigureAwait(false);
        return report with { RestoreId = id, Status = RunStatus.Succeeded, Duration = phases.Elapsed, Phases = phases.Phases, Steps = [], Previous = aside };
    }

    private async Task AskAsync(RestoreEntry entry, RestoreReport report, CancellationToken ct)
    {
        bool production = context.Plan.Components.GetValueOrDefault(entry.Component)?.Production ?? false;
        if (!production || options.Confirmed || (context.Ask is { } ask && await ask(Text.Of(OperationsTexts.UndoQuestion, entry.Database, report.Target), ct).ConfigureAwait(false))) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.ProductionRefused, entry.Database, report.Target)) { Subject = entry.Database, Hint = OperationsTexts.ProductionHint };
    }
}
