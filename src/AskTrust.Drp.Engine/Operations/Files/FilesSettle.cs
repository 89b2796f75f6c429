using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>
/// Settles restores of folders that were killed. Before folders were exchanged: what was extracted goes, the targets are as they were. While they were exchanged: a folder
/// that is missing gets its restored content, and one that was not reached stays as it was.
/// </summary>
internal static class FilesSettle
{
    /// <summary>Looks at every restore of this plan that did not finish.</summary>
    public static async Task RunAsync(OperationContext context, RestoreJournal journal, CancellationToken ct)
    {
        List<RestoreEntry> killed = [];
        await foreach (RestoreEntry entry in journal.AllAsync(ct).ConfigureAwait(false))
        {
            if (entry is { Finished: false, Folders: not null } && OwnerMark.Parse(entry.Owner)?.Look() == OwnerState.Gone) killed.Add(entry);
        }

        foreach (RestoreEntry entry in killed) await SettleAsync(context.Host, journal, entry, ct).ConfigureAwait(false);
    }

    private static async Task SettleAsync(HostContext host, RestoreJournal journal, RestoreEntry entry, CancellationToken ct)
    {
        List<RestoredFolder> done = [];
        foreach (RestoredFolder folder in entry.Folders!)
        {
            bool extracted = Directory.Exists(folder.Staging), there = Directory.Exists(folder.Target);
            if (entry.Swapping && extracted && !there)
            {
                Directory.Move(folder.Staging, folder.Target);
                host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.SettledForward, entry.RestoreId, folder.Target));
                done.Add(folder);
            }
            else if (extracted)
            {
                await FilesExtraction.RemoveAsync(host, folder.Staging, ct).ConfigureAwait(false);
                host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.SettledBack, entry.RestoreId, folder.Target));
            }
            else if (entry.Swapping && there)
            {
                done.Add(folder);
            }
        }

        if (done.Count == 0) journal.Forget(entry);
        else await journal.WriteAsync(entry with { Folders = [.. done.Select(f => Directory.Exists(f.Previous) ? f : f with { Previous = null })], Finished = true }, ct).ConfigureAwait(false);
    }
}
