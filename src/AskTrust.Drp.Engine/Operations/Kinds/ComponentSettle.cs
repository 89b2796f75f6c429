using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Kinds;

/// <summary>Settles restores of components that were killed; the next restore or undo begins with it.</summary>
internal static class ComponentSettle
{
    /// <summary>Looks at every restore of this plan that did not finish.</summary>
    public static async Task RunAsync(OperationContext context, RestoreJournal journal, CancellationToken ct)
    {
        List<RestoreEntry> killed = [];
        await foreach (RestoreEntry entry in journal.AllAsync(ct).ConfigureAwait(false))
        {
            if (!entry.Finished && ComponentKinds.Of(context, entry) is not null && OwnerMark.Parse(entry.Owner)?.Look() == OwnerState.Gone) killed.Add(entry);
        }

        foreach (RestoreEntry entry in killed)
        {
            try
            {
                if (await ComponentKinds.Of(context, entry)!.SettleAsync(entry, ct).ConfigureAwait(false) is { } settled) await journal.WriteAsync(settled, ct).ConfigureAwait(false);
                else journal.Forget(entry);
            }
            catch (DrpException e)
            {
                // Its container may be gone, or the engine not answer: that keeps nobody from restoring something else, and the next run tries again.
                context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.NotSettled, entry.RestoreId, entry.Component, e.Message));
            }
        }
    }
}
