using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// The chain in a heap of records. Pure. Two hosts that could not see each other may both have written a record of the same number: then the ledger has
/// branches. Rule, the same on every host: the chain is the longest path to the record with the highest number (of equals, the one whose digest is the
/// lowest); the next record names the ends of the other branches (<see cref="EvidenceFile.ForkFact"/>), so that they too can no longer be changed.
/// </summary>
internal sealed class EvidenceChain
{
    private EvidenceChain(IReadOnlyList<EvidenceFile> main, IReadOnlyList<string> problems, IReadOnlyList<EvidenceFile> forks)
        => (Main, Problems, Forks) = (main, problems, forks);

    /// <summary>The chain, oldest first. With gaps when records are missing.</summary>
    public IReadOnlyList<EvidenceFile> Main { get; }

    /// <summary>Records that are missing, and records that do not follow the one before them.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Ends of branches that no record of the chain names.</summary>
    public IReadOnlyList<EvidenceFile> Forks { get; }

    /// <summary>The newest record; null when there is none.</summary>
    public EvidenceFile? Head => Main.Count > 0 ? Main[^1] : null;

    /// <summary>Finds the chain.</summary>
    public static EvidenceChain Of(IEnumerable<EvidenceFile> files)
    {
        Dictionary<string, EvidenceFile> all = new(StringComparer.Ordinal);
        foreach (EvidenceFile f in files)
        {
            all.TryAdd(f.Record.Digest, f);
        }

        EvidenceFile[] descending = [.. all.Values.OrderByDescending(f => f.Record.Sequence)];
        List<EvidenceFile> main = [];
        List<string> problems = [];
        for (EvidenceFile? at = Best(descending, all, long.MaxValue); at is not null;)
        {
            main.Add(at);
            at = Before(at, descending, all, problems);
        }

        main.Reverse();
        problems.Reverse();
        return new(main, problems, Unanchored(main, all));
    }

    /// <summary>The record before; when it is missing, the best below the gap, and the gap is told.</summary>
    private static EvidenceFile? Before(EvidenceFile at, EvidenceFile[] descending, Dictionary<string, EvidenceFile> all, List<string> problems)
    {
        EvidenceRecord r = at.Record;
        if (all.TryGetValue(r.Previous, out EvidenceFile? parent) && parent.Record.Sequence == r.Sequence - 1)
        {
            return parent;
        }

        if (r.Sequence == 1)
        {
            if (r.Previous != SelfDigest.Zeros)
            {
                problems.Add(Text.Of(CatalogTexts.EvidenceNotFirst, 1));
            }

            return null;
        }

        EvidenceFile? below = Best(descending, all, r.Sequence);
        long from = (below?.Record.Sequence ?? 0) + 1;
        problems.Add(from == r.Sequence ? Text.Of(CatalogTexts.EvidenceWrongPrevious, r.Sequence)
            : from == r.Sequence - 1 ? Text.Of(CatalogTexts.EvidenceMissing, from)
            : Text.Of(CatalogTexts.EvidenceMissingRange, from, r.Sequence - 1));
        return below;
    }

    private static EvidenceFile? Best(EvidenceFile[] descending, Dictionary<string, EvidenceFile> all, long below)
    {
        EvidenceFile[] tips = [.. descending.SkipWhile(f => f.Record.Sequence >= below)];
        return tips.TakeWhile(f => f.Record.Sequence == tips[0].Record.Sequence)
            .OrderByDescending(f => Length(f, all)).ThenBy(f => f.Record.Digest, StringComparer.Ordinal).FirstOrDefault();
    }

    private static int Length(EvidenceFile tip, Dictionary<string, EvidenceFile> all)
    {
        int length = 1;
        for (EvidenceFile at = tip; all.TryGetValue(at.Record.Previous, out EvidenceFile? parent) && parent.Record.Sequence == at.Record.Sequence - 1; at = parent)
        {
            length++;
        }

        return length;
    }

    private static List<EvidenceFile> Unanchored(List<EvidenceFile> main, Dictionary<string, EvidenceFile> all)
    {
        HashSet<string> seen = [.. main.Select(f => f.Record.Digest)];
        HashSet<string> anchored = [.. main.SelectMany(f => f.Record.Facts.TryGetValue(EvidenceFile.ForkFact, out string? named) ? named.Split(',') : [])];
        HashSet<string> parents = [.. all.Values.Select(f => f.Record.Previous)];
        return
        [
            .. all.Values.Where(f => !seen.Contains(f.Record.Digest) && !anchored.Contains(f.Record.Digest) && !parents.Contains(f.Record.Digest))
                .OrderBy(f => f.Record.Sequence).ThenBy(f => f.Record.Digest, StringComparer.Ordinal),
        ];
    }
}
