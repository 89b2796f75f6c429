using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>
/// Verifies the WAL of each component in each repository: every gap is named, and every object whose bytes are not what was stored. The stored bytes prove
/// themselves by their name, so the protected host can do it without a private key.
/// </summary>
internal sealed class WalVerify(OperationContext context, VerifyOptions options)
{
    /// <summary>True when the WAL is meant by what was asked: everything, or everything of a component or repository.</summary>
    private bool IsMeant => options.Filter is { Ids.Count: 0, Kind: null, Before: null, After: null, Proven: null, Latest: false };

    /// <summary>One result for each component and repository.</summary>
    public async IAsyncEnumerable<VerificationResult> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        if (!IsMeant) yield break;
        var archive = new WalArchive(context.Catalog, context.Plan.Compression, null);
        foreach (PostgreSqlPlan plan in WalComponent.All(context.Plan).Where(c => options.Filter.Component is not { } name || c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            foreach (IRepository repository in context.Catalog.Repositories.Where(r => options.Filter.Repository is not { } name || r.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                yield return await VerifyAsync(archive, plan.Name, repository, ct).ConfigureAwait(false);
        }
    }

    private async Task<VerificationResult> VerifyAsync(WalArchive archive, string component, IRepository repository, CancellationToken ct)
    {
        long start = context.Clock.GetTimestamp();
        VerificationResult result = new()
        {
            Plan = context.Plan.Path, Id = $"wal/{component}", Repository = repository.Name, Depth = options.Depth, Verdict = CheckVerdict.Ok, Time = context.Clock.GetUtcNow(),
        };
        List<string> failed = [], warned = [];
        long bytes = 0;
        WalListing listing = await archive.ListAsync(repository, null, ct).ConfigureAwait(false);
        if (listing.Error is { } error) return result with { Verdict = CheckVerdict.Failed, Code = error.Code, Problems = [error.Message] };
        foreach (WalServer server in listing.Servers.Where(s => s.Component == component))
        {
            WalTimeline line = WalTimeline.Of(listing, server.System, server.SegmentSize);
            // A hole that was made knowingly is no news; one that nobody knows of is.
            foreach (WalGap gap in line.Gaps)
                (gap.Cause == WalGapCause.Missing ? failed : warned).Add(Text.Of(OperationsTexts.WalGapFound, repository.Name, gap.First, gap.Start, gap.End, gap.Timeline));
            WalObject[] own = [.. listing.Objects.Where(o => o.System == server.System)];
            foreach (var twice in own.GroupBy(o => o.Name).Where(g => g.Select(o => o.Sha256).Distinct(StringComparer.Ordinal).Count() > 1))
                failed.Add(Text.Of(OperationsTexts.WalTwice, repository.Name, twice.Key));
            if (options.Depth == VerificationDepth.Present) continue;
            foreach (WalObject o in own)
            {
                if (await DamageAsync(o, ct).ConfigureAwait(false) is { } damage) failed.Add($"{repository.Name}: {o.Name}: {damage}");
                bytes += o.Size;
                context.Host.Observer.On(new DrpProgress(Text.Of(OperationsTexts.WalVerifying, component, repository.Name), o.Name.Text, bytes, null));
            }
        }

        return result with
        {
            Verdict = failed.Count > 0 ? CheckVerdict.Failed : warned.Count > 0 ? CheckVerdict.Warning : CheckVerdict.Ok,
            Code = failed.Count > 0 ? DrpError.VerificationFailed : DrpError.None,
            Problems = [.. failed, .. warned],
            Bytes = bytes,
            Elapsed = context.Clock.GetElapsedTime(start),
        };
    }

    private static async Task<string?> DamageAsync(WalObject o, CancellationToken ct)
    {
        try
        {
            Stream stored = await o.Repository.OpenReadAsync(o.Key, 0, null, ct).ConfigureAwait(false);
            await using var _ = stored.ConfigureAwait(false);
            string digest = Digests.Hex(await SHA256.HashDataAsync(stored, ct).ConfigureAwait(false));
            return digest.StartsWith(o.StoredSha256, StringComparison.Ordinal) ? null : Text.Of(OperationsTexts.WalDamaged, o.StoredSha256, digest[..32]);
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e))
        {
            return e.Message;
        }
    }
}
