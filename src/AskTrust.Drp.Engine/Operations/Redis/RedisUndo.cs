using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Redis;

/// <summary>Takes the restore of a server back: what is aside and what is there change places.</summary>
internal sealed class RedisUndo : IComponentUndo
{
    private readonly RedisPlace _place;
    private readonly Shelf _shelf;
    private readonly string? _previous;
    private readonly string _id;

    private RedisUndo(RedisPlace place, Shelf shelf, string? previous, string id) => (_place, _shelf, _previous, _id) = (place, shelf, previous, id);

    /// <inheritdoc/>
    public string Source => _previous ?? "";

    /// <inheritdoc/>
    public string Target => _place.Description;

    /// <inheritdoc/>
    public IReadOnlyList<string> Steps =>
        [_previous is { } kept ? Text.Of(OperationsTexts.StepSwapFolder, _place.Description, kept) : Text.Of(OperationsTexts.StepPutAside, _place.Description, _shelf.AsideOf(_id))];

    /// <summary>Examines.</summary>
    public static async Task<RedisUndo> PrepareAsync(RedisPlace place, RestoreEntry entry, string id, CancellationToken ct)
    {
        try
        {
            await place.RequireStillAsync(ct).ConfigureAwait(false);
            var shelf = new Shelf(place.Shell, place.Folder, redis: true);
            if (entry.Previous is { } kept && !await shelf.IsThereAsync(kept, ct).ConfigureAwait(false)) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.KeptGone, kept)) { Subject = kept };
            return new RedisUndo(place, shelf, entry.Previous, id);
        }
        catch
        {
            await place.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public RestoreEntry? Begun(RestoreEntry entry) => _place.Describe(entry) with { Previous = _shelf.AsideOf(_id), Incoming = _previous };

    /// <inheritdoc/>
    public async Task<(RestoreEntry Entry, string? Aside)> RunAsync(RestoreEntry entry, Func<Task> exchangeAsync, PhaseClock phases, CancellationToken ct)
    {
        await phases.MeasureAsync("swap", () => _shelf.ExchangeAsync(_id, _previous, _place.StopAsync, _place.StartAsync, exchangeAsync, ct)).ConfigureAwait(false);
        return (_place.Describe(entry) with { Previous = _shelf.AsideOf(_id) }, _shelf.AsideOf(_id));
    }

    /// <summary>Settles what was killed: what it put aside comes back, or what it began is ended; its container is started when it ran.</summary>
    public static async Task<RestoreEntry?> SettleAsync(OperationContext context, RestoreEntry killed, CancellationToken ct)
    {
        RedisPlace place = await RedisPlace.OfAsync(context, killed, ct).ConfigureAwait(false);
        await using var _ = place.ConfigureAwait(false);
        await place.RequireStillAsync(ct).ConfigureAwait(false);
        if (killed.Swapping) await place.StopAsync(ct).ConfigureAwait(false);
        bool onward = await new Shelf(place.Shell, place.Folder, redis: true).SettleAsync(killed, ct).ConfigureAwait(false);
        if ((killed.Swapping || killed.Undoes is not null) && killed.Notes?.GetValueOrDefault("running") == "yes") await place.StartStoppedAsync(ct).ConfigureAwait(false);
        return ComponentSettle.Told(context, killed, onward, place.Description);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _place.DisposeAsync();
}
