using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>Takes a restore of folders back by renaming. What was restored stays aside under a name of its own; nothing is lost.</summary>
internal sealed class FilesUndo(OperationContext context, UndoOptions options, PhaseClock phases, RestoreJournal journal)
{
    /// <summary>Runs.</summary>
    public async Task<RestoreReport> RunAsync(RestoreEntry entry, IReadOnlyList<RestoredFolder> folders, CancellationToken ct)
    {
        string id = RestoreEntry.NewId(context.Clock);
        foreach (var folder in folders)
        {
            if (folder.Previous is { } kept && !Directory.Exists(kept)) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.KeptGone, kept)) { Subject = kept };
            FilesTarget.Look(folder.Target, force: true);
        }

        var report = new RestoreReport
        {
            Plan = context.Plan.Path, RestoreId = entry.RestoreId, Source = string.Join(", ", folders.Select(f => f.Previous).OfType<string>()), Component = entry.Component,
            Target = string.Join(", ", folders.Select(f => f.Target)), Database = entry.Database, Status = RunStatus.Planned, Started = phases.Started, Duration = phases.Elapsed,
            Steps = [.. folders.Select(f => f.Previous is { } kept ? Text.Of(OperationsTexts.StepSwapFolder, f.Target, kept) : Text.Of(OperationsTexts.StepPutAside, f.Target, Aside(f, id)))],
        };
        if (options.DryRun) return report;
        await AskAsync(entry, report, ct).ConfigureAwait(false);
        RestoredFolder[] swaps = [.. folders.Select(f => new RestoredFolder(f.Target, f.Previous ?? "", Directory.Exists(f.Target) ? Aside(f, id) : null))];
        foreach (var swap in swaps)
        {
            if (swap.Staging.Length > 0) FilesTarget.Swap(swap);
            else if (swap.Previous is { } aside) Directory.Move(swap.Target, aside);
        }

        string[] asides = [.. swaps.Select(s => s.Previous).OfType<string>()];
        await journal.WriteAsync(entry with { RestoreId = id, Started = phases.Started, Source = report.Source, Folders = swaps, Finished = true }, CancellationToken.None).ConfigureAwait(false);
        await context.RecordAsync("undo", entry.Database, RunStatus.Succeeded, DrpError.None, phases, new(StringComparer.Ordinal) { ["restore"] = entry.RestoreId, ["aside"] = string.Join(", ", asides) }, CancellationToken.None).ConfigureAwait(false);
        return report with { RestoreId = id, Status = RunStatus.Succeeded, Duration = phases.Elapsed, Steps = [], Previous = string.Join(", ", asides) };
    }

    private static string Aside(RestoredFolder folder, string id) => $"{folder.Target}.before-{id}";

    private async Task AskAsync(RestoreEntry entry, RestoreReport report, CancellationToken ct)
    {
        bool production = context.Plan.Components.GetValueOrDefault(entry.Component)?.Production ?? false;
        if (!production || options.Confirmed || (context.Ask is { } ask && await ask(Text.Of(OperationsTexts.UndoQuestion, entry.Database, report.Target), ct).ConfigureAwait(false))) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.ProductionRefused, entry.Database, report.Target)) { Subject = entry.Database, Hint = OperationsTexts.ProductionHint };
    }
}
