using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>
/// A write-once object store. Keys are relative, <c>/</c>-separated, of <c>[A-Za-z0-9._-]</c> segments that are neither empty
/// nor <c>.</c> nor <c>..</c>; anything else throws <see cref="ArgumentException"/>. Thread-safe. Every method may throw
/// <see cref="DrpException"/> with <see cref="DrpException.IsTransient"/> set where trying again makes sense:
/// <see cref="DrpError.RepositoryMissing"/> (bucket, folder), <see cref="DrpError.KeyOrPassphrase"/> (credentials),
/// <see cref="DrpError.NotEnoughSpace"/>, <see cref="DrpError.Unreachable"/>, <see cref="DrpError.Failed"/>.
/// One contract suite (RepositoryContract) proves each driver.
/// </summary>
internal interface IRepository : IAsyncDisposable
{
    /// <summary>Name in the plan.</summary>
    string Name { get; }

    /// <summary>Where it is, for people; holds no secret.</summary>
    string Location { get; }

    /// <summary>Read-only by plan.</summary>
    bool IsReadOnly { get; }

    /// <summary>
    /// Begins a new object. It becomes visible, whole and durable, only with <see cref="ISink.CompleteAsync"/>; an abandoned or
    /// cancelled one never does. An object that exists is never overwritten: <see cref="ObjectExistsException"/>, at the latest on completion.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="expectedSize">Size when known; helps choosing part sizes.</param>
    /// <param name="ct">Cancels.</param>
    Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct);

    /// <summary>
    /// Reads an object, or a part of it. A range that begins at the end is empty; one that reaches beyond it ends in an
    /// <see cref="EndOfStreamException"/> after the last byte there is. The stream knows its length.
    /// </summary>
    /// <exception cref="ObjectMissingException">There is none.</exception>
    /// <exception cref="EndOfStreamException">While reading: fewer bytes came than the object has (never a silent short read).</exception>
    Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct);

    /// <summary>Size and time of an object; null when there is none.</summary>
    Task<StoredObject?> StatAsync(string key, CancellationToken ct);

    /// <summary>Objects whose key begins with the prefix (a folder prefix ends in <c>/</c>), in ordinal key order. Unfinished objects are not listed.</summary>
    IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct);

    /// <summary>Deletes an object. One that is not there counts as deleted.</summary>
    Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct);

    /// <summary>Removes what interrupted writers left behind (temporary files, multipart uploads) older than the given age. Never touches objects.</summary>
    /// <returns>How many leftovers were removed.</returns>
    Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct);

    /// <summary>Free bytes; null where the store does not tell.</summary>
    Task<long?> FreeSpaceAsync(CancellationToken ct);

    /// <summary>Makes sure that the store can be used: folder or bucket reachable and (unless read-only) writable, creating the folder where that is ours to do.</summary>
    Task CheckAsync(CancellationToken ct);

    /// <summary>What <see cref="CheckAsync"/> can tell without writing: that the store can be reached, and whether its folder is there.</summary>
    /// <returns>False when there is no folder yet and <see cref="CheckAsync"/> would make it.</returns>
    Task<bool> LookAsync(CancellationToken ct);
}

/// <summary>An object of a repository.</summary>
internal sealed record StoredObject(string Key, long Size, DateTimeOffset Modified);

/// <summary>How a deletion ended.</summary>
internal enum DeleteOutcome
{
    /// <summary>Gone (or was not there).</summary>
    Deleted,

    /// <summary>An object lock or missing right to delete holds it.</summary>
    Retained,
}

/// <summary>No object of that key.</summary>
internal sealed class ObjectMissingException : DrpException
{
    public ObjectMissingException(string repository, string key, Exception? cause = null)
        : base(DrpError.RepositoryMissing, Text.Of(RepositoriesTexts.ObjectMissing, repository, key), cause)
    {
        Key = key;
        Hint = RepositoriesTexts.ObjectMissingHint;
        Subject = repository;
    }

    /// <summary>The key.</summary>
    public string Key { get; }
}

/// <summary>An object of that key exists already: nothing is ever overwritten.</summary>
internal sealed class ObjectExistsException : DrpException
{
    public ObjectExistsException(string repository, string key, Exception? cause = null)
        : base(DrpError.Failed, Text.Of(RepositoriesTexts.ObjectExists, repository, key), cause)
    {
        Key = key;
        Hint = RepositoriesTexts.ObjectExistsHint;
        Subject = repository;
    }

    /// <summary>The key.</summary>
    public string Key { get; }
}
