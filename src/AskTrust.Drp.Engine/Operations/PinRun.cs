using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Catalog;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Pins sets against retention, or lifts their pins, in every repository, and records it.</summary>
internal sealed class PinRun(OperationContext context, PinOptions options)
{
    /// <summary>Runs; each set as it is afterwards.</summary>
    public async IAsyncEnumerable<BackupSet> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        var reader = new CatalogReader(context.Catalog);
        CatalogSnapshot snapshot = await reader.ReadAsync(ct).ConfigureAwait(false);
        foreach (var set in reader.Find(snapshot, new BackupFilter { Ids = options.Ids }))
        {
            if (!options.DryRun && set.Set.Pinned != options.Pinned)
            {
                await new Memory(context.Catalog).PinAsync(snapshot, set.Id, options.Pinned, options.Reason, ct).ConfigureAwait(false);
                await context.RecordAsync(options.Pinned ? "pin" : "unpin", set.Set.Id, RunStatus.Succeeded, DrpError.None, phases, new(StringComparer.Ordinal) { ["reason"] = options.Reason ?? "" }, ct).ConfigureAwait(false);
            }

            yield return set.Set with { Pinned = options.Pinned };
        }
    }
}
