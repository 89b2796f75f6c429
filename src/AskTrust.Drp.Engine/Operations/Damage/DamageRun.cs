using System.Collections.Concurrent;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.Engine.Operations.Primary;

namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>
/// Assesses the damage: looks at every component, disk and repository at the same time, compares with the newest backup, and weighs the ways to recover. Reads only, and
/// answers whatever is broken: what could not be looked at is named, and nothing is made up for it.
/// </summary>
internal sealed class DamageRun(OperationContext context, DamageOptions options)
{
    private static readonly TimeSpan s_catalog = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(60);
    private const int MostSearches = 3;
    private readonly ConcurrentQueue<string> _unknown = new();
    private readonly DateTimeOffset _now = context.Clock.GetUtcNow();

    /// <summary>Runs.</summary>
    public async Task<DamageReport> RunAsync(CancellationToken ct)
    {
        long start = context.Clock.GetTimestamp();
        ComponentPlan[] components = [.. Chosen()];
        List<DamageFinding> findings = [];
        CatalogSnapshot? snapshot = await SnapshotAsync(findings, ct).ConfigureAwait(false);
        findings.AddRange(DisksOf(components));
        List<EvidenceRecord> records = await WithinAsync(s_catalog, "evidence", ReadEvidenceAsync, ct).ConfigureAwait(false) ?? [];
        var forecast = new Forecast(records, snapshot);
        Situation[] situations = await Task.WhenAll(components.Select(c => Task.Run(() => AssessAsync(c, snapshot, findings, ct), ct))).ConfigureAwait(false);
        var typed = new Typed(context.Plan.Path);
        string engine = ContainerEngine.ProgramOf(context.Host.Processes);
        List<RecoveryOption> ways = [.. situations.SelectMany(s => new Choices(s, forecast, typed, engine, context.Plan.Folder).List())];
        if (Choices.OfAll(situations, forecast, typed) is { } everything) ways.Add(everything);
        if (findings.Exists(IsOfRepository)) ways.Add(MakeRoom(typed));
        DamageFinding[] all = [.. findings.Concat(situations.SelectMany(s => s.Findings)).OrderBy(f => f.Verdict == CheckVerdict.Failed ? 0 : 1)];
        return new DamageReport
        {
            Plan = context.Plan.Path, Product = context.Plan.Name, Time = _now, Findings = all, Components = [.. situations.Select(s => s.Summary())], Options = ways,
            Verdict = all.Any(f => f.Verdict == CheckVerdict.Failed) ? CheckVerdict.Failed : all.Length > 0 ? CheckVerdict.Warning : CheckVerdict.Ok,
            Unknown = [.. _unknown.Distinct(StringComparer.Ordinal)], Elapsed = context.Clock.GetElapsedTime(start),
        };
    }

    private IEnumerable<ComponentPlan> Chosen()
    {
        foreach (string name in options.Components.Where(n => !context.Plan.Components.ContainsKey(n)))
            throw new DrpException(DrpError.PlanInvalid, Text.Of(DamageTexts.NoComponent, name)) { Subject = name, Hint = Text.Of(OperationsTexts.ChooseOf, string.Join(", ", context.Plan.Components.Keys)) };
        return context.Plan.Components.Values.Where(c => options.Components.Count == 0 || options.Components.Contains(c.Name));
    }

    private async Task<CatalogSnapshot?> SnapshotAsync(List<DamageFinding> findings, CancellationToken ct)
    {
        RepositoryLister[] listers = [.. context.Catalog.Repositories.Select(r => new RepositoryLister(context.Catalog, r))];
        RepositorySnapshot[] read = await Task.WhenAll(listers.Select(async (lister, place) =>
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            patience.CancelAfter(s_catalog);
            try
            {
                return await lister.RunAsync(patience.Token).WaitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                var repository = context.Catalog.Repositories[place];
                return new RepositorySnapshot { Repository = repository, Error = new DrpException(DrpError.Unreachable, Text.Of(DamageTexts.Hangs, repository.Name, (int)s_catalog.TotalSeconds)) };
            }
        })).ConfigureAwait(false);
        findings.AddRange(read.Where(r => r.Error is not null).Select(r => new DamageFinding
        {
            Subject = r.Repository.Name, Kind = DamageKind.RepositoryUnreachable, Verdict = read.All(o => o.Error is not null) ? CheckVerdict.Failed : CheckVerdict.Warning,
            Message = Text.Of(DamageTexts.RepositorySilent, r.Repository.Name, r.Error!.Message), Hint = r.Error.Hint,
        }));
        return read.All(r => r.Error is not null) ? null : new CatalogSnapshot(context.Plan.Path, read, []);
    }

    private async Task<Situation> AssessAsync(ComponentPlan plan, CatalogSnapshot? snapshot, List<DamageFinding> common, CancellationToken ct)
    {
        RecoveryPoints points = await WithinAsync(s_catalog, plan.Name, c => RecoveryPoints.ReadAsync(context, snapshot, plan, _unknown.Enqueue, c), ct).ConfigureAwait(false) ?? new RecoveryPoints();
        ObjectivePlan? objective = plan.Class is { } name ? context.Plan.Objectives.GetValueOrDefault(name) : null;
        List<DamageFinding> found = [];
        ServerState? server = null;
        NodeStatus? standby = null;
        IReadOnlyDictionary<string, RecoveryPointCandidate> accidents = new Dictionary<string, RecoveryPointCandidate>(StringComparer.Ordinal);
        if (plan is PostgreSqlPlan database)
        {
            server = await WithinAsync(s_look, plan.Name, c => new ServerLook(context, database, points, _unknown.Enqueue).RunAsync(c), ct).ConfigureAwait(false) ?? Silent(plan.Name);
            found.AddRange(server.Findings);
            if (!server.IsUp && database.Pair is not null) standby = await WithinAsync(s_look, plan.Name, c => StandbyAsync(plan.Name, found, c), ct).ConfigureAwait(false);
            if (points.Window is { Bases.Count: > 0 } && !options.NoSearch) accidents = await SearchAsync(plan.Name, server, found, points, ct).ConfigureAwait(false);
        }
        else
        {
            found.AddRange(await WithinAsync(s_look, plan.Name, c => OtherAsync(plan, points, c), ct).ConfigureAwait(false) ?? []);
        }

        var situation = new Situation(plan, points, found, server, standby, accidents, objective, _now);
        bool blind = snapshot is null || common.Exists(f => f.Kind == DamageKind.RepositoryUnreachable);
        if (points.Latest is null && !blind) found.Add(new DamageFinding { Component = plan.Name, Subject = plan.Name, Kind = DamageKind.NoBackup, Verdict = CheckVerdict.Failed, Message = Text.Of(DamageTexts.NoBackup, plan.Name), Hint = DamageTexts.NoBackupHint });
        else if (situation.LossTo(points.Latest) is { } loss && objective?.Rpo is { } rpo && loss > rpo)
            found.Add(new DamageFinding { Component = plan.Name, Subject = plan.Name, Kind = DamageKind.BackupOld, Verdict = CheckVerdict.Warning, Message = Text.Of(DamageTexts.BackupOld, plan.Name, Human.Time(points.Latest!.Value), Human.Duration(loss), Human.Duration(rpo)) });
        return situation;
    }

    private async Task<IReadOnlyList<DamageFinding>> OtherAsync(ComponentPlan plan, RecoveryPoints points, CancellationToken ct)
    {
        if (plan is FilesPlan files) return await FilesLook.RunAsync(files, points, _unknown.Enqueue, ct).ConfigureAwait(false);
        IReadOnlyList<PlanCheck> checks = await context.Source(plan, SetId.Full).ProbeAsync(ct).ConfigureAwait(false);
        return [.. checks.Where(c => c.Verdict == CheckVerdict.Failed).Select(c => new DamageFinding
        {
            Component = plan.Name, Subject = c.Subject, Kind = DamageKind.ComponentBroken, Verdict = CheckVerdict.Failed, Message = c.Message, Hint = c.Hint,
        })];
    }

    private static ServerState Silent(string component) => new()
    {
        Findings = [new DamageFinding { Component = component, Subject = component, Kind = DamageKind.ServerDown, Verdict = CheckVerdict.Failed, Message = Text.Of(DamageTexts.Hangs, component, (int)s_look.TotalSeconds) }],
    };

    /// <summary>The standby that would take over. Whether it can is asked of the switch itself, which looks at everything it would refuse and touches nothing.</summary>
    private async Task<NodeStatus?> StandbyAsync(string component, List<DamageFinding> found, CancellationToken ct)
    {
        await foreach (PrimaryStatus pair in new PrimaryStatusRun(context).RunAsync(component, ct).ConfigureAwait(false))
        {
            if (pair.Primary is not null || pair.Nodes.Where(n => n.Role == NodeRole.Standby).MaxBy(n => n.LastCommit) is not { } standby) continue;
            try
            {
                await new SwitchRun(context, new PrimarySwitchOptions { Component = component, To = standby.Node, AllowDataLoss = true, DryRun = true }).RunAsync(ct).ConfigureAwait(false);
                return standby;
            }
            catch (DrpException e)
            {
                found.Add(new DamageFinding { Component = component, Subject = standby.Node, Kind = DamageKind.StandbyUnfit, Verdict = CheckVerdict.Warning, Message = Text.Of(DamageTexts.StandbyUnfit, standby.Node, e.Message), Hint = e.Hint });
            }
        }

        return null;
    }

    /// <summary>What the archived WAL tells of the lost tables, or of the database by its largest table; the findings get their moments.</summary>
    private async Task<IReadOnlyDictionary<string, RecoveryPointCandidate>> SearchAsync(string component, ServerState server, List<DamageFinding> found, RecoveryPoints points, CancellationToken ct)
    {
        Dictionary<string, RecoveryPointCandidate> known = new(StringComparer.Ordinal);
        bool whole = found.Exists(f => f.Kind == DamageKind.DatabaseMissing);
        string[] tables = whole
            ? [.. (points.Facts?.PostgreSql?.Rows ?? new Dictionary<string, long>(StringComparer.Ordinal)).OrderByDescending(r => r.Value).Take(1).Select(r => r.Key)]
            : [.. found.Where(f => f.Kind is DamageKind.TableMissing or DamageKind.TableEmpty or DamageKind.RowsMissing).OrderByDescending(f => f.Gone).Take(MostSearches).Select(f => f.Subject)];
        foreach (string table in tables)
        {
            var search = new RecoveryPointOptions { Table = TableNames.Plain(table), Component = component, Database = server.Database };
            IReadOnlyList<RecoveryPointCandidate>? all = await WithinAsync(options.SearchFor, table, c => new FindRecoveryPointRun(context, search).RunAsync(c), ct).ConfigureAwait(false);
            if (all is not { Count: > 0 }) continue;
            RecoveryPointCandidate newest = all[0];
            known[table] = newest;
            int place = found.FindIndex(f => whole ? f.Kind == DamageKind.DatabaseMissing : f.Subject == table);
            found[place] = found[place] with { Since = newest.CommitTime };
        }

        return known;
    }

    private IEnumerable<DamageFinding> DisksOf(ComponentPlan[] components) => Disks.Look(
    [
        .. RepositoryFolders().Select(f => (f, (string?)null)), (context.Host.Temp.StateDirectory, null),
        .. components.OfType<FilesPlan>().SelectMany(c => c.Paths.Select(p => (p, (string?)c.Name))),
    ]);

    private IEnumerable<string> RepositoryFolders() => context.Plan.Repositories.Values.OfType<DirectoryRepositoryPlan>().Select(r => Path.GetFullPath(r.Path, context.Plan.Folder));

    private bool IsOfRepository(DamageFinding finding) =>
        finding.Kind is DamageKind.DiskFull or DamageKind.DiskFilling && RepositoryFolders().Any(f => f == finding.Subject || f.StartsWith(finding.Subject.TrimEnd('/') + "/", StringComparison.Ordinal));

    private static RecoveryOption MakeRoom(Typed typed) => new()
    {
        Method = RecoveryMethod.MakeRoom, Reason = DamageTexts.WhyRoom, Command = typed.Drp("prune"), Cmdlet = typed.Cmdlet("Invoke-DrpRetention"), Loss = TimeSpan.Zero, LostRows = 0,
    };

    private async Task<List<EvidenceRecord>> ReadEvidenceAsync(CancellationToken ct)
    {
        List<EvidenceRecord> records = [];
        await foreach (EvidenceRecord record in context.Evidence.ReadAsync(ct).ConfigureAwait(false)) records.Add(record);
        return records;
    }

    /// <summary>A look that fails or hangs leaves a blank, with its reason; the others go on.</summary>
    private async Task<T?> WithinAsync<T>(TimeSpan limit, string subject, Func<CancellationToken, Task<T>> look, CancellationToken ct) where T : class?
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(limit);
        try
        {
            return await look(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            _unknown.Enqueue(Text.Of(DamageTexts.Hangs, subject, (int)limit.TotalSeconds));
            return null;
        }
        catch (Exception e) when (e is DrpException or IOException or UnauthorizedAccessException)
        {
            _unknown.Enqueue($"{subject}: {e.Message}");
            return null;
        }
    }
}
