using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>
/// Settles restores of folders that were killed. Before folders were exchanged: what was extracted goes, the targets are as they were. While they were exchanged: a folder
/// that is missing gets its restored content, and one that was not reached stays as it was.
/// </summary>
internal static class FilesSettle
{
    /// <summary>Settles one.</summary>
    /// <returns>The entry as it is now; null when it changed nothing.</returns>
    public static async Task<RestoreEntry?> RunAsync(HostContext host, RestoreEntry entry, CancellationToken ct)
    {
        List<RestoredFolder> done = [];
        foreach (RestoredFolder folder in entry.Folders!)
        {
            bool extracted = Path.Exists(folder.Staging), there = Path.Exists(folder.Target);
            if (entry.Swapping && folder.Merge is { } list && there)
            {
                new FilesMerge(folder, list).Run();
                await FilesExtraction.RemoveAsync(host, folder.Staging, ct).ConfigureAwait(false);
                host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.SettledForward, entry.RestoreId, folder.Target));
                done.Add(folder);
            }
            else if (entry.Swapping && extracted && !there)
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

        return done.Count == 0 ? null : entry with { Folders = [.. done.Select(f => Path.Exists(f.Previous) || f.Merge is not null ? f : f with { Previous = null })], Finished = true };
    }
}
