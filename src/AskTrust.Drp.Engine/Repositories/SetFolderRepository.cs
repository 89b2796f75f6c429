using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>One folder of files as a repository that holds nothing but them, below one prefix: a set that somebody copied out of its repository. Read only.</summary>
/// <param name="files">The folder, as a repository.</param>
/// <param name="prefix">What its keys begin with; ends in <c>/</c>.</param>
internal sealed class SetFolderRepository(IRepository files, string prefix) : IRepository
{
    /// <inheritdoc/>
    public string Name => files.Name;

    /// <inheritdoc/>
    public string Location => files.Location;

    /// <inheritdoc/>
    public bool IsReadOnly => true;

    /// <inheritdoc/>
    public Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct) => new ReadOnlyRepository(files).CreateAsync(key, expectedSize, ct);

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct) =>
        Inner(key) is { } inner ? files.OpenReadAsync(inner, offset, length, ct) : throw new ObjectMissingException(Name, key);

    /// <inheritdoc/>
    public Task<StoredObject?> StatAsync(string key, CancellationToken ct) =>
        Inner(key) is { } inner ? StatInnerAsync(inner, key, ct) : Task.FromResult<StoredObject?>(null);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(string of, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (StoredObject each in files.ListAsync("", ct).ConfigureAwait(false))
        {
            // Plain names only: a folder of a set has no folders.
            string key = prefix + each.Key;
            if (!each.Key.Contains('/', StringComparison.Ordinal) && key.StartsWith(of, StringComparison.Ordinal)) yield return each with { Key = key };
        }
    }

    /// <inheritdoc/>
    public Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct) => new ReadOnlyRepository(files).DeleteAsync(key, ct);

    /// <inheritdoc/>
    public Task<int> SweepAsync(string of, TimeSpan olderThan, CancellationToken ct) => new ReadOnlyRepository(files).SweepAsync(of, olderThan, ct);

    /// <inheritdoc/>
    public Task<long?> FreeSpaceAsync(CancellationToken ct) => files.FreeSpaceAsync(ct);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken ct) => files.CheckAsync(ct);

    /// <inheritdoc/>
    public Task<bool> LookAsync(CancellationToken ct) => files.LookAsync(ct);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => files.DisposeAsync();

    private string? Inner(string key) => key.StartsWith(prefix, StringComparison.Ordinal) ? key[prefix.Length..] : null;

    private async Task<StoredObject?> StatInnerAsync(string inner, string key, CancellationToken ct) =>
        await files.StatAsync(inner, ct).ConfigureAwait(false) is { } found ? found with { Key = key } : null;
}
