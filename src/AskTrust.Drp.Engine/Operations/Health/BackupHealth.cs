using System.Collections.Concurrent;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Plan;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>Is there a backup young enough to keep the promise, in every place it should be, and proven; and do the repositories answer. Each repository is listed once.</summary>
internal sealed class BackupHealth(OperationContext context, HealthJudge judge, TimeSpan patience)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<RepositorySnapshot>>> _listed = new(StringComparer.Ordinal);

    private HealthLimits Limits => context.Plan.Health.Limits;

    /// <summary>What the plan promises for a component; null = nothing.</summary>
    public static TimeSpan? RpoOf(ComponentPlan component, DrpPlan plan) => component.Class is { } name ? plan.Objectives[name].Rpo : null;

    /// <summary>One repository: it answers, and its disk is not full.</summary>
    public async Task<IReadOnlyList<HealthCheck>> RepositoryAsync(IRepository repository, CancellationToken ct)
    {
        RepositorySnapshot snapshot = await ListAsync(repository, ct).ConfigureAwait(false);
        if (snapshot.Error is { } error) return [judge.Bad(repository.Name, HealthKind.Repository, error)];
        int sets = new CatalogSnapshot(context.Plan.Path, [snapshot], []).Sets.Count;
        HealthCheck answers = judge.Good(repository.Name, HealthKind.Repository) with { Measured = sets, Unit = HealthJudge.Count, Value = Text.Of(HealthTexts.Sets, sets) };
        if (context.Plan.Repositories[repository.Name] is not DirectoryRepositoryPlan folder) return [answers];
        DiskUse use = await Task.Run(() => DiskUse.Of(folder.Path), ct).WaitAsync(ct).ConfigureAwait(false);
        return [answers, judge.AtMost($"{repository.Name} disk", HealthKind.Repository, use.UsedPercent, Limits.BackupDisk, HealthJudge.Percent, Text.Of(HealthTexts.BackupDiskAdvice, Human.Size(use.Free)))];
    }

    /// <summary>One component: newest backup, its copies, newest proof.</summary>
    public async Task<IReadOnlyList<HealthCheck>> ComponentAsync(ComponentPlan component, CancellationToken ct)
    {
        RepositorySnapshot[] all = await Task.WhenAll(context.Catalog.Repositories.Select(r => ListAsync(r, ct))).ConfigureAwait(false);
        RepositorySnapshot[] answered = [.. all.Where(s => s.Error is null)];
        string name = $"{component.Name} backup";
        if (answered.Length == 0) return [judge.Bad(name, HealthKind.Backup, HealthTexts.NoRepository, HealthTexts.SilentAdvice, DrpError.Unreachable)];
        var snapshot = new CatalogSnapshot(context.Plan.Path, answered, []);
        CatalogSet[] sets = [.. snapshot.Sets.Where(s => s.Set.Kind != SetId.Safety && s.Set.Components.Contains(component.Name, StringComparer.Ordinal))];
        string silent = string.Join(", ", all.Where(s => s.Error is not null).Select(s => s.Repository.Name));
        if (sets.Length == 0)
        {
            string nothing = silent.Length == 0 ? HealthTexts.NoBackup : Text.Of(HealthTexts.NoBackupKnown, silent);
            return [judge.Bad(name, HealthKind.Backup, nothing, HealthTexts.BackupAdvice, DrpError.ObjectiveBreached)];
        }

        DateTimeOffset now = context.Clock.GetUtcNow();
        TimeSpan limit = LimitFor(component);
        List<HealthCheck> checks =
        [
            judge.AtMost(name, HealthKind.Backup, (now - sets.Max(s => s.Set.Time)).TotalSeconds, limit.TotalSeconds, HealthJudge.Seconds, HealthTexts.BackupAdvice, breach: true),
            Proof(component, snapshot, sets, now),
        ];
        string[] stale = [.. Meant(component).Where(r => answered.Any(a => a.Repository.Name == r) && !sets.Any(s => now - s.Set.Time <= limit && s.Set.Repositories.Contains(r, StringComparer.Ordinal)))];
        if (stale.Length > 0 && checks[0].Status == CheckVerdict.Ok) checks.Add(judge.Odd($"{component.Name} copies", HealthKind.Backup, Text.Of(HealthTexts.Stale, string.Join(", ", stale)), HealthTexts.StaleAdvice));
        if (await RtoAsync(component, ct).ConfigureAwait(false) is { } rto) checks.Add(rto);
        return checks;
    }

    private HealthCheck Proof(ComponentPlan component, CatalogSnapshot snapshot, IEnumerable<CatalogSet> sets, DateTimeOffset now)
    {
        string name = $"{component.Name} restore test";
        DateTimeOffset[] proven = [.. sets.Select(s => snapshot.ProvenComponents(s.Id)).Where(p => p.ContainsKey(component.Name)).Select(p => p[component.Name])];
        return proven.Length == 0
            ? judge.Odd(name, HealthKind.Backup, HealthTexts.NeverProven, HealthTexts.ProofAdvice)
            : judge.AtMost(name, HealthKind.Backup, (now - proven.Max()).TotalSeconds, Limits.RestoreTestAge.TotalSeconds, HealthJudge.Seconds, HealthTexts.ProofAdvice);
    }

    /// <summary>How long the last restore test of this machine took, against the promise.</summary>
    private async Task<HealthCheck?> RtoAsync(ComponentPlan component, CancellationToken ct)
    {
        await foreach (RestoreTestResult test in new RestoreTestHistory(context).ReadAsync(ct).ConfigureAwait(false))
        {
            if (test.Component != component.Name || test.Verdict != CheckVerdict.Ok) continue;
            if (component.Class is null || context.Plan.Objectives[component.Class].Rto is not { } promise) return null;
            return judge.AtMost($"{component.Name} restore time", HealthKind.Backup, test.RecoveryTime.TotalSeconds, promise.TotalSeconds, HealthJudge.Seconds, HealthTexts.RtoAdvice, breach: true);
        }

        return null;
    }

    /// <summary>With point-in-time recovery the WAL keeps the promise, and base backups need only be as frequent as they are planned.</summary>
    private TimeSpan LimitFor(ComponentPlan component)
    {
        TimeSpan promise = RpoOf(component, context.Plan) ?? Limits.BackupAge;
        if (component is not PostgreSqlPlan { PointInTime: not null }) return promise;
        TimeSpan[] gaps = [.. JobsOf(component).Select(PlanAnalyser.Gap).OfType<TimeSpan>()];
        return gaps.Append(Limits.BackupAge).Append(promise).Max();
    }

    /// <summary>Repositories that should have it: those of its jobs.</summary>
    private IEnumerable<string> Meant(ComponentPlan component)
    {
        JobPlan[] jobs = [.. JobsOf(component)];
        return context.Plan.Repositories.Values.Where(r => !r.ReadOnly && (jobs.Length == 0 || jobs.Any(j => j.Repositories.Count == 0 || j.Repositories.Contains(r.Name, StringComparer.Ordinal)))).Select(r => r.Name);
    }

    private IEnumerable<JobPlan> JobsOf(ComponentPlan component) => context.Plan.Jobs.Values.Where(j => j.Components.Count == 0 || j.Components.Contains(component.Name, StringComparer.Ordinal));

    /// <summary>Lists a repository once for whoever asks. It gets a little less time than a probe, so that one that hangs takes no component's check with it.</summary>
    private Task<RepositorySnapshot> ListAsync(IRepository repository, CancellationToken ct) =>
        _listed.GetOrAdd(repository.Name, _ => new Lazy<Task<RepositorySnapshot>>(() => ListOnceAsync(repository))).Value.WaitAsync(ct);

    private async Task<RepositorySnapshot> ListOnceAsync(IRepository repository)
    {
        TimeSpan limit = patience * 0.9;
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            return await Task.Run(() => new RepositoryLister(context.Catalog, repository).RunAsync(deadline.Token)).WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new RepositorySnapshot
            {
                Repository = repository,
                Error = new DrpException(DrpError.Unreachable, Text.Of(HealthTexts.TimedOut, HealthJudge.Show(limit.TotalSeconds, HealthJudge.Seconds))) { Hint = HealthTexts.TimedOutAdvice },
            };
        }
    }
}
