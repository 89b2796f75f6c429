using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>Lets nothing be written or deleted: a mirror that the plan only reads.</summary>
internal sealed class ReadOnlyRepository(IRepository inner) : IRepository
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public string Location => inner.Location;

    /// <inheritdoc/>
    public bool IsReadOnly => true;

    /// <inheritdoc/>
    public Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct) => throw Refused(RepositoryKey.Check(key));

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct) => inner.OpenReadAsync(key, offset, length, ct);

    /// <inheritdoc/>
    public Task<StoredObject?> StatAsync(string key, CancellationToken ct) => inner.StatAsync(key, ct);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct) => inner.ListAsync(prefix, ct);

    /// <inheritdoc/>
    public Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct) => throw Refused(RepositoryKey.Check(key));

    /// <inheritdoc/>
    public Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct) => throw Refused(prefix);

    /// <inheritdoc/>
    public Task<long?> FreeSpaceAsync(CancellationToken ct) => inner.FreeSpaceAsync(ct);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken ct) => inner.CheckAsync(ct);

    /// <inheritdoc/>
    public Task<bool> LookAsync(CancellationToken ct) => inner.LookAsync(ct);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private DrpException Refused(string subject) => new(DrpError.PlanInvalid, Text.Of(RepositoriesTexts.ReadOnly, inner.Name, subject))
    {
        Hint = RepositoriesTexts.ReadOnlyHint,
        Subject = inner.Name,
    };
}
