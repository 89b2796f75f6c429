using System.Security.Cryptography;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// Takes leases. Rule: write the own lock object, then list; go on only when no conflicting live one is there. Of two that start at the same moment both
/// see the other: the one with the higher id takes its object back at once, the one with the lower id waits for that and goes on. One that was first,
/// and so did not see the other, never steps back; then the waiting one gives up. So at most one goes on, and when two start together exactly one.
/// </summary>
internal sealed class LeaseKeeper(CatalogContext catalog, LeaseTimes? times = null, OwnerMark? self = null)
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);
    private readonly LeaseTimes _times = times ?? LeaseTimes.Default;
    private readonly OwnerMark _self = self ?? OwnerMark.Current;

    /// <summary>Takes a lease on one repository.</summary>
    /// <returns>The lease; null for a read-only repository, which takes none.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Locked"/>, naming the holder.</exception>
    public async Task<Lease?> AcquireAsync(IRepository repository, LeaseMode mode, string operation, CancellationToken ct)
    {
        if (repository.IsReadOnly)
        {
            return null;
        }

        await RefuseOrCleanAsync(repository, mode, ct).ConfigureAwait(false);
        Lease lease = new(catalog, repository, _times, NewRecord(mode, operation));
        try
        {
            await lease.WriteAsync(ct).ConfigureAwait(false);
            await WaitForTurnAsync(lease, mode, ct).ConfigureAwait(false);
            lease.KeepAlive();
            return lease;
        }
        catch
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes leases on several repositories, in one order everywhere. One that is locked frees the others and throws; one that does not answer is told.</summary>
    public async Task<LeaseGroup> AcquireAllAsync(IEnumerable<IRepository> repositories, LeaseMode mode, string operation, CancellationToken ct)
    {
        LeaseGroup group = new();
        try
        {
            foreach (IRepository repository in repositories.OrderBy(r => r.Name, StringComparer.Ordinal))
            {
                try
                {
                    group.Add(repository, await AcquireAsync(repository, mode, operation, ct).ConfigureAwait(false));
                }
                catch (DrpException e) when (e.Code != DrpError.Locked)
                {
                    group.Add(repository, e);
                }
            }

            return group;
        }
        catch
        {
            await group.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private LeaseRecord NewRecord(LeaseMode mode, string operation)
    {
        DateTimeOffset now = catalog.Host.Clock.GetUtcNow();
#pragma warning disable CA1308 // Ids are lower-case hex.
        string id = Convert.ToHexString(RandomNumberGenerator.GetBytes(8)).ToLowerInvariant();
#pragma warning restore CA1308
        return new() { Id = id, Mode = mode, Operation = operation, Owner = _self.ToString(), User = Environment.UserName, Acquired = now, Renewed = now, Expires = now + _times.Length };
    }

    private async Task RefuseOrCleanAsync(IRepository repository, LeaseMode mode, CancellationToken ct)
    {
        foreach (FoundLease found in await LeaseReader.ListAsync(catalog, repository, ct).ConfigureAwait(false))
        {
            if (!found.IsLive)
            {
                await RemoveAsync(repository, found, ct).ConfigureAwait(false);
            }
            else if (LeaseRecord.Conflicts(found.Mode, mode))
            {
                throw Locked(repository, found);
            }
        }
    }

    private async Task WaitForTurnAsync(Lease lease, LeaseMode mode, CancellationToken ct)
    {
        long start = catalog.Host.Clock.GetTimestamp();
        while (true)
        {
            IReadOnlyList<FoundLease> found = await LeaseReader.ListAsync(catalog, lease.Repository, ct).ConfigureAwait(false);
            List<FoundLease> rivals = [.. found.Where(f => f.Id != lease.Id && f.IsLive && LeaseRecord.Conflicts(f.Mode, mode))];
            if (rivals.Count == 0)
            {
                return;
            }

            bool first = rivals.TrueForAll(r => string.CompareOrdinal(lease.Id, r.Id) < 0);
            if (!first || catalog.Host.Clock.GetElapsedTime(start) > _times.Yield)
            {
                throw Locked(lease.Repository, rivals[0]);
            }

            await Task.Delay(s_poll, catalog.Host.Clock, ct).ConfigureAwait(false);
        }
    }

    private async Task RemoveAsync(IRepository repository, FoundLease stale, CancellationToken ct)
    {
        try
        {
            // The release comes last in the list, and goes only when the objects it is about have gone: without it they would count again.
            foreach (string key in stale.Keys)
            {
                if (await repository.DeleteAsync(key, ct).ConfigureAwait(false) == DeleteOutcome.Retained)
                {
                    return;
                }
            }
        }
        catch (DrpException e)
        {
            // It is stale whether it is there or not.
            catalog.Host.Say(DrpEventLevel.Verbose, Text.Of(CatalogTexts.LeftoverStays, $"{repository.Name}: {stale.Keys[0]}", e.Message));
        }
    }

    private static DrpException Locked(IRepository repository, FoundLease holder)
    {
        string who = holder.Record is { } r && OwnerMark.Parse(r.Owner) is { } owner
            ? Text.Of(CatalogTexts.LeaseHolder, r.Operation, r.User, owner.Host, owner.ProcessId, r.Acquired.UtcDateTime.ToString("u", System.Globalization.CultureInfo.InvariantCulture))
            : holder.Id;
        return new(DrpError.Locked, Text.Of(CatalogTexts.RepositoryLocked, repository.Name, who)) { Subject = repository.Name, Hint = CatalogTexts.RepositoryLockedHint, IsTransient = true };
    }
}

/// <summary>Leases on several repositories.</summary>
internal sealed class LeaseGroup : IAsyncDisposable
{
    private readonly Dictionary<IRepository, Lease?> _leases = [];
    private readonly Dictionary<IRepository, DrpException> _failed = [];

    /// <summary>Repositories that are ours now.</summary>
    public IReadOnlyCollection<IRepository> Held => _leases.Keys;

    /// <summary>Repositories that did not answer.</summary>
    public IReadOnlyDictionary<IRepository, DrpException> Failed => _failed;

    /// <summary>Adds a lease; null for a repository that needs none.</summary>
    public void Add(IRepository repository, Lease? lease) => _leases[repository] = lease;

    /// <summary>Adds a repository that did not answer.</summary>
    public void Add(IRepository repository, DrpException error) => _failed[repository] = error;

    /// <summary>Throws when the lease on this repository is lost; fits <see cref="SetWriter"/>'s guard.</summary>
    public void Check(IRepository repository) => _leases.GetValueOrDefault(repository)?.Check();

    /// <summary>Cancelled when the lease on this repository is lost.</summary>
    public CancellationToken Lost(IRepository repository) => _leases.GetValueOrDefault(repository)?.Lost ?? CancellationToken.None;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Lease lease in _leases.Values.OfType<Lease>())
        {
            await lease.DisposeAsync().ConfigureAwait(false);
        }

        _leases.Clear();
    }
}
