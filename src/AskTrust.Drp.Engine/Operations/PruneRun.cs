using System.Globalization;
using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Deletes sets, by policy or by name, and records what was deleted.</summary>
internal sealed class PruneRun(OperationContext context)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);

    /// <summary>Applies retention.</summary>
    public IAsyncEnumerable<RetentionDecision> RetainAsync(RetentionOptions options, CancellationToken ct) =>
        RecordAsync("retention", options.DryRun, BothAsync(options, ct), ct);

    /// <summary>Deletes sets by name.</summary>
    public IAsyncEnumerable<RetentionDecision> RemoveAsync(RemoveOptions options, CancellationToken ct) =>
        RecordAsync("remove", options.DryRun, new Pruner(context.Catalog).RemoveAsync(options, ct), ct);

    private async IAsyncEnumerable<RetentionDecision> BothAsync(RetentionOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var decision in new Pruner(context.Catalog).RetainAsync(options, context.Plan.Jobs, ct).ConfigureAwait(false)) yield return decision;
        await foreach (var decision in new WalPrune(context, options).RunAsync(ct).ConfigureAwait(false)) yield return decision;
    }

    private async IAsyncEnumerable<RetentionDecision> RecordAsync(string operation, bool dryRun, IAsyncEnumerable<RetentionDecision> decisions, [EnumeratorCancellation] CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        List<RetentionDecision> done = [];
        try
        {
            await foreach (var decision in decisions.WithCancellation(ct).ConfigureAwait(false))
            {
                done.Add(decision);
                yield return decision;
            }
        }
        finally
        {
            // Also when the caller stopped in the middle: what was deleted was deleted.
            if (!dryRun && done.Count > 0)
            {
                using var brief = new CancellationTokenSource(s_brief);
                bool whole = done.All(d => d.Action != RetentionAction.Failed);
                await context.RecordAsync(operation, context.Plan.Name, whole ? RunStatus.Succeeded : RunStatus.Incomplete, whole ? DrpError.None : DrpError.Incomplete, phases, new(StringComparer.Ordinal)
                {
                    ["deleted"] = Names(done, RetentionAction.Delete),
                    ["retained"] = Names(done, RetentionAction.Retained),
                    ["failed"] = Names(done, RetentionAction.Failed),
                    ["kept"] = done.Count(d => d.Action == RetentionAction.Keep).ToString(CultureInfo.InvariantCulture),
                }, brief.Token).ConfigureAwait(false);
            }
        }
    }

    private static string Names(List<RetentionDecision> decisions, RetentionAction action) =>
        string.Join(", ", decisions.Where(d => d.Action == action).Select(d => $"{d.Repository}:{d.Id}"));
}
