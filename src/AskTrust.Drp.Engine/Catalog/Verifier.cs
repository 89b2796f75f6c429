using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Verifies sets, each in each repository that has it, and remembers the results there.</summary>
internal sealed class Verifier(CatalogContext catalog, VerifierKeys keys)
{
    private readonly CatalogReader _reader = new(catalog);
    private readonly Memory _memory = new(catalog);

    /// <summary>One result for each set and repository, newest set first. Damaged sets are among them; sets being written are not.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: nothing fits the filter.</exception>
    public async IAsyncEnumerable<VerificationResult> VerifyAsync(VerifyOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        LeaseGroup leases = await new LeaseKeeper(catalog).AcquireAllAsync(catalog.Writable, LeaseMode.Read, "verify", ct).ConfigureAwait(false);
        await using (leases.ConfigureAwait(false))
        {
            CatalogSnapshot snapshot = await _reader.ReadAsync(ct).ConfigureAwait(false);
            IReadOnlyList<CatalogSet> sets = WithChains(snapshot, _reader.Find(snapshot, options.Filter, damagedToo: true));
            foreach (RepositorySnapshot silent in snapshot.Repositories.Where(r => r.Error is not null && IsMeant(options, r.Repository)))
            {
                yield return Result(silent.Repository, "*", options.Depth) with { Verdict = CheckVerdict.Failed, Code = silent.Error!.Code, Problems = [silent.Error.Message] };
            }

            foreach (CatalogSet set in sets)
            {
                foreach (StoredSet copy in set.Copies.Where(c => IsMeant(options, c.Repository)))
                {
                    Mark? before = options.NewOnly && copy.State == SetState.Complete ? snapshot.Verified(set.Id, copy.Repository.Name) : null;
                    yield return before is not null && (int)before.Kind >= (int)options.Depth
                        ? Result(copy.Repository, set.Set.Id, options.Depth) with { Verdict = CheckVerdict.Ok, Remembered = true, Time = before.Time }
                        : await VerifyAsync(copy, options.Depth, ct).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>A set is as good as those it builds on, so they are looked at, too.</summary>
    private static IReadOnlyList<CatalogSet> WithChains(CatalogSnapshot snapshot, IReadOnlyList<CatalogSet> sets)
    {
        HashSet<string> needed = [.. sets.SelectMany(s => s.Copies).SelectMany(c => c.Summary?.Chain ?? []).Select(l => l.Set)];
        needed.ExceptWith(sets.Select(s => s.Set.Id));
        return needed.Count == 0 ? sets : [.. sets.Concat(snapshot.Everything.Where(s => needed.Contains(s.Set.Id))).OrderByDescending(s => s.Id)];
    }

    private async Task<VerificationResult> VerifyAsync(StoredSet copy, VerificationDepth depth, CancellationToken ct)
    {
        long start = catalog.Host.Clock.GetTimestamp();
        VerificationResult result = Result(copy.Repository, copy.Id.ToString(), depth);
        SetVerification work = new(catalog, copy.Repository, copy.Id, depth, keys);
        try
        {
            await work.RunAsync(ct).ConfigureAwait(false);
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e) && !ct.IsCancellationRequested)
        {
            // Nothing was learnt of the bytes: told, but not remembered.
            return result with
            {
                Verdict = CheckVerdict.Failed,
                Code = (e as DrpException)?.Code ?? DrpError.Failed,
                Problems = [.. work.Failed, e.Message, .. work.Warned],
                Bytes = work.Bytes,
                Elapsed = catalog.Host.Clock.GetElapsedTime(start),
            };
        }

        bool failed = work.Failed.Count > 0;
        result = result with
        {
            Verdict = failed ? CheckVerdict.Failed : work.Warned.Count > 0 ? CheckVerdict.Warning : CheckVerdict.Ok,
            // Usable all the same, but bytes are not what was written: nobody shall overlook that.
            Code = failed || work.Damaged ? DrpError.VerificationFailed : DrpError.None,
            Problems = [.. work.Failed, .. work.Warned],
            Bytes = work.Bytes,
            Elapsed = catalog.Host.Clock.GetElapsedTime(start),
        };
        await _memory.RememberAsync(result with { Depth = work.Reached }, ct).ConfigureAwait(false);
        return result;
    }

    private static bool IsMeant(VerifyOptions options, IRepository repository) =>
        options.Filter.Repository is not { } name || repository.Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private VerificationResult Result(IRepository repository, string id, VerificationDepth depth) => new()
    {
        Plan = catalog.PlanPath,
        Id = id,
        Repository = repository.Name,
        Depth = depth,
        Verdict = CheckVerdict.Skipped,
        Time = catalog.Host.Clock.GetUtcNow(),
    };
}
