using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Takes a restore back: by renaming when the previous database was kept, else from the safety set.</summary>
internal sealed class UndoRun(OperationContext context, UndoOptions options)
{
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly RestoreJournal _journal = new(context.RestoresFolder);

    /// <summary>Runs.</summary>
    public async Task<RestoreReport> RunAsync(CancellationToken ct)
    {
        if (await SettleAsync(ct).ConfigureAwait(false) is { } settled) return settled;
        RestoreEntry entry = await FindAsync(ct).ConfigureAwait(false);
        RestoreReport report = ComponentKinds.Of(context, entry) is { } kind ? await new ComponentUndo(context, options, _phases, _journal).RunAsync(kind, entry, ct).ConfigureAwait(false)
            : entry.Container is not null ? await SwapVolumeAsync(entry, ct).ConfigureAwait(false)
            : entry.DataDirectory is { } folder ? await SwapFoldersAsync(entry, folder).ConfigureAwait(false)
            : entry.Previous is { } previous
            ? await SwapBackAsync(entry, previous, ct).ConfigureAwait(false)
            : await RestoreSafetyAsync(entry, ct).ConfigureAwait(false);
        if (!options.DryRun) await _journal.WriteAsync(entry with { Undone = context.Clock.GetUtcNow() }, CancellationToken.None).ConfigureAwait(false);
        return report;
    }

    /// <summary>
    /// Where the newest restore (or the one asked for) was killed, or could not be put back, that is what has to be undone, and not an older one that went well.
    /// </summary>
    /// <returns>What came of it; null when there is none, or when it was ended and can be taken back like any other.</returns>
    private async Task<RestoreReport?> SettleAsync(CancellationToken ct)
    {
        DateTimeOffset? last = options.RestoreId is null ? (await _journal.FindAsync(null, ct).ConfigureAwait(false))?.Started : null;
        bool Meant(RestoreEntry entry) => options.RestoreId is null ? last is null || entry.Started > last : options.RestoreId == entry.RestoreId;
        if (options.DryRun) return (await ComponentSettle.FindAsync(context, _journal, ct).ConfigureAwait(false)).FirstOrDefault(Meant) is { } killed ? Report(killed, RunStatus.Planned) with { Steps = [Text.Of(OperationsTexts.StepSettle, killed.RestoreId)] } : null;
        foreach (var (entry, error) in await ComponentSettle.RunAsync(context, _journal, ct).ConfigureAwait(false))
        {
            if (!Meant(entry)) continue;
            if (error is not null) throw new DrpException(error.Code, Text.Of(OperationsTexts.NotSettled, entry.RestoreId, entry.Component, error.Message), error) { Subject = entry.Component, Hint = error.Hint };
            // A restore that was ended can be taken back; an undo that had changed nothing yet is done now.
            if (entry.Finished == (entry.Undoes is null)) return null;
            await context.RecordAsync("undo", entry.Database, RunStatus.Succeeded, DrpError.None, _phases, new(StringComparer.Ordinal) { ["restore"] = entry.Undoes ?? entry.RestoreId }, CancellationToken.None).ConfigureAwait(false);
            return Report(entry, RunStatus.Succeeded);
        }

        return null;
    }

    private RestoreReport Report(RestoreEntry entry, RunStatus status) => new()
    {
        Plan = context.Plan.Path, RestoreId = entry.RestoreId, Source = entry.Previous ?? PlaceOf(entry), Component = entry.Component, Target = PlaceOf(entry), Database = entry.Database, Settled = true,
        Status = status, Started = _phases.Started, Duration = _phases.Elapsed,
    };

    private static string PlaceOf(RestoreEntry entry) => entry.ContainerName ?? entry.DataDirectory ?? entry.Component;

    private async Task<RestoreEntry> FindAsync(CancellationToken ct)
    {
        RestoreEntry entry = await _journal.FindAsync(options.RestoreId, ct).ConfigureAwait(false)
            ?? throw new DrpException(DrpError.RepositoryMissing, options.RestoreId is null ? OperationsTexts.NothingToUndo : Text.Of(OperationsTexts.NoSuchRestore, options.RestoreId))
            {
                Subject = options.RestoreId, Hint = OperationsTexts.NothingToUndoHint,
            };
        if (entry.Undone is { } when) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.AlreadyUndone, entry.RestoreId, when)) { Subject = entry.RestoreId };
        bool database = ComponentKinds.Of(context, entry) is null;
        // A restore into a volume that was killed left the old cluster aside in it.
        if (database && !entry.Finished && entry is { Container: not null, WasEmpty: false }) return entry;
        if (!entry.Finished) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NeverFinished, entry.RestoreId, entry.Database)) { Subject = entry.RestoreId };
        if (entry is { DataDirectory: { } over, Delta: true })
        {
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.DeltaKeptNothing, entry.RestoreId, over))
            {
                Subject = entry.RestoreId, Hint = Text.Of(OperationsTexts.DeltaKeptNothingHint, entry.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), over),
            };
        }

        if (database && entry is { DataDirectory: { } folder, Previous: null }) throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.NothingKept, entry.RestoreId, folder)) { Subject = entry.RestoreId };
        if (database && entry is { Previous: null, SafetyId: null })
        {
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(entry.WasEmpty ? OperationsTexts.WasEmpty : OperationsTexts.NoWayBack, entry.RestoreId, entry.Database)) { Subject = entry.RestoreId };
        }

        return entry;
    }

    /// <summary>The restored data directory stays aside under a name of its own; nothing is lost.</summary>
    private async Task<RestoreReport> SwapFoldersAsync(RestoreEntry entry, string folder)
    {
        string previous = entry.Previous!, id = RestoreEntry.NewId(context.Clock), aside = $"{folder}.before-{id}";
        if (!Directory.Exists(previous)) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.KeptGone, previous)) { Subject = previous };
        TargetDirectory.Look(folder, force: true);
        var report = new RestoreReport
        {
            Plan = context.Plan.Path, RestoreId = entry.RestoreId, Source = previous, Component = entry.Component, Target = folder, Database = entry.Database, Status = RunStatus.Planned,
            Started = _phases.Started, Duration = _phases.Elapsed, Steps = [Text.Of(OperationsTexts.StepSwapFolder, folder, previous)],
        };
        if (options.DryRun) return report;
        Directory.Move(folder, aside);
        Directory.Move(previous, folder);
        await _journal.WriteAsync(entry with { RestoreId = id, Started = _phases.Started, Source = previous, Previous = aside }, CancellationToken.None).ConfigureAwait(false);
        await context.RecordAsync("undo", folder, RunStatus.Succeeded, DrpError.None, _phases, new(StringComparer.Ordinal) { ["restore"] = entry.RestoreId, ["aside"] = aside }, CancellationToken.None).ConfigureAwait(false);
        return report with { RestoreId = id, Status = RunStatus.Succeeded, Duration = _phases.Elapsed, Steps = [], Previous = aside };
    }

    private async Task<RestoreReport> SwapVolumeAsync(RestoreEntry entry, CancellationToken ct)
    {
        string id = RestoreEntry.NewId(context.Clock), target = Text.Of(OperationsTexts.VolumeOf, entry.ContainerName, entry.DataDirectory);
        var report = new RestoreReport
        {
            Plan = context.Plan.Path, RestoreId = entry.RestoreId, Source = entry.Previous ?? entry.Source, Component = entry.Component, Target = target, Database = entry.Database,
            Status = RunStatus.Planned, Started = _phases.Started, Duration = _phases.Elapsed, Steps = [Text.Of(OperationsTexts.StepSwapFolder, target, entry.Previous)],
        };
        if (options.DryRun) return report;
        bool production = context.Plan.Components.GetValueOrDefault(entry.Component) is PostgreSqlPlan { Production: true };
        if (production && !options.Confirmed && !(context.Ask is { } ask && await ask(Text.Of(OperationsTexts.ReplaceQuestion, target), ct).ConfigureAwait(false)))
        {
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.ProductionRefused, entry.Component, target)) { Subject = target, Hint = OperationsTexts.ProductionHint };
        }

        string? aside = await VolumeUndo.RunAsync(context, entry, id, ct).ConfigureAwait(false);
        if (aside is not null)
        {
            await _journal.WriteAsync(entry with { RestoreId = id, Started = _phases.Started, Source = entry.Previous!, Previous = aside }, CancellationToken.None).ConfigureAwait(false);
        }

        await context.RecordAsync("undo", target, RunStatus.Succeeded, DrpError.None, _phases, new(StringComparer.Ordinal) { ["restore"] = entry.RestoreId, ["aside"] = aside ?? "" }, CancellationToken.None).ConfigureAwait(false);
        return report with { RestoreId = aside is null ? entry.RestoreId : id, Status = RunStatus.Succeeded, Duration = _phases.Elapsed, Steps = [], Previous = aside };
    }

    private async Task<RestoreReport> SwapBackAsync(RestoreEntry entry, string previous, CancellationToken ct)
    {
        PostgreSqlPlan target = Target(entry);
        IPostgreSqlServer server = await PostgreSqlServers.ConnectForRestoreAsync(target, context.Host, ct).ConfigureAwait(false);
        await using var _ = server.ConfigureAwait(false);
        var report = new RestoreReport
        {
            Plan = context.Plan.Path,
            RestoreId = entry.RestoreId,
            Source = previous,
            Component = entry.Component,
            Target = server.Description,
            Database = entry.Database,
            Status = RunStatus.Planned,
            Started = _phases.Started,
            Duration = _phases.Elapsed,
            Steps = [Text.Of(OperationsTexts.StepSwapBack, previous, entry.Database, server.Description)],
        };
        if (options.DryRun) return report;
        if (target.Production && !options.Confirmed && !(context.Ask is { } ask && await ask(Text.Of(OperationsTexts.UndoQuestion, entry.Database, server.Description), ct).ConfigureAwait(false)))
        {
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.ProductionRefused, entry.Database, server.Description)) { Subject = entry.Database, Hint = OperationsTexts.ProductionHint };
        }

        // What was restored may have been written to since: it stays aside under a name of its own, nothing is lost.
        string? aside = await _phases.MeasureAsync("swap", () => new DatabaseReplacement(context.Host, server).UndoAsync(entry.Database, previous, keep: true, ct)).ConfigureAwait(false);
        string id = RestoreEntry.NewId(context.Clock);
        if (aside is not null)
        {
            await _journal.WriteAsync(entry with { RestoreId = id, Started = _phases.Started, Source = previous, Previous = aside, SafetyId = null }, CancellationToken.None).ConfigureAwait(false);
        }

        report = report with { RestoreId = id, Status = RunStatus.Succeeded, Duration = _phases.Elapsed, Phases = _phases.Phases, Steps = [], Previous = aside };
        await context.RecordAsync("undo", entry.Database, RunStatus.Succeeded, DrpError.None, _phases, new(StringComparer.Ordinal) { ["restore"] = entry.RestoreId, ["aside"] = aside ?? "" }, CancellationToken.None).ConfigureAwait(false);
        return report;
    }

    /// <summary>The same road as every restore: what stands there now is saved first.</summary>
    private async Task<RestoreReport> RestoreSafetyAsync(RestoreEntry entry, CancellationToken ct)
    {
        var report = await new RestoreRun(context, new RestoreOptions
        {
            Id = entry.SafetyId,
            Component = entry.Component,
            Database = entry.Database,
            TargetUrl = entry.TargetUrl,
            TargetPassword = Password(entry),
            Force = true,
            Confirmed = options.Confirmed,
            DryRun = options.DryRun,
        }).RunAsync(ct).ConfigureAwait(false);
        if (!options.DryRun)
        {
            await context.RecordAsync("undo", entry.Database, RunStatus.Succeeded, DrpError.None, _phases, new(StringComparer.Ordinal) { ["restore"] = entry.RestoreId, ["safety"] = entry.SafetyId! }, CancellationToken.None).ConfigureAwait(false);
        }

        return report;
    }

    private PostgreSqlPlan Target(RestoreEntry entry)
    {
        if (context.Plan.Components.GetValueOrDefault(entry.Component) is not PostgreSqlPlan plan)
        {
            throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoSuchComponent, entry.Component, context.Plan.Path)) { Subject = entry.Component };
        }

        return entry.TargetUrl is null
            ? plan
            : plan with { Url = entry.TargetUrl, Password = Password(entry), Service = null, Container = null, ComposeService = null, ComposeProject = null, User = null, Database = null, Production = false };
    }

    private static SecretReference? Password(RestoreEntry entry) => SecretReference.TryParse(entry.TargetPassword, out var password) ? password : null;
}
