namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Gives the files of a cluster that stands in a folder to a receiver, as <see cref="BaseExtraction"/> does with those of an archive.</summary>
internal sealed class FolderFeed(IBaseReceiver receiver)
{
    /// <summary>Runs.</summary>
    /// <param name="from">A folder of this machine.</param>
    /// <param name="to">What it becomes.</param>
    /// <param name="ct">Cancels.</param>
    public async Task RunAsync(string from, string to, CancellationToken ct)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            ct.ThrowIfCancellationRequested();
            string path = $"{to}/{entry.Name}";
            UnixFileMode mode = OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(entry.FullName);
            if (entry.LinkTarget is not null) continue; // Of tablespaces: they are elsewhere now.
            if (entry is DirectoryInfo)
            {
                await receiver.FolderAsync(path, mode, ct).ConfigureAwait(false);
                await RunAsync(entry.FullName, path, ct).ConfigureAwait(false);
                continue;
            }

            var data = new FileStream(entry.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using var _ = data.ConfigureAwait(false);
            bool control = path.EndsWith("/" + TarScanner.ControlFile, StringComparison.Ordinal);
            await receiver.FileAsync(control ? path + IBaseReceiver.Waiting : path, mode, data.Length == 0 ? null : data, data.Length, _ => { }, ct).ConfigureAwait(false);
        }
    }
}
