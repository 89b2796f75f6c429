using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// Deletes backup sets: by policy, or by name. All decisions are made before anything is deleted; a dry run stops there. A real run holds the delete lease
/// of a repository from before it looks until it has deleted.
/// </summary>
internal sealed class Pruner(CatalogContext catalog)
{
    private readonly CatalogReader _reader = new(catalog);

    /// <summary>Applies retention: one decision for each set and repository, oldest first.</summary>
    public IAsyncEnumerable<RetentionDecision> RetainAsync(RetentionOptions options, IReadOnlyDictionary<string, JobPlan> jobs, CancellationToken ct)
    {
        if (options.Job is { } job && !jobs.ContainsKey(job))
        {
            throw new DrpException(DrpError.PlanInvalid, Text.Of(CatalogTexts.JobUnknown, job)) { Subject = job };
        }

        Dictionary<string, RetentionRule> rules = jobs.ToDictionary(j => j.Key, j => new RetentionRule(j.Value.Keep, ZoneOf(j.Value)), StringComparer.Ordinal);
        return RunAsync(options.Repositories, "retention", options.DryRun, Decide, ct);

        IEnumerable<RetentionDecision> Decide(CatalogSnapshot snapshot, RepositorySnapshot repository, bool writing)
        {
            RetentionInput input = new()
            {
                Sets = [.. repository.Sets.Select(s => View(snapshot, s))],
                Jobs = rules,
                Now = catalog.Host.Clock.GetUtcNow(),
                Policy = options.Policy,
                Job = options.Job,
                Writing = writing,
            };
            Dictionary<SetId, StoredSet> sets = repository.Sets.ToDictionary(s => s.Id);
            return Retention.Decide(input).Select(v => Decision(repository, v.Id, v.Delete, v.Reasons, sets[v.Id].Bytes, options.DryRun));
        }
    }

    /// <summary>Deletes sets by name. Without <see cref="RemoveOptions.Force"/> the last good, the newest proven and pinned sets stay.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: no repository has a set of that name.</exception>
    public IAsyncEnumerable<RetentionDecision> RemoveAsync(RemoveOptions options, CancellationToken ct)
    {
        List<SetId> ids = [.. options.Ids.Select(i => SetId.TryParse(i, out SetId id) ? id : throw Missing(i))];
        return RunAsync(options.Repositories, "remove", options.DryRun, Decide, ct);

        IEnumerable<RetentionDecision> Decide(CatalogSnapshot snapshot, RepositorySnapshot repository, bool writing)
        {
            string? lacking = ids.Where(i => !snapshot.KnownIds.Contains(i)).Select(i => i.ToString()).FirstOrDefault();
            if (lacking is not null)
            {
                throw Missing(lacking);
            }

            // What would be left alone if everything else were to go: the rules that no policy can override.
            RetentionInput input = new()
            {
                Sets = [.. repository.Sets.Where(s => s.State != SetState.Incomplete).Select(s => View(snapshot, s))],
                Jobs = new Dictionary<string, RetentionRule>(StringComparer.Ordinal),
                Now = DateTimeOffset.MaxValue,
                Policy = new() { Within = TimeSpan.MinValue },
            };
            Dictionary<SetId, RetentionVerdict> verdicts = Retention.Decide(input).ToDictionary(v => v.Id);
            foreach (StoredSet set in repository.Sets.Where(s => ids.Contains(s.Id)))
            {
                RetentionVerdict? v = verdicts.GetValueOrDefault(set.Id);
                string[] needed = [.. repository.Sets.Where(s => !ids.Contains(s.Id) && (s.Summary?.Chain ?? []).Any(l => l.Set == set.Id.ToString())).Select(s => Text.Of(CatalogTexts.KeptNeeded, s.Id))];
                bool held = (set.State == SetState.Incomplete && writing) || (!options.Force && set.Summary is not null && (needed.Length > 0 || v is { Delete: false }));
                IReadOnlyList<string> reasons = set.State == SetState.Incomplete && writing ? [CatalogTexts.KeptWriting] : !held ? [CatalogTexts.GoesAsked]
                    : [.. needed.Concat(v is { Delete: false } ? v.Reasons : []).Distinct(StringComparer.Ordinal)];
                yield return Decision(repository, set.Id, !held, reasons, set.Bytes, options.DryRun);
            }
        }
    }

    private delegate IEnumerable<RetentionDecision> Decider(CatalogSnapshot snapshot, RepositorySnapshot repository, bool writing);

    private async IAsyncEnumerable<RetentionDecision> RunAsync(
        IReadOnlyList<string> names, string operation, bool dryRun, Decider decide, [EnumeratorCancellation] CancellationToken ct)
    {
        IRepository[] chosen = Choose(names);
        LeaseGroup leases = dryRun ? new() : await new LeaseKeeper(catalog).AcquireAllAsync(chosen, LeaseMode.Delete, operation, ct).ConfigureAwait(false);
        await using (leases.ConfigureAwait(false))
        {
            CatalogSnapshot snapshot = await _reader.ReadAsync(ct).ConfigureAwait(false);
            foreach (string warning in snapshot.Warnings)
            {
                catalog.Host.Say(DrpEventLevel.Warning, warning);
            }

            List<(IRepository Repository, RetentionDecision Decision)> decisions = [];
            foreach (RepositorySnapshot repository in snapshot.Repositories.Where(r => chosen.Contains(r.Repository)))
            {
                if ((repository.Error ?? leases.Failed.GetValueOrDefault(repository.Repository)) is { } error)
                {
                    decisions.Add((repository.Repository, NotReached(repository, error, dryRun)));
                    continue;
                }

                bool writing = await LeaseReader.IsWritingAsync(catalog, repository.Repository, ct).ConfigureAwait(false);
                decisions.AddRange(decide(snapshot, repository, writing).Select(d => (repository.Repository, d)));
            }

            foreach ((IRepository repository, RetentionDecision decision) in decisions)
            {
                yield return dryRun || decision.Action != RetentionAction.Delete ? decision : await DeleteAsync(repository, decision, leases, ct).ConfigureAwait(false);
            }

            foreach (IRepository repository in dryRun ? [] : leases.Held)
            {
                await SweepAsync(repository, snapshot, ct).ConfigureAwait(false);
            }
        }
    }

    private async Task<RetentionDecision> DeleteAsync(IRepository repository, RetentionDecision decision, LeaseGroup leases, CancellationToken ct)
    {
        try
        {
            leases.Check(repository);
            RemoveOutcome outcome = await SetRemover.RemoveObjectsAsync(catalog, repository, SetId.Parse(decision.Id), ct).ConfigureAwait(false);
            return outcome.Outcome == DeleteOutcome.Deleted
                ? decision with { Bytes = outcome.Freed }
                : decision with { Action = RetentionAction.Retained, Bytes = outcome.Freed, Message = CatalogTexts.HeldByLock };
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e))
        {
            return decision with { Action = RetentionAction.Failed, Bytes = 0, Message = e.Message };
        }
    }

    /// <summary>Unfinished objects of killed writers, and marks and pins of sets that no repository has any more.</summary>
    private async Task SweepAsync(IRepository repository, CatalogSnapshot snapshot, CancellationToken ct)
    {
        try
        {
            await repository.SweepAsync(catalog.Keys.All, Retention.LeftoverAge, ct).ConfigureAwait(false);
            if (snapshot.Repositories.Any(r => r.Error is not null))
            {
                // Whoever does not answer may still have the set.
                return;
            }

            HashSet<SetId> known = [.. snapshot.KnownIds];
            foreach (string folder in (string[])[catalog.Keys.Verified, catalog.Keys.Pins])
            {
                List<string> orphans = [];
                await foreach (StoredObject o in repository.ListAsync(folder, ct).ConfigureAwait(false))
                {
                    if ((Mark.Parse(catalog.Keys, o.Key)?.Set ?? Pin.Parse(catalog.Keys, o.Key)?.Set.ToString()) is { } text && SetId.TryParse(text, out SetId id) && !known.Contains(id))
                    {
                        orphans.Add(o.Key);
                    }
                }

                foreach (string key in orphans)
                {
                    await repository.DeleteAsync(key, ct).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e))
        {
            catalog.Host.Say(DrpEventLevel.Verbose, Text.Of(CatalogTexts.LeftoverStays, repository.Name, e.Message));
        }
    }

    private IRepository[] Choose(IReadOnlyList<string> names)
    {
        string? unknown = names.FirstOrDefault(n => !catalog.Repositories.Any(r => r.Name == n));
        if (unknown is not null)
        {
            throw new DrpException(DrpError.PlanInvalid, Text.Of(CatalogTexts.RepositoryUnknown, unknown))
            {
                Subject = unknown,
                Hint = Text.Of(CatalogTexts.RepositoryUnknownHint, string.Join(", ", catalog.Repositories.Select(r => r.Name))),
            };
        }

        return [.. catalog.Writable.Where(r => names.Count == 0 || names.Contains(r.Name))];
    }

    private static RetentionSet View(CatalogSnapshot snapshot, StoredSet s) => new()
    {
        Id = s.Id,
        Time = s.Summary?.Started ?? s.Id.Time,
        State = s.State,
        Modified = s.Modified,
        Job = s.Summary?.Job,
        Components = s.Summary?.Components ?? [],
        Proven = snapshot.ProvenComponents(s.Id).Keys.ToHashSet(StringComparer.Ordinal),
        Needs = [.. (s.Summary?.Chain ?? []).Select(l => SetId.Parse(l.Set))],
        Pinned = snapshot.IsPinned(s.Id, s.Summary),
        KnownBad = snapshot.IsKnownBad(s.Id, s.Repository.Name),
        IsKnown = s.Summary is not null,
    };

    private RetentionDecision Decision(RepositorySnapshot repository, SetId id, bool delete, IReadOnlyList<string> reasons, long bytes, bool dryRun) => new()
    {
        Plan = catalog.PlanPath,
        Id = id.ToString(),
        Repository = repository.Repository.Name,
        Action = delete ? RetentionAction.Delete : RetentionAction.Keep,
        Reasons = reasons,
        Bytes = delete ? bytes : 0,
        Planned = dryRun,
    };

    private RetentionDecision NotReached(RepositorySnapshot repository, DrpException error, bool dryRun) => new()
    {
        Plan = catalog.PlanPath,
        Id = "*",
        Repository = repository.Repository.Name,
        Action = RetentionAction.Failed,
        Reasons = [],
        Planned = dryRun,
        Message = error.Message,
    };

    private static TimeZoneInfo ZoneOf(JobPlan job) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(job.TimeZone, out TimeZoneInfo? zone)
            ? zone
            : throw new DrpException(DrpError.PlanInvalid, Text.Of(CatalogTexts.ZoneUnknown, job.TimeZone, job.Name)) { Subject = job.Name };

    private static DrpException Missing(string id) =>
        new(DrpError.RepositoryMissing, Text.Of(CatalogTexts.SetMissing, id)) { Subject = id, Hint = CatalogTexts.SetMissingHint };
}
