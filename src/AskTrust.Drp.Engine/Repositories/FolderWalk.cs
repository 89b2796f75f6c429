using System.Runtime.CompilerServices;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>Walks a store that has folders, in the ordinal order of whole keys.</summary>
internal static class FolderWalk
{
    /// <summary>Files below a prefix.</summary>
    /// <param name="prefix">Beginning of keys.</param>
    /// <param name="read">Reads one folder (a key that ends in a slash, or nothing for the root); one that is not there is empty.</param>
    /// <param name="ct">Cancels.</param>
    public static async IAsyncEnumerable<FolderEntry> FilesAsync(
        string prefix, Func<string, CancellationToken, Task<IReadOnlyList<FolderEntry>>> read, [EnumeratorCancellation] CancellationToken ct)
    {
        var pending = new Stack<FolderEntry>();
        pending.Push(new FolderEntry(prefix[..(prefix.LastIndexOf('/') + 1)], IsFolder: true, 0, default));
        while (pending.TryPop(out FolderEntry? entry))
        {
            ct.ThrowIfCancellationRequested();
            if (!entry.IsFolder)
            {
                yield return entry;
                continue;
            }

            IReadOnlyList<FolderEntry> found = await read(entry.Key, ct).ConfigureAwait(false);
            // "a-b" comes before "a/x", which comes before "a0": a folder sorts with its slash.
            foreach (FolderEntry child in found.Where(e => e.IsWithin(prefix)).OrderByDescending(e => e.Key, StringComparer.Ordinal)) pending.Push(child);
        }
    }
}
