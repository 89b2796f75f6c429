using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Local;

/// <summary>
/// The folder of one set, copied from anywhere, as a repository that is only read; sets it builds on are looked for beside it. Keys are those of a repository; only their last two
/// parts, set and name, matter.
/// </summary>
/// <param name="folder">The folder.</param>
/// <param name="set">Id of the set in it, whatever the folder is called.</param>
internal sealed class SetFolder(string folder, string set) : IRepository
{
    /// <inheritdoc/>
    public string Name => folder;

    /// <inheritdoc/>
    public string Location => folder;

    /// <inheritdoc/>
    public bool IsReadOnly => true;

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct)
    {
        if (length is not null) throw new NotSupportedException();
        try
        {
            var file = new FileStream(PathOf(key), FileMode.Open, FileAccess.Read, FileShare.Read, 256 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
            file.Seek(offset, SeekOrigin.Begin);
            return Task.FromResult<Stream>(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ObjectMissingException(Name, PathOf(key), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrpException(DrpError.Unreachable, e.Message, e) { Subject = PathOf(key) };
        }
    }

    /// <inheritdoc/>
    public Task<StoredObject?> StatAsync(string key, CancellationToken ct)
    {
        var file = new FileInfo(PathOf(key));
        return Task.FromResult(file.Exists ? new StoredObject(key, file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero)) : null);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<long?> FreeSpaceAsync(CancellationToken ct) => Task.FromResult<long?>(null);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken ct) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<bool> LookAsync(CancellationToken ct) => Task.FromResult(true);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string PathOf(string key)
    {
        string[] parts = key.Split('/');
        return parts[^2] == set ? Path.Combine(folder, parts[^1]) : Path.Combine(Path.GetDirectoryName(folder) ?? folder, parts[^2], parts[^1]);
    }
}
