using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Kinds;

/// <summary>Restores a component that is no database: look → ask → restore beside → count → exchange. What each of these means its kind knows.</summary>
internal sealed class ComponentRestoreRun(OperationContext context, RestoreComponentOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_takeBack = TimeSpan.FromMinutes(5);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly RestoreJournal _journal = new(context.RestoresFolder);
    private readonly string _id = RestoreEntry.NewId(context.Clock);

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/> and others; the target is then as it was.</exception>
    public async Task<RestoreReport> RunAsync(CancellationToken ct)
    {
        if (!options.DryRun)
        {
            await Leftovers.SweepAsync(context.Host, containers: false, ct).ConfigureAwait(false);
            await ComponentSettle.RunAsync(context, _journal, ct).ConfigureAwait(false);
        }

        ComponentSet found = options.Path is { } path ? await ComponentPlace.FindAsync(context, path, options.Component, ct).ConfigureAwait(false) : await FindAsync(ct).ConfigureAwait(false);
        IComponentKind kind = ComponentKinds.Require(context, found.Facts);
        if (options.DryRun) return await RestoreAsync(kind, found, ct).ConfigureAwait(false);
        OpenedSet opened = await found.HoldAsync("restore", ct).ConfigureAwait(false);
        await using var _ = opened.ConfigureAwait(false);
        return await RestoreAsync(kind, opened.Set, ct).ConfigureAwait(false);
    }

    private async Task<ComponentSet> FindAsync(CancellationToken ct)
    {
        var (chosen, repository) = await SetChoice.FindAsync(context, options.Id, options.Component, options.Repository, ct).ConfigureAwait(false);
        return (await ComponentSet.FindAsync(context, chosen, repository, options.Component, required: true, ct).ConfigureAwait(false))!;
    }

    private async Task<RestoreReport> RestoreAsync(IComponentKind kind, ComponentSet set, CancellationToken ct)
    {
        IComponentRestore restore = await kind.PrepareAsync(set, options, _id, ct).ConfigureAwait(false);
        await using var _ = restore.ConfigureAwait(false);
        string[] warnings = [.. restore.Warnings, .. set.Facts.Missing ?? []];
        if (options.DryRun) return Report(set, restore, RunStatus.Planned) with { Steps = restore.Steps, Warnings = warnings };
        await AskAsync(set.Facts.Component, restore, ct).ConfigureAwait(false);
        RestoreEntry entry = restore.Describe(new RestoreEntry
        {
            RestoreId = _id, Started = _phases.Started, Component = set.Facts.Component, Database = set.Facts.Component, Source = set.Set.Set.Id, Type = kind.Type,
            Owner = OwnerMark.Current.ToString(), WasEmpty = restore.ReplacesNothing,
        });
        await _journal.WriteAsync(entry, ct).ConfigureAwait(false);
        try
        {
            RestoreOutcome outcome = await restore.RunAsync(() => _journal.WriteAsync(entry with { Swapping = true }, ct), _phases, ct).ConfigureAwait(false);
            await _journal.WriteAsync(entry with { Finished = true }, CancellationToken.None).ConfigureAwait(false);
            var report = Report(set, restore, RunStatus.Succeeded) with { Files = outcome.Files, Bytes = outcome.Bytes, Keys = outcome.Keys, Previous = outcome.Previous, Warnings = warnings };
            await RecordAsync(report, set, null).ConfigureAwait(false);
            return report;
        }
        catch (Exception e)
        {
            Exception told = await TakeBackAsync(restore, entry, e).ConfigureAwait(false);
            await RecordAsync(Report(set, restore, RunStatus.Failed), set, told).ConfigureAwait(false);
            if (told != e) throw told;
            throw;
        }
    }

    /// <summary>Puts back what was there.</summary>
    /// <returns>What the operator has to be told: why the restore failed, and, where that is so, that it could not be put back, with the command that does.</returns>
    private async Task<Exception> TakeBackAsync(IComponentRestore restore, RestoreEntry entry, Exception why)
    {
        using var patience = new CancellationTokenSource(s_takeBack);
        try
        {
            await restore.TakeBackAsync(patience.Token).ConfigureAwait(false);
            _journal.Forget(entry);
            return why;
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            RestoreEntry now = await _journal.FindAsync(_id, CancellationToken.None).ConfigureAwait(false) ?? entry;
            await _journal.WriteAsync(now with { Abandoned = true }, CancellationToken.None).ConfigureAwait(false);
            return new DrpException(Failures.CodeOf(why), Text.Of(OperationsTexts.NotTakenBack, why.Message, restore.Target, e.Message), why) { Subject = restore.Target, Hint = OperationsTexts.NotTakenBackHint };
        }
    }

    /// <summary>Production is not overwritten without a yes.</summary>
    private async Task AskAsync(string component, IComponentRestore restore, CancellationToken ct)
    {
        bool production = context.Plan.Components.GetValueOrDefault(component)?.Production ?? false;
        if (!production || restore.IsElsewhere || options.Confirmed || restore.ReplacesNothing) return;
        if (context.Ask is { } ask && await ask(Text.Of(OperationsTexts.ComponentQuestion, component, restore.Target), ct).ConfigureAwait(false)) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.ProductionRefused, component, restore.Target)) { Subject = component, Hint = OperationsTexts.ProductionHint };
    }

    private RestoreReport Report(ComponentSet set, IComponentRestore restore, RunStatus status) => new()
    {
        Plan = context.Plan.Path, RestoreId = _id, Source = set.Set.Set.Id, Component = set.Facts.Component, Target = restore.Target, Database = set.Facts.Component,
        Status = status, Started = _phases.Started, Duration = _phases.Elapsed, Phases = _phases.Phases,
    };

    private async Task RecordAsync(RestoreReport report, ComponentSet set, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("restore", report.Database, report.Status, error is null ? DrpError.None : Failures.CodeOf(error), _phases, new(StringComparer.Ordinal)
        {
            ["restore"] = report.RestoreId,
            ["source"] = report.Source,
            ["component"] = report.Component ?? "",
            ["manifest"] = set.Manifest.Sha256,
            ["target"] = report.Target,
            ["include"] = string.Join(", ", options.Include),
            ["error"] = error?.Message ?? "",
        }, brief.Token).ConfigureAwait(false);
    }
}
