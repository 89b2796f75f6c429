using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>What a set must be like for another to build on it, whatever it is of. Pure.</summary>
internal static class ChainRules
{
    /// <summary>A run that begins a little earlier than the one a period ago shall not wait one more period.</summary>
    private static readonly TimeSpan s_early = TimeSpan.FromHours(1);

    /// <summary>True when everything has to be saved once more.</summary>
    /// <param name="period">How often.</param>
    /// <param name="full">When it was the last time.</param>
    /// <param name="now">The clock.</param>
    public static bool IsDue(TimeSpan period, DateTimeOffset full, DateTimeOffset now)
    {
        TimeSpan age = now - full, slack = period / 20 < s_early ? period / 20 : s_early;
        return age >= period - slack || age < -s_early;
    }

    /// <summary>The first repository of a run that lacks a set of the chain, or knows bad of it; null when each has all. Only then can what builds on it be restored.</summary>
    public static (string Repository, string Set)? Lacking(CatalogSnapshot snapshot, IReadOnlyCollection<IRepository> repositories, IReadOnlyList<ChainLink> chain)
    {
        foreach (RepositorySnapshot held in snapshot.Repositories.Where(r => repositories.Contains(r.Repository)))
        {
            ILookup<string, StoredSet> sets = held.Sets.ToLookup(s => s.Id.ToString(), StringComparer.Ordinal);
            ChainLink? lacking = chain.FirstOrDefault(l => !sets[l.Set].Any(s =>
                s.State == SetState.Complete && s.Summary!.ManifestSha256 == l.Manifest && !snapshot.IsKnownBad(s.Id, held.Repository.Name)));
            if (lacking is not null) return (held.Repository.Name, lacking.Set);
        }

        return null;
    }

    /// <summary>True when whoever can decrypt one can decrypt the other.</summary>
    public static bool SameKeys(IReadOnlyList<string> one, IReadOnlyList<string> other) => one.Order(StringComparer.Ordinal).SequenceEqual(other.Order(StringComparer.Ordinal));
}
