using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Proves each copy of the ledger: every record as it was written, each following the one before, and all copies saying the same.</summary>
internal sealed class EvidenceVerifier(CatalogContext catalog, EvidenceLedger ledger)
{
    /// <summary>One verdict for each copy: the state directory's, then each repository's. Reads only.</summary>
    public async IAsyncEnumerable<EvidenceVerdict> VerifyAsync([EnumeratorCancellation] CancellationToken ct)
    {
        Outages outages = new(catalog.Host);
        IReadOnlyList<EvidenceCopy> copies = await ledger.CopiesAsync(outages, ct).ConfigureAwait(false);
        EvidenceChain whole = EvidenceChain.Of(copies.SelectMany(c => c.Files));
        foreach (IRepository place in catalog.Repositories.Prepend(ledger.State))
        {
            EvidenceCopy? copy = copies.FirstOrDefault(c => c.Place == place);
            yield return copy is not null ? Judge(copy, whole) : Unread(place, outages.Why(place));
        }
    }

    private EvidenceVerdict Unread(IRepository place, Exception? why)
    {
        // The state directory of a host that never did anything has no ledger yet.
        bool none = place == ledger.State && why is DrpException { Code: DrpError.RepositoryMissing };
        return new()
        {
            Plan = catalog.PlanPath,
            Copy = place.Name,
            Verdict = CheckVerdict.Skipped,
            Records = 0,
            Problems = [none ? CatalogTexts.EvidenceNone : why?.Message ?? ""],
        };
    }

    private EvidenceVerdict Judge(EvidenceCopy copy, EvidenceChain whole)
    {
        EvidenceChain chain = EvidenceChain.Of(copy.Files);
        HashSet<string> there = [.. copy.Files.Select(f => f.Record.Digest)];
        List<string> failed = [.. copy.Bad.Select(b => b.Problem), .. chain.Problems];
        List<string> warned = [];
        long head = chain.Head?.Record.Sequence ?? 0;
        // Records that other copies have: missing at the end is “not there yet”; in between the chain's own problems tell it already.
        long behind = whole.Main.Count(f => f.Record.Sequence > head && !there.Contains(f.Record.Digest));
        if (behind > 0)
        {
            warned.Add(Text.Of(CatalogTexts.EvidenceBehind, behind));
        }

        Dictionary<long, string> agreed = whole.Main.ToDictionary(f => f.Record.Sequence, f => f.Record.Digest);
        failed.AddRange(chain.Main.Where(f => agreed.TryGetValue(f.Record.Sequence, out string? digest) && digest != f.Record.Digest && !there.Contains(digest))
            .Select(f => Text.Of(CatalogTexts.EvidenceDisagrees, f.Record.Sequence)));
        warned.AddRange(chain.Forks.Select(f => Text.Of(CatalogTexts.EvidenceFork, f.Record.Sequence)));
        return new()
        {
            Plan = catalog.PlanPath,
            Copy = copy.Place.Name,
            Verdict = failed.Count > 0 ? CheckVerdict.Failed : warned.Count > 0 ? CheckVerdict.Warning : CheckVerdict.Ok,
            Records = chain.Main.Count,
            Head = chain.Head?.Record.Digest,
            Problems = [.. failed, .. warned],
        };
    }
}
