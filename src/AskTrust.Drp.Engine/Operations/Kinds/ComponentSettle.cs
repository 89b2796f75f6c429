using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Kinds;

/// <summary>Settles restores of components that were killed, or could not be put back; the next restore or undo begins with it.</summary>
internal static class ComponentSettle
{
    /// <summary>Every restore of this plan that did not finish and that nobody is busy with, newest first.</summary>
    public static async Task<IReadOnlyList<RestoreEntry>> FindAsync(OperationContext context, RestoreJournal journal, CancellationToken ct)
    {
        List<RestoreEntry> killed = [];
        await foreach (RestoreEntry entry in journal.AllAsync(ct).ConfigureAwait(false))
        {
            if (!entry.Finished && ComponentKinds.Of(context, entry) is not null && (entry.Abandoned || OwnerMark.Parse(entry.Owner)?.Look() == OwnerState.Gone)) killed.Add(entry);
        }

        return killed;
    }

    /// <summary>Settles all of them. What cannot be settled now keeps nobody from restoring something else, and the next run tries again.</summary>
    /// <returns>Each, and why it could not be settled (null: it was).</returns>
    public static async Task<IReadOnlyList<(RestoreEntry Entry, DrpException? Error)>> RunAsync(OperationContext context, RestoreJournal journal, CancellationToken ct)
    {
        List<(RestoreEntry, DrpException?)> settled = [];
        foreach (RestoreEntry entry in await FindAsync(context, journal, ct).ConfigureAwait(false))
        {
            try
            {
                RestoreEntry? now = await ComponentKinds.Of(context, entry)!.SettleAsync(entry, ct).ConfigureAwait(false);
                if (now is null) journal.Forget(entry);
                else await journal.WriteAsync(now, ct).ConfigureAwait(false);
                if (now is not null && entry.Undoes is { } id && await journal.FindAsync(id, ct).ConfigureAwait(false) is { } undone) await journal.WriteAsync(undone with { Undone = context.Clock.GetUtcNow() }, ct).ConfigureAwait(false);
                settled.Add((now ?? entry, null));
            }
            catch (DrpException e)
            {
                // Its container may be gone, or the engine not answer.
                context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.NotSettled, entry.RestoreId, entry.Component, e.Message));
                settled.Add((entry, e));
            }
        }

        return settled;
    }

    /// <summary>Says how one was settled.</summary>
    /// <returns>The entry as it is now; null when everything is as before.</returns>
    public static RestoreEntry? Told(OperationContext context, RestoreEntry killed, bool onward, string target)
    {
        string text = !onward ? OperationsTexts.SettledBack : killed.Undoes is null ? OperationsTexts.SettledForward : OperationsTexts.SettledUndo;
        context.Host.Say(DrpEventLevel.Warning, Text.Of(text, killed.RestoreId, target));
        return onward ? killed with { Finished = true, Incoming = null } : null;
    }
}
