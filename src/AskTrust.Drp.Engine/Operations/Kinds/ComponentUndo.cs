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
        RestoreEntry own = entry with { RestoreId = id, Started = phases.Started, Source = undo.Source, Owner = OwnerMark.Current.ToString(), Undoes = entry.RestoreId, Incoming = null, Swapping = false, Finished = false };
        var (done, aside) = await RunAsync(undo, own, ct).ConfigureAwait(false);
        await journal.WriteAsync(done with { Finished = true }, CancellationToken.None).ConfigureAwait(false);
        await context.RecordAsync("undo", entry.Database, RunStatus.Succeeded, DrpError.None, phases, new(StringComparer.Ordinal) { ["restore"] = entry.RestoreId, ["aside"] = aside ?? "" }, CancellationToken.None).ConfigureAwait(false);
        return report with { RestoreId = id, Status = RunStatus.Succeeded, Duration = phases.Elapsed, Phases = phases.Phases, Steps = [], Previous = aside };
    }

    private async Task<(RestoreEntry Entry, string? Aside)> RunAsync(IComponentUndo undo, RestoreEntry own, CancellationToken ct)
    {
        RestoreEntry? begun = undo.Begun(own);
        Task NoteAsync(RestoreEntry? entry) => entry is null ? Task.CompletedTask : journal.WriteAsync(entry, CancellationToken.None);
        await NoteAsync(begun).ConfigureAwait(false);
        try
        {
            return await undo.RunAsync(own, () => NoteAsync(begun = begun is null ? null : begun with { Swapping = true }), phases, ct).ConfigureAwait(false);
        }
        catch
        {
            await NoteAsync(begun is null ? null : begun with { Abandoned = true }).ConfigureAwait(false);
            throw;
        }
    }

    private async Task AskAsync(RestoreEntry entry, RestoreReport report, CancellationToken ct)
    {
        bool production = context.Plan.Components.GetValueOrDefault(entry.Component)?.Production ?? false;
        if (!production || options.Confirmed || (context.Ask is { } ask && await ask(Text.Of(OperationsTexts.UndoQuestion, entry.Database, report.Target), ct).ConfigureAwait(false))) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.ProductionRefused, entry.Database, report.Target)) { Subject = entry.Database, Hint = OperationsTexts.ProductionHint };
    }
}
