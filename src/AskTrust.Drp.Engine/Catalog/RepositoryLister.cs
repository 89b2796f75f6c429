using System.Collections.Concurrent;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Lists one repository: one LIST for the sets, one for the marks, one for the pins; manifests from the cache or fetched a few at a time.</summary>
internal sealed class RepositoryLister(CatalogContext catalog, IRepository repository)
{
    private const int Fetches = 16;
    private readonly ConcurrentBag<string> _warnings = [];

    /// <summary>What was odd.</summary>
    public IEnumerable<string> Warnings => _warnings;

    /// <summary>Lists. Never throws for a store that does not answer: the snapshot carries the error.</summary>
    public async Task<RepositorySnapshot> RunAsync(CancellationToken ct)
    {
        try
        {
            Task<List<StoredSet>> sets = SetsAsync(ct);
            Task<List<Mark>> marks = KeysAsync(catalog.Keys.Verified, key => Mark.Parse(catalog.Keys, key), ct);
            Task<List<Pin>> pins = KeysAsync(catalog.Keys.Pins, key => Pin.Parse(catalog.Keys, key), ct);
            await Task.WhenAll(sets, marks, pins).ConfigureAwait(false);
            return new() { Repository = repository, Sets = await sets.ConfigureAwait(false), Marks = await marks.ConfigureAwait(false), Pins = await pins.ConfigureAwait(false) };
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e))
        {
            return new()
            {
                Repository = repository,
                Error = e as DrpException ?? new DrpException(DrpError.Unreachable, Text.Of(CatalogTexts.RepositoryNotListed, repository.Name, e.Message), e) { Subject = repository.Name },
            };
        }
    }

    private async Task<List<StoredSet>> SetsAsync(CancellationToken ct)
    {
        // Both take about as long.
        Task<SummaryCache> loading = Task.Run(() => SummaryCache.Load(catalog, repository), ct);
        List<StoredSet> found = await GroupAsync(ct).ConfigureAwait(false);
        SummaryCache cache = (await loading.ConfigureAwait(false)).At(repository.Location);
        SummaryLine?[] lines = new SummaryLine?[found.Count];
        StoredSet?[] read = new StoredSet?[found.Count];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Fetches, CancellationToken = ct };
        await Parallel.ForAsync(0, found.Count, parallel, async (i, token) =>
        {
            (read[i], lines[i]) = await ReadAsync(found[i], cache, token).ConfigureAwait(false);
        }).ConfigureAwait(false);
        cache.Save([.. lines.OfType<SummaryLine>()], catalog.Host);
        return Chained([.. read.OfType<StoredSet>()]);
    }

    /// <summary>A set is worth as much as those it builds on: where one of them is not complete, or another, this one cannot be restored either.</summary>
    private List<StoredSet> Chained(List<StoredSet> sets)
    {
        if (!sets.Any(s => s.Summary?.Chain is not null)) return sets;
        Dictionary<string, string> whole = sets.Where(s => s.State == SetState.Complete).ToDictionary(s => s.Id.ToString(), s => s.Summary!.ManifestSha256, StringComparer.Ordinal);
        HashSet<string> there = [.. sets.Select(s => s.Id.ToString())];
        return [.. sets.Select(Judged)];

        StoredSet Judged(StoredSet set)
        {
            if (set.State != SetState.Complete || set.Summary?.Chain is not { } chain) return set;
            string[] problems = [.. chain.Where(l => whole.GetValueOrDefault(l.Set) != l.Manifest)
                .Select(l => Text.Of(there.Contains(l.Set) ? CatalogTexts.ChainBroken : CatalogTexts.ChainMissing, $"{repository.Name}: {set.Id}", l.Set))];
            if (problems.Length == 0) return set;
            Warn(problems);
            return set with { State = SetState.Damaged, Problems = problems, IsOrphan = true };
        }
    }

    private async Task<List<StoredSet>> GroupAsync(CancellationToken ct)
    {
        List<StoredSet> sets = [];
        List<StoredObject> objects = [];
        SetId current = default;
        string? folder = null;
        await foreach (StoredObject o in repository.ListAsync(catalog.Keys.Sets, ct).ConfigureAwait(false))
        {
            // Keys come in order, so mostly it is a file of the same set.
            if (folder is not null && Keys.IsFileOf(folder, o.Key))
            {
                objects.Add(o);
                continue;
            }

            // What we would not have written is not ours: neither shown nor touched.
            if (!catalog.Keys.TrySet(o.Key, out SetId id, out _))
            {
                continue;
            }

            if (id != current && objects.Count > 0)
            {
                sets.Add(Raw(current, objects));
                objects = [];
            }

            (current, folder) = (id, catalog.Keys.Set(id));
            objects.Add(o);
        }

        if (objects.Count > 0)
        {
            sets.Add(Raw(current, objects));
        }

        return sets;
    }

    private StoredSet Raw(SetId id, List<StoredObject> objects) => new() { Id = id, Repository = repository, State = SetState.Incomplete, Objects = objects };

    // The keys of a set are in order, and differ in their last part only.
    private StoredObject? Named(StoredSet set, string name)
    {
        int folder = catalog.Keys.Sets.Length + set.Id.ToString().Length + 1;
        int low = 0;
        int high = set.Objects.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = set.Objects[middle].Key.AsSpan(folder).SequenceCompareTo(name);
            if (order == 0)
            {
                return set.Objects[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    private async Task<(StoredSet? Set, SummaryLine? Line)> ReadAsync(StoredSet raw, SummaryCache cache, CancellationToken ct)
    {
        StoredObject? main = Named(raw, Keys.Manifest);
        StoredObject? copy = Named(raw, Keys.Copy);
        if ((main ?? copy) is not { } file)
        {
            return (raw, null);
        }

        // The copy comes before the file itself: alone it may mean that the writer has one more object to go.
        if (main is null && await LeaseReader.IsWritingAsync(catalog, repository, ct).ConfigureAwait(false))
        {
            return (raw, null);
        }

        SetSummary? summary = cache.Find(raw.Id, file);
        try
        {
            if (summary is null)
            {
                ManifestReading reading = await ReadManifestAsync(raw.Id, main, copy, ct).ConfigureAwait(false);
                Warn(reading.Warnings);
                summary = SetSummary.Of(reading.Sealed);
                if (reading.Warnings.Count > 0)
                {
                    // Not remembered, so that the warning comes again.
                    return (Judge(raw, summary), null);
                }
            }

            if (main is null || copy is null || main.Size != copy.Size)
            {
                Warn([Text.Of(main is null ? CatalogTexts.ManifestCopyUsedMissing : copy is null ? CatalogTexts.ManifestCopyMissing : CatalogTexts.ManifestCopiesDiffer, $"{repository.Name}: {raw.Id}")]);
            }

            return (Judge(raw, summary), new(raw.Id.ToString(), Keys.NameOf(file.Key), file.Size, file.Modified, summary));
        }
        catch (DrpException e) when (e.Code == DrpError.RepositoryMissing)
        {
            // Deleted between the list and now.
            return (null, null);
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e))
        {
            _warnings.Add(e.Message);
            bool damaged = e is DrpException { Code: DrpError.VerificationFailed };
            return (raw with { State = damaged ? SetState.Damaged : SetState.Unreadable, Problems = [e.Message] }, null);
        }
    }

    // In the usual case one object is fetched; the copy only when the file itself is bad or missing.
    private async Task<ManifestReading> ReadManifestAsync(SetId id, StoredObject? main, StoredObject? copy, CancellationToken ct)
    {
        if (main is not null && copy?.Size == main.Size)
        {
            try
            {
                byte[] bytes = await repository.GetAsync(main.Key, ct).ConfigureAwait(false);
                return new(SealedManifest.Parse(bytes, $"{repository.Name}: {id}", id), null, []);
            }
            catch (DrpException e) when (e.Code is DrpError.VerificationFailed or DrpError.RepositoryMissing)
            {
                // The full reading says what is wrong.
            }
        }

        return await ManifestStore.ReadUnsignedAsync(catalog, repository, id, ct).ConfigureAwait(false);
    }

    private StoredSet Judge(StoredSet raw, SetSummary summary)
    {
        List<string> problems = [];
        foreach (BackupArtifact a in summary.Artifacts)
        {
            StoredObject? stored = Named(raw, a.Name);
            if (stored?.Size == a.Size)
            {
                continue;
            }

            string where = $"{repository.Name}: {raw.Id}/{a.Name}";
            problems.Add(stored is null ? Text.Of(CatalogTexts.ArtifactMissing, where) : Text.Of(CatalogTexts.ArtifactSize, where, stored.Size, a.Size));
        }

        Warn(problems);
        return raw with { State = problems.Count == 0 ? SetState.Complete : SetState.Damaged, Summary = summary, Problems = problems };
    }

    private async Task<List<T>> KeysAsync<T>(string prefix, Func<string, T?> parse, CancellationToken ct)
        where T : class
    {
        List<T> found = [];
        await foreach (StoredObject o in repository.ListAsync(prefix, ct).ConfigureAwait(false))
        {
            if (parse(o.Key) is { } item)
            {
                found.Add(item);
            }
        }

        return found;
    }

    private void Warn(IEnumerable<string> texts)
    {
        foreach (string text in texts)
        {
            _warnings.Add(text);
        }
    }
}
