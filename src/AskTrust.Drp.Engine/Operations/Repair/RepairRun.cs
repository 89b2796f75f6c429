using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Integrity;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Damage;

namespace AskTrust.Drp.Engine.Operations.Repair;

/// <summary>
/// Checks a database with the server's own tools, rebuilds the indexes that are broken while everybody works, and checks again. Tables are never touched: where one is
/// damaged, its rows come back from a backup only, and without a backup nothing at all is done.
/// </summary>
internal sealed class RepairRun(OperationContext context, RepairOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly List<RepairAction> _actions = [];
    private readonly List<string> _warnings = [];
    private string? _next;

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>, <see cref="DrpError.UnsafeTarget"/> or <see cref="DrpError.PlanInvalid"/>; nothing was done.</exception>
    public async Task<RepairReport> RunAsync(CancellationToken ct)
    {
        PostgreSqlPlan plan = Component();
        IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(plan, context.Host, options.Database, ct).ConfigureAwait(false);
        await using var _ = server.ConfigureAwait(false);
        string database = options.Database ?? server.Database;
        if ((await server.QueryAsync(database, "SELECT pg_catalog.pg_is_in_recovery()", ct).ConfigureAwait(false))[0][0] == "t")
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(RepairTexts.InRecovery, server.Description)) { Subject = database, Hint = RepairTexts.InRecoveryHint };
        var look = new IntegrityLook(context.Host, server, database);
        IntegrityReport before = await LookAsync(look, "check", !options.DryRun, ct).ConfigureAwait(false);
        IReadOnlyList<string> statements = await PlanAsync(plan, server, database, before, ct).ConfigureAwait(false);
        IntegrityReport? after = null;
        if (options.DryRun)
        {
            _actions.AddRange(statements.Select(s => new RepairAction(s, RunStatus.Planned)));
        }
        else if (statements.Count > 0)
        {
            await RequireYesAsync(plan, database, statements.Count, ct).ConfigureAwait(false);
            await _phases.MeasureAsync("repair", () => ActAsync(server, database, statements, ct)).ConfigureAwait(false);
            after = await LookAsync(look, "check again", mayInstall: false, ct).ConfigureAwait(false);
        }

        RepairReport report = Report(plan, server, database, before, after);
        if (!options.DryRun) await RecordAsync(report).ConfigureAwait(false);
        return report;
    }

    private PostgreSqlPlan Component()
    {
        PostgreSqlPlan[] all = [.. context.Plan.Components.Values.OfType<PostgreSqlPlan>().Where(c => options.Component is null || c.Name.Equals(options.Component, StringComparison.OrdinalIgnoreCase))];
        return all is [var one] ? one : throw new DrpException(DrpError.PlanInvalid, options.Component is null ? RepairTexts.WhichComponent : Text.Of(RepairTexts.NoComponent, options.Component))
        {
            Subject = options.Component, Hint = Text.Of(OperationsTexts.ChooseOf, string.Join(", ", context.Plan.Components.Values.OfType<PostgreSqlPlan>().Select(c => c.Name))),
        };
    }

    private Task<IntegrityReport> LookAsync(IntegrityLook look, string phase, bool mayInstall, CancellationToken ct) => _phases.MeasureAsync(phase, () => look.RunAsync(mayInstall, ct));

    /// <summary>What is to be done; nothing where a table is damaged and no backup would bring it back.</summary>
    private async Task<IReadOnlyList<string>> PlanAsync(PostgreSqlPlan plan, IPostgreSqlServer server, string database, IntegrityReport before, CancellationToken ct)
    {
        if (before.NotChecked is { } reason) _warnings.Add(reason);
        string[] damaged = [.. before.Corruptions.Where(c => c.Kind != CorruptionKind.Index).Select(c => c.Relation.Length > 0 ? c.Relation : c.Message).Distinct(StringComparer.Ordinal)];
        if (damaged.Length > 0)
        {
            CatalogSet? set = await BackupAsync(plan.Name, ct).ConfigureAwait(false);
            var typed = new Typed(context.Plan.Path);
            _next = set is null ? typed.Drp("backup", "--kind", "base", "--component", plan.Name, "--reason", "damaged tables") : typed.Drp("damage", "--component", plan.Name);
            _warnings.Add(Text.Of(set is null ? RepairTexts.TablesNoBackup : RepairTexts.TablesDamaged, string.Join(", ", damaged.Take(10)), set?.Id));
            if (set is null || before.Corruptions.Any(c => c.Kind == CorruptionKind.Other)) return [];
        }

        return RepairPlan.Of(before, await KnownIndex.ListAsync(server, database, ct).ConfigureAwait(false), options, database);
    }

    /// <summary>The newest backup of the component, of any kind; null when there is none, or no repository tells.</summary>
    private async Task<CatalogSet?> BackupAsync(string component, CancellationToken ct)
    {
        try
        {
            CatalogSnapshot snapshot = await new CatalogReader(context.Catalog).ReadAsync(ct).ConfigureAwait(false);
            return snapshot.Sets.FirstOrDefault(s => s.Set.Components.Contains(component));
        }
        catch (DrpException e)
        {
            _warnings.Add(e.Message);
            return null;
        }
    }

    private async Task RequireYesAsync(PostgreSqlPlan plan, string database, int count, CancellationToken ct)
    {
        if (!plan.Production || options.Confirmed || (context.Ask is { } ask && await ask(Text.Of(RepairTexts.Question, count, database), ct).ConfigureAwait(false))) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(RepairTexts.ProductionRefused, database)) { Subject = database, Hint = OperationsTexts.ProductionHint };
    }

    /// <summary>One statement after another; one that fails does not keep the others from their work.</summary>
    private async Task ActAsync(IPostgreSqlServer server, string database, IReadOnlyList<string> statements, CancellationToken ct)
    {
        for (int i = 0; i < statements.Count; i++)
        {
            context.Host.Observer.On(new DrpProgress(Text.Of(RepairTexts.Repairing, database), statements[i], i, statements.Count, ProgressUnit.Items));
            long start = context.Clock.GetTimestamp();
            try
            {
                await server.ExecuteAsync(database, $"SET statement_timeout = 0; {statements[i]}", ct).ConfigureAwait(false);
                _actions.Add(new RepairAction(statements[i], RunStatus.Succeeded, context.Clock.GetElapsedTime(start)));
            }
            catch (DrpException e) when (e.Code != DrpError.Unreachable)
            {
                _actions.Add(new RepairAction(statements[i], RunStatus.Failed, context.Clock.GetElapsedTime(start), e.Message));
                await SweepAsync(server, database, ct).ConfigureAwait(false);
            }
        }

        context.Host.Observer.On(new DrpProgress(Text.Of(RepairTexts.Repairing, database), "", statements.Count, statements.Count, ProgressUnit.Items, Finished: true));
    }

    /// <summary>What a REINDEX CONCURRENTLY that failed has left behind would slow every write down.</summary>
    private static async Task SweepAsync(IPostgreSqlServer server, string database, CancellationToken ct)
    {
        foreach (InvalidIndex left in (await IntegrityLook.InvalidAsync(server, database, ct).ConfigureAwait(false)).Where(i => i.IsRemnant))
            await server.ExecuteAsync(database, $"DROP INDEX CONCURRENTLY IF EXISTS {left.Index}", ct).ConfigureAwait(false);
    }

    private RepairReport Report(PostgreSqlPlan plan, IPostgreSqlServer server, string database, IntegrityReport before, IntegrityReport? after)
    {
        IntegrityReport now = after ?? before;
        bool tables = now.Corruptions.Any(c => c.Kind != CorruptionKind.Index);
        bool left = !now.Checked || now.Corruptions.Count > 0 || now.InvalidIndexes.Count > 0 || now.Collations.Count > 0 || _actions.Exists(a => a.Status == RunStatus.Failed);
        if (now.Collations.Count > 0) _warnings.Add(Text.Of(RepairTexts.Collations, string.Join(", ", now.Collations.Select(c => $"{c.Name} {c.Recorded} → {c.Actual}"))));
        if (now.ChecksumFailures > 0) _warnings.Add(Text.Of(RepairTexts.Checksums, now.ChecksumFailures, now.LastChecksumFailure is { } last ? Human.Time(last) : "?"));
        if (!tables && now.Collations.Count > 0) _next = new Typed(context.Plan.Path).Drp("repair", "--component", plan.Name, "--all");
        return new RepairReport
        {
            Plan = context.Plan.Path, Component = plan.Name, Server = server.Description, Database = database, Before = before, After = after, Actions = _actions, Warnings = _warnings, Next = _next,
            Status = tables ? RunStatus.Failed : options.DryRun ? RunStatus.Planned : left ? RunStatus.Incomplete : RunStatus.Succeeded, Started = _phases.Started, Duration = _phases.Elapsed,
        };
    }

    private async Task RecordAsync(RepairReport report)
    {
        using var brief = new CancellationTokenSource(s_brief);
        DrpError code = report.Status switch { RunStatus.Failed => DrpError.VerificationFailed, RunStatus.Incomplete => DrpError.Incomplete, _ => DrpError.None };
        await context.RecordAsync("repair", report.Component, report.Status, code, _phases, new(StringComparer.Ordinal)
        {
            ["component"] = report.Component, ["target"] = $"{report.Server}/{report.Database}", ["damaged"] = string.Join("; ", report.Before.Corruptions.Select(c => $"{c.Kind} {c.Relation}").Distinct(StringComparer.Ordinal).Take(20)),
            ["done"] = string.Join("; ", report.Actions.Where(a => a.Status == RunStatus.Succeeded).Select(a => a.Sql)), ["failed"] = string.Join("; ", report.Actions.Where(a => a.Status == RunStatus.Failed).Select(a => $"{a.Sql}: {a.Message}")),
        }, brief.Token).ConfigureAwait(false);
    }
}
