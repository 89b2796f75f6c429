namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// A lock between runs on this machine: a file of the state directory, held by the kernel on behalf of the process, so that
/// it is free again the moment the holder ends, however it ends.
/// </summary>
internal sealed class LocalLock : IDisposable
{
    private readonly FileStream _file;
    private readonly string _holder;

    private LocalLock(FileStream file, string holder) => (_file, _holder) = (file, holder);

    /// <summary>Takes the lock, waiting for it at most so long.</summary>
    /// <param name="host">Clock and state directory.</param>
    /// <param name="name">Name: letters, digits, <c>-</c>, <c>_</c>, <c>.</c>.</param>
    /// <param name="purpose">Shown to whoever finds it taken, e.g. <c>backup of shop</c>.</param>
    /// <param name="wait">How long to wait; zero = not at all.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Locked"/>: taken; names the holder.</exception>
    public static Task<LocalLock> TakeAsync(HostContext host, string name, string purpose, TimeSpan wait, CancellationToken ct) =>
        TakeAsync(host, name, Path.Combine(host.Temp.StateFolder("locks"), name + ".lock"), purpose, wait, ct);

    /// <summary>Takes the lock of a folder that is in use by one run at a time, whatever its state directory: a file beside it.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Locked"/>: taken; names the holder.</exception>
    public static Task<LocalLock> TakeBesideAsync(HostContext host, string folder, string purpose, CancellationToken ct) =>
        TakeAsync(host, folder, folder + ".lock", purpose, TimeSpan.Zero, ct);

    private static async Task<LocalLock> TakeAsync(HostContext host, string name, string path, string purpose, TimeSpan wait, CancellationToken ct)
    {
        string holder = path + ".holder";
        long start = host.Clock.GetTimestamp();
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return await TellAsync(file, holder, $"{OwnerMark.Current}\n{purpose}\n{host.Clock.GetUtcNow():O}", ct).ConfigureAwait(false);
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException) && !DiskFull.Is(e))
            {
                if (host.Clock.GetElapsedTime(start) >= wait) throw Taken(name, holder, e);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), host.Clock, ct).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The lock file itself stays: deleting it would let two processes lock two files of one name.
        File.Delete(_holder);
        _file.Dispose();
    }

    /// <summary>Writes who holds it. A disk without room for that is no lock that somebody else holds.</summary>
    private static async Task<LocalLock> TellAsync(FileStream file, string holder, string text, CancellationToken ct)
    {
        try
        {
            await File.WriteAllTextAsync(holder, text, ct).ConfigureAwait(false);
            return new LocalLock(file, holder);
        }
        catch (Exception e)
        {
            await file.DisposeAsync().ConfigureAwait(false);
            if (DiskFull.Is(e)) throw DiskFull.Error(holder, e);
            throw;
        }
    }

    private static DrpException Taken(string name, string holder, IOException cause)
    {
        string who = HostTexts.UnknownHolder;
        try
        {
            string[] lines = File.ReadAllLines(holder);
            if (lines.Length >= 3 && OwnerMark.Parse(lines[0]) is { } owner)
                who = Text.Of(HostTexts.Holder, owner.ProcessId, owner.Host, lines[1], lines[2]);
        }
        catch (IOException)
        {
            // Not written yet, or just released: the lock was taken all the same.
        }

        return new DrpException(DrpError.Locked, Text.Of(HostTexts.LockTaken, name, who), cause)
        {
            Subject = name, Hint = HostTexts.WaitForLock, IsTransient = true,
        };
    }
}
