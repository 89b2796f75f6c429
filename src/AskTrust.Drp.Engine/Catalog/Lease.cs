using System.Text.Json;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// A lease on a repository: a lock object that is renewed in the background by writing a successor and deleting the one
/// before the last, since nothing is overwritten.
/// Disposing gives it back. When it cannot be renewed in time, <see cref="Lost"/> is cancelled and <see cref="Check"/> throws.
/// </summary>
internal sealed class Lease : IAsyncDisposable
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(20);
    private readonly CatalogContext _catalog;
    private readonly LeaseTimes _times;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _lost;
    private readonly List<string> _keys = [];
    private LeaseRecord _record;
    private Task _renewing = Task.CompletedTask;
    private int _generation;

    /// <summary>Makes a lease that is not taken yet.</summary>
    public Lease(CatalogContext catalog, IRepository repository, LeaseTimes times, LeaseRecord record)
    {
        (_catalog, Repository, _times, _record) = (catalog, repository, times, record);
        _lost = new CancellationTokenSource(Timeout.InfiniteTimeSpan, catalog.Host.Clock);
        Lost = _lost.Token;
    }

    /// <summary>Where.</summary>
    public IRepository Repository { get; }

    /// <summary>Cancelled when the lease is lost: whoever writes must stop.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Id of the lease.</summary>
    public string Id => _record.Id;

    /// <summary>Throws when the lease is lost; call it just before a step that others rely on.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Locked"/>.</exception>
    public void Check()
    {
        // The wall clock too: timers stand still while a machine sleeps.
        if (Lost.IsCancellationRequested || _catalog.Host.Clock.GetUtcNow() > Volatile.Read(ref _record).Expires)
        {
            throw new DrpException(DrpError.Locked, Text.Of(CatalogTexts.LeaseLost, Repository.Name, _record.Operation)) { Subject = Repository.Name, Hint = CatalogTexts.LeaseLostHint };
        }
    }

    /// <summary>Writes the first object.</summary>
    public Task WriteAsync(CancellationToken ct) => RenewAsync(ct);

    /// <summary>Begins to renew in the background.</summary>
    public void KeepAlive() => _renewing = RenewLoopAsync(_stop.Token);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        using CancellationTokenSource brief = new(s_brief, TimeProvider.System);
        try
        {
            await ReleaseAsync(brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e) || e is OperationCanceledException)
        {
            // It ends by itself.
            _catalog.Host.Say(DrpEventLevel.Verbose, Text.Of(CatalogTexts.LeaseNotReleased, Repository.Name, e.Message));
        }

        _lost.Dispose();
        _stop.Dispose();
    }

    private async Task RenewLoopAsync(CancellationToken stop)
    {
        TimeProvider clock = _catalog.Host.Clock;
        TimeSpan pause = _times.Renew;
        try
        {
            while (true)
            {
                await Task.Delay(pause, clock, stop).ConfigureAwait(false);
                TimeSpan left = _record.Expires - clock.GetUtcNow();
                if (left <= TimeSpan.Zero)
                {
                    await _lost.CancelAsync().ConfigureAwait(false);
                    return;
                }

                pause = await TryRenewAsync(left, stop).ConfigureAwait(false) ? _times.Renew : _times.Renew / 6;
                if (Lost.IsCancellationRequested)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Given back.
        }
    }

    private async Task<bool> TryRenewAsync(TimeSpan left, CancellationToken stop)
    {
        using CancellationTokenSource late = new(left, _catalog.Host.Clock);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        try
        {
            bool gone = await Repository.StatAsync(_keys[^1], both.Token).ConfigureAwait(false) is null;
            if (gone && await RivalAsync(both.Token).ConfigureAwait(false))
            {
                // Somebody took us for dead and goes on in our place.
                await _lost.CancelAsync().ConfigureAwait(false);
                return false;
            }

            await RenewAsync(both.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e) || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            _catalog.Host.Say(DrpEventLevel.Verbose, Text.Of(CatalogTexts.LeaseNotRenewed, Repository.Name, e.Message));
            return false;
        }
    }

    private async Task<bool> RivalAsync(CancellationToken ct)
    {
        IReadOnlyList<FoundLease> found = await LeaseReader.ListAsync(_catalog, Repository, ct).ConfigureAwait(false);
        return found.Any(f => f.IsLive && f.Id != Id && LeaseRecord.Conflicts(f.Mode, _record.Mode));
    }

    private async Task RenewAsync(CancellationToken ct)
    {
        DateTimeOffset now = _catalog.Host.Clock.GetUtcNow();
        LeaseRecord next = _record with { Renewed = now, Expires = now + _times.Length };
        string key = _catalog.Keys.Locks + LeaseRecord.Name(next.Mode, next.Id, ++_generation);
        _keys.Add(key);
        await Repository.PutAsync(key, JsonSerializer.SerializeToUtf8Bytes(next, CatalogJson.Files.LeaseRecord), ct).ConfigureAwait(false);
        Volatile.Write(ref _record, next);
        _lost.CancelAfter(_times.Length);
        // The one before stays until the next renewal, so that whoever lists at this very moment sees one of the two.
        foreach (string former in _keys[..Math.Max(0, _keys.Count - 2)])
        {
            // A lock object that may not be deleted yet does no harm: only the newest counts.
            if (await Repository.DeleteAsync(former, ct).ConfigureAwait(false) == DeleteOutcome.Deleted)
            {
                _keys.Remove(former);
            }
        }
    }

    private async Task ReleaseAsync(CancellationToken ct)
    {
        bool retained = false;
        foreach (string key in _keys)
        {
            retained |= await Repository.DeleteAsync(key, ct).ConfigureAwait(false) == DeleteOutcome.Retained;
        }

        if (retained)
        {
            await Repository.PutAsync(_catalog.Keys.Locks + LeaseRecord.ReleasedName(Id), "{}\n"u8.ToArray(), ct).ConfigureAwait(false);
        }
    }
}
