using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Copies what repositories lack: whole sets, then pins, verdicts and evidence. Bytes are compared with the manifest on the way.</summary>
internal sealed class SyncRun(OperationContext context, SyncOptions options)
{
    private readonly SetCopier _copier = new(context);

    /// <summary>Runs; one result for each set that a repository lacked, as it is done. Oldest first, so that chains arrive in order.</summary>
    public async IAsyncEnumerable<SyncResult> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        HashSet<string> names = [.. Selection.Repositories(context.Plan, null, options.Repositories).Select(r => r.Name)];
        if (options.From is not null) Selection.Repositories(context.Plan, null, [options.From]);
        var reader = new CatalogReader(context.Catalog);
        CatalogSnapshot snapshot = await reader.ReadAsync(ct).ConfigureAwait(false);
        foreach (string warning in snapshot.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        IReadOnlyList<CatalogSet> asked = SetFilter.Apply(snapshot.Sets, options.Filter);
        HashSet<string> chains = [.. asked.Select(s => s.Set.Id), .. asked.SelectMany(s => s.Copies).SelectMany(c => c.Summary!.Chain ?? []).Select(l => l.Set)];
        IReadOnlyList<CatalogSet> wanted = [.. snapshot.Sets.Where(s => chains.Contains(s.Set.Id))];

        foreach (var target in context.Catalog.Writable.Where(r => names.Contains(r.Name)))
        {
            var missing = wanted.Where(s => s.Copies.All(c => c.Repository.Name != target.Name)).OrderBy(s => s.Id).ToList();
            if (options.DryRun)
            {
                foreach (var set in missing) yield return Result(set, target, Source(snapshot, set)?.Name ?? "", RunStatus.Planned, 0, set.Set.Size, null, TimeSpan.Zero);
                continue;
            }

            await foreach (var result in FillAsync(snapshot, target, missing, ct).ConfigureAwait(false)) yield return result;
        }
    }

    private async IAsyncEnumerable<SyncResult> FillAsync(CatalogSnapshot snapshot, IRepository target, List<CatalogSet> missing, [EnumeratorCancellation] CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        await target.CheckAsync(ct).ConfigureAwait(false);
        Lease? lease = await new LeaseKeeper(context.Catalog).AcquireAsync(target, LeaseMode.Write, "sync", ct).ConfigureAwait(false);
        await using var _ = (lease ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        using var halt = CancellationTokenSource.CreateLinkedTokenSource(ct, lease?.Lost ?? default);
        await SpaceCheck.RequireAsync(target, missing.Count == 0 ? null : missing.Sum(s => s.Set.Size), ct).ConfigureAwait(false);
        List<SyncResult> results = [];
        foreach (var set in missing)
        {
            results.Add(await CopyAsync(snapshot, set, target, lease, halt.Token).ConfigureAwait(false));
            yield return results[^1];
        }

        await _copier.CopyNotesAsync(target, halt.Token).ConfigureAwait(false);
        if (results.Count == 0) yield break;
        bool whole = results.All(r => r.Status == RunStatus.Succeeded);
        await context.RecordAsync("sync", target.Name, whole ? RunStatus.Succeeded : RunStatus.Incomplete, whole ? DrpError.None : DrpError.Incomplete, phases, new(StringComparer.Ordinal)
        {
            ["sets"] = string.Join(", ", results.Select(r => $"{r.Id}={(r.Status == RunStatus.Succeeded ? "ok" : "failed")}")),
        }, ct).ConfigureAwait(false);
    }

    private async Task<SyncResult> CopyAsync(CatalogSnapshot snapshot, CatalogSet set, IRepository target, Lease? lease, CancellationToken ct)
    {
        long start = context.Clock.GetTimestamp();
        IRepository? source = Source(snapshot, set);
        try
        {
            if (source is null) throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.NoGoodCopy, set.Id)) { Subject = set.Set.Id, Hint = OperationsTexts.NoGoodCopyHint };
            int objects = await _copier.CopyAsync(set.Id, source, target, lease, ct).ConfigureAwait(false);
            return Result(set, target, source.Name, RunStatus.Succeeded, objects, set.Set.Size, null, context.Clock.GetElapsedTime(start));
        }
        catch (Exception e) when (e is DrpException or IOException && !ct.IsCancellationRequested)
        {
            return Result(set, target, source?.Name ?? "", RunStatus.Failed, 0, 0, e, context.Clock.GetElapsedTime(start));
        }
    }

    /// <summary>The repository to copy from: the one asked for, else the first whose copy is not known to be bad.</summary>
    private IRepository? Source(CatalogSnapshot snapshot, CatalogSet set) => set.Copies.Select(c => c.Repository)
        .FirstOrDefault(r => options.From is { } from ? r.Name == from : !snapshot.IsKnownBad(set.Id, r.Name));

    private SyncResult Result(CatalogSet set, IRepository target, string source, RunStatus status, int objects, long bytes, Exception? error, TimeSpan elapsed) => new()
    {
        Plan = context.Plan.Path,
        Id = set.Set.Id,
        Source = source,
        Repository = target.Name,
        Status = status,
        Objects = objects,
        Bytes = bytes,
        Message = error?.Message,
        Code = error is null ? DrpError.None : Failures.CodeOf(error),
        Elapsed = elapsed,
    };
}
