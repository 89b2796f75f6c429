using System.Text.Json;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Looks at the locks of a repository.</summary>
internal static class LeaseReader
{
    /// <summary>Every lease found, live or not; of each only its newest object counts.</summary>
    public static async Task<IReadOnlyList<FoundLease>> ListAsync(CatalogContext catalog, IRepository repository, CancellationToken ct)
    {
        Dictionary<string, List<(StoredObject Object, LeaseMode Mode, int Generation)>> found = new(StringComparer.Ordinal);
        Dictionary<string, string> released = new(StringComparer.Ordinal);
        await foreach (StoredObject o in repository.ListAsync(catalog.Keys.Locks, ct).ConfigureAwait(false))
        {
            if (!LeaseRecord.TryName(o.Key[catalog.Keys.Locks.Length..], out LeaseMode? mode, out string id, out int generation))
            {
                continue;
            }

            if (mode is not { } m)
            {
                released[id] = o.Key;
                continue;
            }

            if (!found.TryGetValue(id, out var objects))
            {
                found[id] = objects = [];
            }

            objects.Add((o, m, generation));
        }

        List<FoundLease> leases = [];
        foreach ((string id, var objects) in found)
        {
            (StoredObject newest, LeaseMode mode, _) = objects.MaxBy(o => o.Generation);
            byte[]? bytes = await repository.TryGetAsync(newest.Key, ct).ConfigureAwait(false);
            if (bytes is null)
            {
                // Released between the list and now: a renewal leaves the newest object it finds in place.
                continue;
            }

            List<string> keys = [.. objects.Select(o => o.Object.Key)];
            bool over = released.TryGetValue(id, out string? tombstone);
            if (tombstone is not null)
            {
                keys.Add(tombstone);
            }

            LeaseRecord? record = Parse(bytes);
            bool live = !over && IsLive(record, newest.Modified, catalog.Host.Clock.GetUtcNow());
            leases.Add(new(id, mode, record, keys, live));
        }

        // Releases whose leases are gone.
        leases.AddRange(released.Where(r => !found.ContainsKey(r.Key)).Select(r => new FoundLease(r.Key, LeaseMode.Read, null, [r.Value], false)));
        return leases;
    }

    /// <summary>True while somebody writes a set there.</summary>
    public static async Task<bool> IsWritingAsync(CatalogContext catalog, IRepository repository, CancellationToken ct) =>
        (await ListAsync(catalog, repository, ct).ConfigureAwait(false)).Any(l => l.IsLive && l.Mode == LeaseMode.Write);

    // Both the holder's word and the store's clock must say that it is over: the holder's clock may be behind ours.
    private static bool IsLive(LeaseRecord? record, DateTimeOffset modified, DateTimeOffset now)
    {
        if (record is not null && record.IsOwnerGone(OwnerMark.Current))
        {
            return false;
        }

        TimeSpan length = record is null ? LeaseTimes.Default.Length : record.Expires - record.Renewed;
        TimeSpan skew = LeaseTimes.Default.Skew;
        bool byStore = modified <= now + skew && now <= modified + length + skew;
        return byStore || (record is not null && now <= record.Expires + skew && record.Expires <= now + length + skew + skew);
    }

    private static LeaseRecord? Parse(byte[] bytes)
    {
        try
        {
            LeaseRecord? record = JsonSerializer.Deserialize(bytes, CatalogJson.Files.LeaseRecord);
            return record is { Owner: not null } && record.Expires > record.Renewed && record.Expires - record.Renewed <= LeaseTimes.Longest ? record : null;
        }
        catch (JsonException)
        {
            // Not readable: it counts until its age says otherwise.
            return null;
        }
    }
}

/// <summary>A lease as found in a repository.</summary>
/// <param name="Id">Id.</param>
/// <param name="Mode">Mode.</param>
/// <param name="Record">Content; null when not readable.</param>
/// <param name="Keys">Its objects.</param>
/// <param name="IsLive">False when its holder is gone or it has expired.</param>
internal sealed record FoundLease(string Id, LeaseMode Mode, LeaseRecord? Record, IReadOnlyList<string> Keys, bool IsLive);

/// <summary>Times of a lease.</summary>
/// <param name="Length">A holder that is not heard of for this long has lost it.</param>
/// <param name="Renew">How often it is renewed.</param>
/// <param name="Skew">How far clocks may be apart.</param>
/// <param name="Yield">How long the one that goes first waits for the other to step back.</param>
internal sealed record LeaseTimes(TimeSpan Length, TimeSpan Renew, TimeSpan Skew, TimeSpan Yield)
{
    /// <summary>What is used.</summary>
    public static readonly LeaseTimes Default = new(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(15));

    /// <summary>A lease that claims to last longer is none of ours.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);
}
