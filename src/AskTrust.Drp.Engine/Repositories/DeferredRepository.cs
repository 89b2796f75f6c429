using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>
/// A repository that is opened at its first use. A secret that cannot be found is then the failure of this repository alone, and what
/// needs no repository (showing the plan) needs no secret.
/// </summary>
/// <param name="plan">The repository as the plan has it.</param>
/// <param name="location">Where it is, for people, as far as the plan tells.</param>
/// <param name="open">Opens it.</param>
internal sealed class DeferredRepository(RepositoryPlan plan, string location, Func<CancellationToken, Task<IRepository>> open) : IRepository
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private IRepository? _opened;

    public string Name => plan.Name;

    public string Location => _opened?.Location ?? location;

    public bool IsReadOnly => plan.ReadOnly;

    public async Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct) =>
        await (await OpenAsync(ct).ConfigureAwait(false)).CreateAsync(key, expectedSize, ct).ConfigureAwait(false);

    public async Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct) =>
        await (await OpenAsync(ct).ConfigureAwait(false)).OpenReadAsync(key, offset, length, ct).ConfigureAwait(false);

    public async Task<StoredObject?> StatAsync(string key, CancellationToken ct) =>
        await (await OpenAsync(ct).ConfigureAwait(false)).StatAsync(key, ct).ConfigureAwait(false);

    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        IRepository repository = await OpenAsync(ct).ConfigureAwait(false);
        await foreach (var found in repository.ListAsync(prefix, ct).ConfigureAwait(false)) yield return found;
    }

    public async Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct) =>
        await (await OpenAsync(ct).ConfigureAwait(false)).DeleteAsync(key, ct).ConfigureAwait(false);

    public async Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct) =>
        await (await OpenAsync(ct).ConfigureAwait(false)).SweepAsync(prefix, olderThan, ct).ConfigureAwait(false);

    public async Task<long?> FreeSpaceAsync(CancellationToken ct) =>
        await (await OpenAsync(ct).ConfigureAwait(false)).FreeSpaceAsync(ct).ConfigureAwait(false);

    public async Task CheckAsync(CancellationToken ct) =>
        await (await OpenAsync(ct).ConfigureAwait(false)).CheckAsync(ct).ConfigureAwait(false);

    public async Task<bool> LookAsync(CancellationToken ct) =>
        await (await OpenAsync(ct).ConfigureAwait(false)).LookAsync(ct).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        if (_opened is not null) await _opened.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private async Task<IRepository> OpenAsync(CancellationToken ct)
    {
        if (_opened is not null) return _opened;
        await _gate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            return _opened ??= await open(ct).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }
}
