using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Local;

/// <summary>How an object gets its name; <see cref="Auto"/> tries them in this order until the file system can do one.</summary>
internal enum PublishBy
{
    /// <summary>The best that the file system offers.</summary>
    Auto,

    /// <summary>Rename that refuses to replace.</summary>
    Rename,

    /// <summary>A claim file made exclusively, then a look, then a rename: for file systems with neither of the others.</summary>
    Claim,
}

/// <summary>
/// Objects as files below a folder, local or mounted. A new one is written under a temporary name beside its place, made
/// durable, and only then given its name in a way that cannot replace anything (also over NFS). Symbolic links inside the
/// repository are neither followed nor listed: whoever can write there must not lead us out of it.
/// </summary>
/// <param name="name">Name in the plan.</param>
/// <param name="path">The folder.</param>
/// <param name="clock">The clock.</param>
/// <param name="publishBy">How objects get their names.</param>
/// <param name="state">State directory that remembers the folder; null = a folder that is not remembered.</param>
internal sealed class DirectoryRepository(string name, string path, TimeProvider clock, PublishBy publishBy = PublishBy.Auto, TempSpace? state = null) : IRepository
{
    private static readonly TimeSpan s_readPatience = TimeSpan.FromMinutes(2);
    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
    private readonly FolderMemory? _memory = state is null ? null : new FolderMemory(state, Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    /// <summary>Opens the repository of a plan.</summary>
    public static Task<IRepository> OpenAsync(DirectoryRepositoryPlan plan, HostContext host, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult<IRepository>(new DirectoryRepository(plan.Name, plan.Path, host.Clock, state: host.Temp));
    }

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Location => _root;

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct)
    {
        string file = PathOf(key);
        return CallAsync<ISink>(RepositoryAction.Write, key, () =>
        {
            if (File.Exists(file)) throw new ObjectExistsException(name, key);
            string folder = Path.GetDirectoryName(file)!;
            for (int attempt = 0; ; attempt++)
            {
                MakeFolders(folder);
                try
                {
                    var sink = new DirectorySink(this, key, file, publishBy);
                    _memory?.Keep();
                    return sink;
                }
                catch (DirectoryNotFoundException) when (attempt < 3 && Directory.Exists(_root))
                {
                    // A deletion took the empty folder away between the two steps.
                }
            }
        }, ct);
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        string file = PathOf(key);
        return CallAsync<Stream>(RepositoryAction.Read, key, () =>
        {
            RefuseLinks(file);
            if (!File.Exists(file)) throw Missing(key);
            var stream = new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                Options = FileOptions.SequentialScan | FileOptions.Asynchronous,
                BufferSize = 0,
            });
            stream.Position = offset;
            return new ExactStream(stream, length ?? Math.Max(0, stream.Length - offset), name, key, s_readPatience, e => Translate(e, RepositoryAction.Read, key));
        }, ct);
    }

    /// <inheritdoc/>
    public Task<StoredObject?> StatAsync(string key, CancellationToken ct)
    {
        string file = PathOf(key);
        return CallAsync(RepositoryAction.Read, key, () =>
        {
            RefuseLinks(file);
            var info = new FileInfo(file);
            if (info.Exists) return new StoredObject(key, info.Length, new DateTimeOffset(info.LastWriteTimeUtc));
            return Directory.Exists(_root) ? (StoredObject?)null : throw FolderMissing();
        }, ct);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        RepositoryKey.CheckPrefix(prefix);
        await CallAsync(RepositoryAction.List, prefix, () => _memory?.IsLost() == true ? throw FolderMissing() : true, ct).ConfigureAwait(false);
        await foreach (FolderEntry found in WalkAsync(new DirectoryWalk(_root, prefix, temporaryToo: false), prefix, ct).ConfigureAwait(false))
            yield return new StoredObject(found.Key, found.Size, found.Modified);
    }

    /// <inheritdoc/>
    public Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct)
    {
        string file = PathOf(key);
        return CallAsync(RepositoryAction.Delete, key, () =>
        {
            RefuseLinks(file);
            try
            {
                File.Delete(file);
            }
            catch (DirectoryNotFoundException) when (Directory.Exists(_root))
            {
                return DeleteOutcome.Deleted;
            }
            catch (UnauthorizedAccessException)
            {
                // Also what chattr +i and read-only snapshots answer.
                return DeleteOutcome.Retained;
            }

            RemoveEmptyFolders(Path.GetDirectoryName(file)!);
            return DeleteOutcome.Deleted;
        }, ct);
    }

    /// <inheritdoc/>
    public async Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct)
    {
        RepositoryKey.CheckPrefix(prefix);
        DateTimeOffset before = clock.GetUtcNow() - olderThan;
        // Leftovers lie beside what they were to become: in every folder that can hold keys of this prefix.
        string folder = prefix[..(prefix.LastIndexOf('/') + 1)];
        int removed = 0;
        await foreach (FolderEntry found in WalkAsync(new DirectoryWalk(_root, folder, temporaryToo: true), prefix, ct).ConfigureAwait(false))
        {
            if (!found.IsLeftoverOf(prefix) || found.Modified > before) continue;
            string file = Path.Join(_root, found.Key);
            await CallAsync(RepositoryAction.Delete, prefix, () =>
            {
                File.Delete(file);
                RemoveEmptyFolders(Path.GetDirectoryName(file)!);
                return true;
            }, ct).ConfigureAwait(false);
            removed++;
        }

        return removed;
    }

    /// <inheritdoc/>
    public Task<long?> FreeSpaceAsync(CancellationToken ct) => CallAsync<long?>(RepositoryAction.Open, _root, () =>
        Directory.Exists(_root) ? new DriveInfo(_root).AvailableFreeSpace : throw FolderMissing(), ct);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken ct) => CallAsync(RepositoryAction.Open, _root, () =>
    {
        if (!IsThere()) MakeFolder(_root);
        using (DirectorySink.CreateFile(Path.Join(_root, RepositoryKey.NewTemporaryName()), FileOptions.DeleteOnClose))
        {
            // Made and gone again: the folder can be written to.
        }

        return true;
    }, ct);

    /// <inheritdoc/>
    public Task<bool> LookAsync(CancellationToken ct) => CallAsync(RepositoryAction.Open, _root, () =>
    {
        bool there = IsThere();
        if (!there && File.Exists(_root)) throw new IOException(Text.Of(RepositoriesTexts.NotAFolder, _root));
        FileSystemCalls.RequireWritable(there ? _root : Path.GetDirectoryName(_root)!);
        return there;
    }, ct);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal ObjectMissingException Missing(string key) => Directory.Exists(_root) ? new ObjectMissingException(name, key) : throw FolderMissing();

    internal DrpException FolderMissing()
    {
        bool lost = _memory?.IsLost() == true;
        string message = Text.Of(lost ? RepositoriesTexts.FolderLost : RepositoriesTexts.FolderMissing, name, _root);
        return new(DrpError.RepositoryMissing, message) { Hint = lost ? Text.Of(RepositoriesTexts.FolderLostHint, _memory!.File) : RepositoriesTexts.FolderMissingHint, Subject = name };
    }

    /// <summary>Runs blocking file work on the pool, where a caller that was cancelled can leave a hanging mount behind.</summary>
    internal async Task<T> CallAsync<T>(RepositoryAction action, string subject, Func<T> work, CancellationToken ct)
    {
        Task<T> running = Task.Run(work, ct);
        try
        {
            return await running.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = running.ContinueWith(late => late.Result is IAsyncDisposable unwanted ? unwanted.DisposeAsync().AsTask() : Task.CompletedTask,
                CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
        catch (Exception e) when (Translate(e, action, subject) is { } ours)
        {
            throw ours;
        }
    }

    internal DrpException? Translate(Exception e, RepositoryAction action, string subject) => e switch
    {
        IOException io when DiskFull.Is(io) => RepositoryErrors.NoSpace(name, subject, e),
        DirectoryNotFoundException when !Directory.Exists(_root) => FolderMissing(),
        UnauthorizedAccessException => RepositoryErrors.Make(DrpError.Failed, action, name, subject, e.Message, e, RepositoriesTexts.RightsHint),
        // EIO, ETIMEDOUT, EHOSTUNREACH, ESTALE: a network file system that is away for the moment.
        IOException { HResult: 5 or 110 or 113 or 116 } => RepositoryErrors.Make(DrpError.Unreachable, action, name, subject, e.Message, e, RepositoriesTexts.NetworkHint, transient: true),
        IOException and not EndOfStreamException => RepositoryErrors.Make(DrpError.Failed, action, name, subject, e.Message, e),
        _ => null,
    };

    private async IAsyncEnumerable<FolderEntry> WalkAsync(DirectoryWalk walk, string subject, [EnumeratorCancellation] CancellationToken ct)
    {
        while (!walk.IsDone)
        {
            foreach (FolderEntry found in await CallAsync(RepositoryAction.List, subject, () => walk.Read(ct), ct).ConfigureAwait(false)) yield return found;
        }
    }

    /// <summary>False when the folder is ours to make: only the last one, since a missing parent rather means that something is not mounted.</summary>
    private bool IsThere()
    {
        if (_memory?.IsLost() == true) throw FolderMissing();
        if (Directory.Exists(_root)) return true;
        return Directory.Exists(Path.GetDirectoryName(_root)) ? false : throw FolderMissing();
    }

    private string PathOf(string key) => Path.Join(_root, RepositoryKey.Check(key));

    /// <summary>Throws when a part of the path below the root is a symbolic link.</summary>
    private void RefuseLinks(string file)
    {
        for (string part = file; part.Length > _root.Length; part = Path.GetDirectoryName(part)!)
        {
            if (new FileInfo(part).LinkTarget is not null) throw new IOException(Text.Of(RepositoriesTexts.SymbolicLink, part));
        }
    }

    private void MakeFolders(string folder)
    {
        if (folder.Length < _root.Length || !Directory.Exists(_root)) throw FolderMissing();
        RefuseLinks(folder);
        if (Directory.Exists(folder)) return;
        MakeFolders(Path.GetDirectoryName(folder)!);
        MakeFolder(folder);
    }

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        FileSystemCalls.SyncFolder(Path.GetDirectoryName(folder)!);
    }

    /// <summary>All but the uppermost, a plan's own: a folder that has held objects is never empty by our doing, so an empty one is a disk that is not mounted.</summary>
    private void RemoveEmptyFolders(string folder)
    {
        try
        {
            for (; folder.IndexOf(Path.DirectorySeparatorChar, _root.Length + 1) > 0; folder = Path.GetDirectoryName(folder)!) Directory.Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not empty, or gone already: an empty folder more or less harms nobody.
        }
    }
}
