using System.IO.Enumeration;

namespace AskTrust.Drp.Engine.Repositories.Local;

/// <summary>
/// Walks folders in the ordinal order of whole keys, many at a time: one hop to the pool for each of ten thousand small folders would cost more
/// than reading them. Links are left out: what they lead to is not part of the repository.
/// </summary>
/// <param name="root">The repository.</param>
/// <param name="prefix">Beginning of keys.</param>
/// <param name="temporaryToo">True: also names of unfinished objects.</param>
internal sealed class DirectoryWalk(string root, string prefix, bool temporaryToo)
{
    private const int MostFolders = 256;
    private static readonly EnumerationOptions s_noLinks = new() { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
    private readonly Stack<FolderEntry> _pending = new([new FolderEntry(prefix[..(prefix.LastIndexOf('/') + 1)], IsFolder: true, 0, default)]);
    private int _folders = 1;

    /// <summary>True when there is nothing more to read.</summary>
    public bool IsDone => _pending.Count == 0;

    /// <summary>Reads a few folders, more each time: whoever wants only the first keys waits for no others.</summary>
    /// <returns>The next files; there may be none before the walk is done.</returns>
    public List<FolderEntry> Read(CancellationToken ct)
    {
        List<FolderEntry> files = [];
        for (int folders = _folders; _pending.TryPop(out FolderEntry? entry);)
        {
            if (!entry.IsFolder)
            {
                files.Add(entry);
                continue;
            }

            ct.ThrowIfCancellationRequested();
            List<FolderEntry> found = ReadFolder(entry.Key);
            // "a-b" comes before "a/x", which comes before "a0": a folder sorts with its slash.
            found.Sort(static (a, b) => string.CompareOrdinal(b.Key, a.Key));
            foreach (FolderEntry child in found) _pending.Push(child);
            if (--folders == 0) break;
        }

        // What lies on top is known already; handing it out now saves a hop.
        while (_pending.TryPeek(out FolderEntry? next) && !next.IsFolder) files.Add(_pending.Pop());
        _folders = Math.Min(_folders * 2, MostFolders);
        return files;
    }

    private List<FolderEntry> ReadFolder(string folder)
    {
        try
        {
            FileSystemEnumerable<FolderEntry> entries = new(
                Path.Join(root, folder),
                (ref FileSystemEntry e) => e.IsDirectory
                    ? new FolderEntry(string.Concat(folder, e.FileName, "/"), IsFolder: true, 0, default)
                    : new FolderEntry(string.Concat(folder, e.FileName), IsFolder: false, e.Length, e.LastWriteTimeUtc),
                s_noLinks)
            {
                ShouldIncludePredicate = (ref FileSystemEntry e) => RepositoryKey.IsLegalSegment(e.FileName) || (temporaryToo && RepositoryKey.IsTemporary(e.FileName)),
            };
            List<FolderEntry> found = [];
            foreach (FolderEntry entry in entries)
            {
                if (entry.IsWithin(prefix)) found.Add(entry);
            }

            return found;
        }
        catch (DirectoryNotFoundException) when (Directory.Exists(root))
        {
            // No such folder: nothing has that prefix. Or it was just deleted: then it is gone with all it held.
            return [];
        }
    }
}
