using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// The evidence ledger: one record for each operation, each with the digest of the one before, kept in the state directory and write-once in every
/// repository. The first repository that answers decides who gets a number; whoever finds it taken reads what is new and takes the next.
/// </summary>
/// <param name="catalog">The plan.</param>
/// <param name="state">The state directory, as a repository; its keys are those of the repositories.</param>
internal sealed class EvidenceLedger(CatalogContext catalog, IRepository state)
{
    private const int Attempts = 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private readonly Keys _keys = catalog.Keys;

    /// <summary>The state directory's copy.</summary>
    public IRepository State => state;

    /// <summary>Appends a record. A copy that cannot be written is a warning; it is completed later.</summary>
    /// <exception cref="DrpException">No copy at all could be written.</exception>
    public async Task<EvidenceRecord> AppendAsync(EvidenceEntry entry, CancellationToken ct)
    {
        using LocalLock ours = await LocalLock.TakeAsync(catalog.Host, $"evidence-{_keys.Plan}", entry.Operation, s_patience, ct).ConfigureAwait(false);
        Outages outages = new(catalog.Host);
        await outages.TryAsync(state, () => state.CheckAsync(ct), ct).ConfigureAwait(false);
        (EvidenceFile? head, IReadOnlyList<EvidenceFile> forks) = (await KnownHeadAsync(outages, ct).ConfigureAwait(false), []);
        for (int attempt = 0; ; attempt++)
        {
            if (head is null)
            {
                EvidenceChain chain = await MergeAsync(outages, ct).ConfigureAwait(false);
                (head, forks) = (chain.Head, chain.Forks);
            }

            EvidenceFile next = EvidenceFile.Seal(NewRecord(entry, head, forks));
            if (await StoreAsync(next, outages, ct).ConfigureAwait(false))
            {
                outages.Tell(CatalogTexts.EvidenceNotStored);
                return next.Record;
            }

            if (attempt == Attempts)
            {
                throw new DrpException(DrpError.Locked, CatalogTexts.EvidenceContended) { Subject = _keys.Plan, IsTransient = true };
            }

            head = null;
        }
    }

    /// <summary>Brings every record of every copy into the state directory and every repository that is written to.</summary>
    public async Task SyncAsync(CancellationToken ct)
    {
        using LocalLock ours = await LocalLock.TakeAsync(catalog.Host, $"evidence-{_keys.Plan}", "sync", s_patience, ct).ConfigureAwait(false);
        Outages outages = new(catalog.Host);
        await outages.TryAsync(state, () => state.CheckAsync(ct), ct).ConfigureAwait(false);
        await MergeAsync(outages, ct).ConfigureAwait(false);
        outages.Tell(CatalogTexts.EvidenceNotStored);
    }

    /// <summary>Every record of the chain, oldest first, of all copies that can be read.</summary>
    public async IAsyncEnumerable<EvidenceRecord> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        Outages outages = new(catalog.Host);
        IReadOnlyList<EvidenceCopy> copies = await CopiesAsync(outages, ct).ConfigureAwait(false);
        foreach (EvidenceFile file in EvidenceChain.Of(copies.SelectMany(c => c.Files)).Main)
        {
            yield return file.Record;
        }
    }

    /// <summary>The chain as the state directory knows it, oldest first: all that was done on this machine, without asking any repository. Where it knows nothing, that of all copies.</summary>
    public async Task<IReadOnlyList<EvidenceRecord>> ReadOwnAsync(CancellationToken ct)
    {
        Outages outages = new(catalog.Host);
        EvidenceFile[] own = [];
        await outages.TryAsync(state, async () => own = [.. (await EvidenceCopy.ReadAsync(state, _keys, ct).ConfigureAwait(false)).Files], ct).ConfigureAwait(false);
        if (own.Length > 0) return [.. EvidenceChain.Of(own).Main.Select(f => f.Record)];
        List<EvidenceRecord> all = [];
        await foreach (EvidenceRecord record in ReadAsync(ct).ConfigureAwait(false)) all.Add(record);
        return all;
    }

    /// <summary>Every copy that can be read, the state directory's first.</summary>
    public async Task<IReadOnlyList<EvidenceCopy>> CopiesAsync(Outages outages, CancellationToken ct)
    {
        IEnumerable<Task<EvidenceCopy?>> reading = catalog.Repositories.Prepend(state).Select(async place =>
        {
            EvidenceCopy? copy = null;
            await outages.TryAsync(place, async () => copy = await EvidenceCopy.ReadAsync(place, _keys, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
            return copy;
        });
        return [.. (await Task.WhenAll(reading).ConfigureAwait(false)).OfType<EvidenceCopy>()];
    }

    /// <summary>
    /// The newest record when the state directory knows it and every repository agrees; null when all copies must be read: something is new, missing or
    /// torn, or there are branches, which the next record has to name.
    /// </summary>
    private async Task<EvidenceFile?> KnownHeadAsync(Outages outages, CancellationToken ct)
    {
        List<string> names = [];
        if (!await outages.TryAsync(state, async () => names = await EvidenceCopy.NamesAsync(state, _keys, ct).ConfigureAwait(false), ct).ConfigureAwait(false)
            || names.Count == 0 || names.Exists(Keys.IsEvidenceBranch))
        {
            return null;
        }

        byte[]? bytes = await state.TryGetAsync(_keys.Evidence + names[^1], ct).ConfigureAwait(false);
        if (bytes is null || EvidenceFile.Parse(bytes) is not { } head || Keys.EvidenceName(head.Record.Sequence) != names[^1])
        {
            return null;
        }

        bool[] agree = await Task.WhenAll(catalog.Writable.Select(async place =>
        {
            bool same = true;
            await outages.TryAsync(place, async () =>
            {
                byte[]? theirs = await place.TryGetAsync(_keys.EvidenceRecord(head.Record.Sequence), ct).ConfigureAwait(false);
                StoredObject? newer = await place.StatAsync(_keys.EvidenceRecord(head.Record.Sequence + 1), ct).ConfigureAwait(false);
                same = newer is null && theirs is not null && head.Bytes.Span.SequenceEqual(theirs);
            }, ct).ConfigureAwait(false);
            return same;
        })).ConfigureAwait(false);
        return Array.TrueForAll(agree, a => a) ? head : null;
    }

    /// <summary>Reads all copies and brings what the state directory and the repositories lack into them.</summary>
    private async Task<EvidenceChain> MergeAsync(Outages outages, CancellationToken ct)
    {
        IReadOnlyList<EvidenceCopy> copies = await CopiesAsync(outages, ct).ConfigureAwait(false);
        EvidenceFile[] all = [.. copies.SelectMany(c => c.Files).DistinctBy(f => f.Record.Digest, StringComparer.Ordinal).OrderBy(f => f.Record.Sequence)];
        foreach (EvidenceCopy copy in copies.Where(c => !c.Place.IsReadOnly))
        {
            HashSet<string> there = [.. copy.Files.Select(f => f.Record.Digest)];
            await outages.TryAsync(copy.Place, async () =>
            {
                if (copy.Place == state)
                {
                    // A torn or changed file of ours is replaced by what the repositories have; theirs stay as they are, for the verification to find.
                    foreach ((string name, _) in copy.Bad)
                    {
                        await state.DeleteAsync(_keys.Evidence + name, ct).ConfigureAwait(false);
                    }
                }

                foreach (EvidenceFile file in all.Where(f => !there.Contains(f.Record.Digest)))
                {
                    await EvidenceCopy.PutAsync(copy.Place, _keys, file, ct).ConfigureAwait(false);
                }
            }, ct).ConfigureAwait(false);
        }

        return EvidenceChain.Of(all);
    }

    /// <summary>Stores a new record everywhere.</summary>
    /// <returns>False when another host has taken the number.</returns>
    private async Task<bool> StoreAsync(EvidenceFile file, Outages outages, CancellationToken ct)
    {
        string key = _keys.EvidenceRecord(file.Record.Sequence);
        bool decided = false;
        foreach (IRepository place in outages.Alive(catalog.Writable))
        {
            bool taken = false;
            bool stored = await outages.TryAsync(place, async () =>
            {
                try
                {
                    await place.PutAsync(key, file.Bytes, ct).ConfigureAwait(false);
                }
                catch (ObjectExistsException) when (!decided)
                {
                    taken = true;
                }
                catch (ObjectExistsException)
                {
                    await place.PutAsync(_keys.EvidenceRecord(file.Record.Sequence, file.Record.Digest), file.Bytes, ct).ConfigureAwait(false);
                }
            }, ct).ConfigureAwait(false);
            if (taken)
            {
                return false;
            }

            decided |= stored;
        }

        bool kept = await outages.TryAsync(state, () => EvidenceCopy.PutAsync(state, _keys, file, ct), ct).ConfigureAwait(false);
        return kept || decided ? true : throw outages.First!;
    }

    private EvidenceRecord NewRecord(EvidenceEntry entry, EvidenceFile? head, IReadOnlyList<EvidenceFile> forks)
    {
        Dictionary<string, string> facts = new(entry.Facts, StringComparer.Ordinal);
        if (forks.Count > 0)
        {
            facts[EvidenceFile.ForkFact] = string.Join(',', forks.Select(f => f.Record.Digest));
        }

        return new()
        {
            Sequence = (head?.Record.Sequence ?? 0) + 1,
            Operation = entry.Operation,
            Product = _keys.Plan,
            Subject = entry.Subject,
            Status = entry.Status,
            Code = entry.Code,
            User = Environment.UserName,
            Host = Environment.MachineName,
            Tool = catalog.Tool,
            Started = entry.Started.ToUniversalTime(),
            Seconds = Math.Round(entry.Elapsed.TotalSeconds, 3),
            Phases = entry.Phases,
            Facts = facts.OrderBy(f => f.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal),
            Previous = head?.Record.Digest ?? SelfDigest.Zeros,
            Digest = SelfDigest.Zeros,
        };
    }
}
