using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// Restores a database: look → ask → save what is there → build beside → check → swap. A failure before the swap leaves the target as
/// it was; after it the restore is complete (docs/decisions/0002).
/// </summary>
internal sealed class RestoreRun(OperationContext context, RestoreOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly RestoreJournal _journal = new(context.RestoresFolder);
    private readonly string _id = RestoreEntry.NewId(context.Clock);

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/> and others; the target is then as it was.</exception>
    public async Task<RestoreReport> RunAsync(CancellationToken ct)
    {
        if ((options.Id is null) == (options.Path is null)) throw new DrpException(DrpError.PlanInvalid, OperationsTexts.IdOrPath);
        if (!options.DryRun) await Leftovers.SweepAsync(context.Host, containers: false, ct).ConfigureAwait(false);
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        RestoreSource source = (await OpenSourceAsync(encryption, ct).ConfigureAwait(false)) with { CheckIsInside = true };
        Lease? lease = source.Repository is { } repository && !options.DryRun
            ? await new LeaseKeeper(context.Catalog).AcquireAsync(repository, LeaseMode.Read, "restore", ct).ConfigureAwait(false)
            : null;
        await using var __ = (lease ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);

        PostgreSqlPlan target = TargetPlan(source.Component);
        IPostgreSqlServer server = await PostgreSqlServers.ConnectForRestoreAsync(target, context.Host, ct).ConfigureAwait(false);
        await using var ___ = server.ConfigureAwait(false);
        string database = options.Database ?? server.Database;
        var replacement = new DatabaseReplacement(context.Host, server);
        TargetState state = await replacement.ExamineAsync(database, ct).ConfigureAwait(false);
        if (options.IfEmpty && !state.IsEmpty)
        {
            return Report(source, server, database, RunStatus.Skipped) with { Warnings = [Text.Of(OperationsTexts.NotEmptySkipped, database, state.Tables)] };
        }

        var (_, warnings) = await replacement.CheckAsync(source.Input, database, options.Force, ct).ConfigureAwait(false);
        if (options.DryRun) return Report(source, server, database, RunStatus.Planned) with { Steps = Steps(source, server, database, state), Warnings = warnings };
        await AskAsync(target, server, database, state, ct).ConfigureAwait(false);
        return await RestoreAsync(source, target, server, database, state, replacement, ct).ConfigureAwait(false);
    }

    private async Task<RestoreReport> RestoreAsync(
        RestoreSource source, PostgreSqlPlan target, IPostgreSqlServer server, string database, TargetState state, DatabaseReplacement replacement, CancellationToken ct)
    {
        string? safety = state.IsEmpty || options.NoSafetyReason is not null
            ? null
            : await _phases.MeasureAsync("safety backup", () => SafetyBackup.TakeAsync(context, target, database, $"before restore {_id}", ct)).ConfigureAwait(false);
        var entry = new RestoreEntry
        {
            RestoreId = _id,
            Started = _phases.Started,
            Component = source.Component,
            TargetUrl = options.TargetUrl,
            TargetPassword = options.TargetPassword?.ToString(),
            Database = database,
            Source = source.Name,
            SafetyId = safety,
            WasEmpty = state.IsEmpty,
        };
        await _journal.WriteAsync(entry, ct).ConfigureAwait(false);
        try
        {
            List<string> warnings = [];
            if (options.Globals) warnings.AddRange(await GlobalsAsync(source, server, ct).ConfigureAwait(false));
            var outcome = await _phases.MeasureAsync("restore", () => replacement.RunAsync(source.Input, database, new ReplacementSettings
            {
                Replace = options.Force,
                KeepPrevious = options.KeepPrevious,
                Restore = new RestoreSettings { Jobs = options.Jobs },
                CheckAsync = (copy, c) => _phases.MeasureAsync("check", () => RowCheck.RequireAsync(context.Host, server, copy, source.Facts, c)),
            }, ct)).ConfigureAwait(false);
            await _journal.WriteAsync(entry with { Finished = true, Previous = outcome.Previous }, CancellationToken.None).ConfigureAwait(false);
            var report = Report(source, server, database, RunStatus.Succeeded) with
            {
                SafetyId = safety,
                Previous = outcome.Previous,
                Rows = source.Facts?.Rows?.Values.Sum(),
                Warnings = [.. warnings, .. outcome.Restored.Warnings],
                Phases = source.Phases(_phases.Phases),
            };
            await RecordAsync(report, source, null).ConfigureAwait(false);
            return report;
        }
        catch (Exception e)
        {
            await RecordAsync(Report(source, server, database, RunStatus.Failed) with { SafetyId = safety }, source, e).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<RestoreSource> OpenSourceAsync(IEncryption? encryption, CancellationToken ct)
    {
        var sources = new RestoreSources(context, encryption);
        if (options.Path is { } path)
        {
            string[] databases = [.. context.Plan.Components.Values.OfType<PostgreSqlPlan>().Select(c => c.Name)];
            return await sources.OfPathAsync(path, Selection.Component(databases, options.Component, context.Plan.Path), ct).ConfigureAwait(false);
        }

        var (set, repository) = await SetChoice.FindAsync(context, options.Id!, options.Component, options.Repository, ct).ConfigureAwait(false);
        return await sources.OfSetAsync(set.Id, repository, options.Component, null, ct).ConfigureAwait(false);
    }

    /// <summary>The component as the plan has it, or on the other server that was asked for.</summary>
    private PostgreSqlPlan TargetPlan(string component)
    {
        PostgreSqlPlan plan = context.Plan.Components.GetValueOrDefault(component) as PostgreSqlPlan
            ?? context.Plan.Components.Values.OfType<PostgreSqlPlan>().FirstOrDefault(_ => options.TargetUrl is not null)
            ?? throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoSuchComponent, component, context.Plan.Path)) { Subject = component };
        return options.TargetUrl is null
            ? plan
            : plan with { Url = options.TargetUrl, Password = options.TargetPassword, Service = null, Container = null, ComposeService = null, ComposeProject = null, User = null, Database = null, Production = false };
    }

    /// <summary>Production is not overwritten without a yes.</summary>
    private async Task AskAsync(PostgreSqlPlan target, IPostgreSqlServer server, string database, TargetState state, CancellationToken ct)
    {
        if (!target.Production || options.Confirmed || state.IsEmpty) return;
        string question = Text.Of(OperationsTexts.ProductionQuestion, database, server.Description, state.Tables, SpaceCheck.Size(state.Size));
        if (context.Ask is { } ask && await ask(question, ct).ConfigureAwait(false)) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.ProductionRefused, database, server.Description)) { Subject = database, Hint = OperationsTexts.ProductionHint };
    }

    private async Task<IReadOnlyList<string>> GlobalsAsync(RestoreSource source, IPostgreSqlServer server, CancellationToken ct)
    {
        if (source.Globals is not { } globals) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.NoGlobals, source.Name)) { Subject = source.Name };
        return await _phases.MeasureAsync("globals", () => new GlobalsRestore(context.Host, server).RunAsync(globals, ct)).ConfigureAwait(false);
    }

    private List<string> Steps(RestoreSource source, IPostgreSqlServer server, string database, TargetState state)
    {
        List<string> steps = [];
        if (!state.IsEmpty)
        {
            steps.Add(options.NoSafetyReason is { } reason
                ? Text.Of(OperationsTexts.StepNoSafety, reason)
                : Text.Of(OperationsTexts.StepSafety, database, server.Description, SpaceCheck.Size(state.Size)));
        }

        if (options.Globals) steps.Add(Text.Of(OperationsTexts.StepGlobals, server.Description));
        steps.Add(Text.Of(OperationsTexts.StepRestore, source.Name, database, server.Description));
        if (source.Facts?.Rows is { } rows) steps.Add(Text.Of(OperationsTexts.StepCheckRows, rows.Count, rows.Values.Sum()));
        if (!state.IsEmpty) steps.Add(options.KeepPrevious ? OperationsTexts.StepSwapKeep : OperationsTexts.StepSwap);
        return steps;
    }

    private RestoreReport Report(RestoreSource source, IPostgreSqlServer server, string database, RunStatus status) => new()
    {
        Plan = context.Plan.Path,
        RestoreId = _id,
        Source = source.Name,
        Component = source.Component,
        Target = server.Description,
        Database = database,
        Status = status,
        SafetyOverride = options.NoSafetyReason,
        Started = _phases.Started,
        Duration = _phases.Elapsed,
        Phases = _phases.Phases,
    };

    private async Task RecordAsync(RestoreReport report, RestoreSource source, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("restore", report.Database, report.Status, error is null ? DrpError.None : Failures.CodeOf(error), _phases, new(StringComparer.Ordinal)
        {
            ["restore"] = report.RestoreId,
            ["source"] = report.Source,
            ["component"] = report.Component ?? "",
            ["manifest"] = source.Manifest?.Sha256 ?? "",
            ["target"] = report.Target,
            ["safety"] = report.SafetyId ?? "",
            ["safety override"] = report.SafetyOverride ?? "",
            ["error"] = error?.Message ?? "",
        }, brief.Token).ConfigureAwait(false);
    }
}
