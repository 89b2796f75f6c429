using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.Engine.Operations.Health;
using AskTrust.Drp.Engine.Operations.Wal;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Diagnostics;

/// <summary>Looks at containers, repositories, recovery windows, health, the ledger and logs.</summary>
internal sealed class PlaceLooks(OperationContext context, DiagnosticOptions options, MeantContainers services)
{
    /// <summary>Containers with their last words, all at once. What their environment keeps secret is masked from now on.</summary>
    public async Task<ContainerDiagnostics> ContainersAsync(ContainerDiagnostics blank, CancellationToken ct)
    {
        if (!services.IsNamed) return blank;
        IReadOnlyList<MeantContainer> found = await services.FindAsync(ct).ConfigureAwait(false);
        foreach (string secret in found.SelectMany(c => c.Facts?.Environment ?? new Dictionary<string, string>(StringComparer.Ordinal)).Where(e => SecretMask.IsSecretName(e.Key) && e.Value.Length > 5).Select(e => e.Value))
            context.Host.Redactor.Remember(secret);
        return blank with { Containers = await Task.WhenAll(found.Select(c => LookAsync(c, ct))).ConfigureAwait(false) };
    }

    /// <summary>A repository: its newest set.</summary>
    public async Task<RepositoryDiagnostics> RepositoryAsync(RepositoryDiagnostics blank, IRepository repository, CancellationToken ct)
    {
        RepositorySnapshot snapshot = await new RepositoryLister(context.Catalog, repository).RunAsync(ct).ConfigureAwait(false);
        if (snapshot.Error is { } error) throw error;
        IReadOnlyList<CatalogSet> sets = new CatalogSnapshot(context.Plan.Path, [snapshot], []).Sets;
        BackupSet? newest = sets.Count == 0 ? null : sets[0].Set;
        return blank with
        {
            Sets = sets.Count, Newest = newest?.Id, NewestTime = newest?.Time, NewestSize = newest?.Size, Proven = sets.Max(s => s.Set.Proven),
            Free = await repository.FreeSpaceAsync(ct).ConfigureAwait(false),
        };
    }

    /// <summary>Recovery windows in one repository.</summary>
    public async Task<RecoveryDiagnostics> RecoveryAsync(RecoveryDiagnostics blank, IRepository repository, CancellationToken ct)
    {
        // As if it were the only one: another that is silent must not hold it back.
        OperationContext alone = context with { Catalog = context.Catalog with { Repositories = [repository] } };
        List<RecoveryWindow> windows = [];
        await foreach (RecoveryWindow window in new WalWindow(alone).RunAsync(null, ct).ConfigureAwait(false)) windows.Add(window);
        return blank with { Windows = windows };
    }

    /// <summary>Every check.</summary>
    public async Task<HealthDiagnostics> HealthAsync(HealthDiagnostics blank, CancellationToken ct)
    {
        List<HealthCheck> checks = [];
        // Less time than this section has, and what it takes to leave behind what hangs: that is a failed check in it, also on a machine that is busy.
        await foreach (HealthCheck check in new HealthRun(context, new HealthOptions { Timeout = options.Timeout * 0.6 }).RunAsync(ct).ConfigureAwait(false)) checks.Add(check);
        return blank with { Checks = [.. checks.OrderBy(c => c.Kind).ThenBy(c => c.Name, StringComparer.Ordinal)] };
    }

    /// <summary>The last records of the ledger's copy on this machine.</summary>
    public async Task<EvidenceDiagnostics> EvidenceAsync(EvidenceDiagnostics blank, CancellationToken ct)
    {
        Queue<EvidenceRecord> last = new();
        await foreach (EvidenceRecord record in context.Evidence.ReadAsync(ct).ConfigureAwait(false))
        {
            last.Enqueue(record);
            if (last.Count > options.Lines) last.Dequeue();
        }

        return blank with { Records = [.. last.Reverse()] };
    }

    /// <summary>Errors in a log.</summary>
    public async Task<LogDiagnostics> LogAsync(LogDiagnostics blank, LogProbePlan log, CancellationToken ct)
    {
        LogSearch search = await LogHealth.SearchAsync(log, context, options.Lines, ct).ConfigureAwait(false);
        return blank with { Errors = search.Count, Since = search.Since, Lines = [.. search.Last] };
    }

    private async Task<ContainerLook> LookAsync(MeantContainer container, CancellationToken ct)
    {
        if (container.Facts is not { } facts) return new ContainerLook { Name = container.Name, State = ContainerState.Unknown };
        string words = options.Lines == 0 ? "" : await new ContainerEngine(context.Host).LastWordsAsync(facts.Id, options.Lines, ct).ConfigureAwait(false);
        return new ContainerLook
        {
            Name = container.Name, Image = facts.Image, State = facts.State, Health = facts.Health, ExitCode = facts.ExitCode, Restarts = facts.Restarts, Started = facts.Started,
            LastLines = words.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        };
    }
}
