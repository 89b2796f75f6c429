using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Operations.Tables;

/// <summary>
/// Takes an accident to tables back: the state before it is recovered in a throw-away cluster, compared with the live tables, and what is asked is put back, in
/// one transaction. Whatever fails, the live server is as it was.
/// </summary>
internal sealed class TableRestoreRun(OperationContext context, TableRestoreOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly string _id = RestoreEntry.NewId(context.Clock);

    /// <summary>Runs.</summary>
    public async Task<TableRestoreReport> RunAsync(CancellationToken ct)
    {
        if (options.Tables.Count == 0) throw new DrpException(DrpError.PlanInvalid, OperationsTexts.TableNone);
        if (string.IsNullOrWhiteSpace(options.Schema) || options.Schema.StartsWith("pg_", StringComparison.Ordinal)) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.TableSchema, options.Schema)) { Subject = options.Schema };
        await Leftovers.SweepAsync(context.Host, containers: true, ct).ConfigureAwait(false);
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        RecoveryChoice choice = await new RecoveryChooser(context, encryption).ChooseAsync(options.To, options.Base, options.Component, options.Repository, options.Timeline, ct).ConfigureAwait(false);
        foreach (string warning in choice.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        string component = choice.Component.Component;
        if (context.Plan.Components.GetValueOrDefault(component) is not PostgreSqlPlan plan) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoSuchComponent, component, context.Plan.Path)) { Subject = component };
        IPostgreSqlServer live = await PostgreSqlServers.ConnectForRestoreAsync(plan, context.Host, ct).ConfigureAwait(false);
        await using var __ = live.ConfigureAwait(false);
        string database = options.Database ?? live.Database;
        await AskAsync(live, database, ct).ConfigureAwait(false);
        Lease? lease = await new LeaseKeeper(context.Catalog).AcquireAsync(choice.Repository, LeaseMode.Read, "restore table", ct).ConfigureAwait(false);
        await using var ___ = (lease ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        var report = new TableRestoreReport
        {
            Plan = context.Plan.Path, RestoreId = _id, Component = component, Target = live.Description, Database = database, Into = options.Into, Status = RunStatus.Failed,
            Started = _phases.Started, Duration = TimeSpan.Zero,
        };
        try
        {
            report = await RestoreAsync(choice, encryption, live, report, ct).ConfigureAwait(false);
            if (!options.DryRun) await RecordAsync(report, choice, null).ConfigureAwait(false);
            return report;
        }
        catch (Exception e)
        {
            if (!options.DryRun) await RecordAsync(report, choice, e).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<TableRestoreReport> RestoreAsync(RecoveryChoice choice, IEncryption? encryption, IPostgreSqlServer live, TableRestoreReport report, CancellationToken ct)
    {
        var restore = new BaseRestore(context, choice, encryption, _phases);
        ThrowawayRecovery place = await ThrowawayRecovery.PrepareAsync(context, choice, asked: null, listens: false, ct).ConfigureAwait(false);
        await using var _ = place.ConfigureAwait(false);
        await _phases.MeasureAsync("extract", () => place.ExtractAsync(restore, null, ct)).ConfigureAwait(false);
        RecoveryOutcome outcome = await _phases.MeasureAsync("recover", () => place.RecoverAsync(restore, options.To, options.Exclusive, ct)).ConfigureAwait(false);
        IPostgreSqlServer past = await place.Server.OpenAsync(report.Database, ct).ConfigureAwait(false);
        await using var __ = past.ConfigureAwait(false);
        TempFolder folder = context.Host.Temp.CreateFolder("tables");
        await using var ___ = folder.ConfigureAwait(false);
        var work = new TableWork(context, options, _phases, past, live, report.Database, folder.Path, _id.Replace('-', '_').ToLowerInvariant());
        IReadOnlyList<RestoredTable> tables = await work.RunAsync(Text.Of(OperationsTexts.TableComment, options.To, outcome.LastCommit, choice.Id), ct).ConfigureAwait(false);
        foreach (string warning in work.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        return report with
        {
            Status = options.DryRun ? RunStatus.Planned : tables.Any(t => t.Conflicts > 0) ? RunStatus.Incomplete : RunStatus.Succeeded,
            Recovery = outcome, Tables = tables, Created = work.Created, Accept = options.DryRun ? [] : work.Accept(tables), Undo = options.DryRun ? [] : work.Undo(tables),
            Duration = _phases.Elapsed, Phases = restore.Phases(), Warnings = [.. choice.Warnings, .. place.Warnings, .. work.Warnings],
        };
    }

    /// <summary>A live table is not replaced without a yes.</summary>
    private async Task AskAsync(IPostgreSqlServer live, string database, CancellationToken ct)
    {
        if (options.Into != TableRestoreInto.Replace || options.DryRun || options.Confirmed) return;
        string tables = string.Join(", ", options.Tables);
        if (context.Ask is { } ask && await ask(Text.Of(OperationsTexts.TableQuestion, tables, database, live.Description, options.To), ct).ConfigureAwait(false)) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.TableRefused, tables, database, live.Description)) { Subject = database, Hint = OperationsTexts.TableRefusedHint };
    }

    private async Task RecordAsync(TableRestoreReport report, RecoveryChoice choice, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        DrpError code = error is not null ? Failures.CodeOf(error) : report.Status == RunStatus.Incomplete ? DrpError.Incomplete : DrpError.None;
        await context.RecordAsync("restore-table", string.Join(", ", options.Tables), report.Status, code, _phases, new(StringComparer.Ordinal)
        {
            ["restore"] = _id, ["source"] = choice.Id.ToString(), ["component"] = choice.Component.Component, ["manifest"] = choice.Manifest.Sha256, ["target"] = $"{report.Target}/{report.Database}", ["into"] = report.Into.ToString(),
            ["recovery target"] = options.To.ToString(), ["reached"] = report.Recovery?.Reached ?? "",
            ["tables"] = string.Join("; ", report.Tables.Select(t => $"{t.Table}: put {t.Put}, removed {t.Removed}, conflicts {t.Conflicts}")), ["error"] = error?.Message ?? "",
        }, brief.Token).ConfigureAwait(false);
    }
}
