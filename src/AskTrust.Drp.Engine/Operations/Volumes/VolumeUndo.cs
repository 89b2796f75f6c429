using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Volumes;

/// <summary>Takes the restore of a volume back: what is aside in it and what is there change places.</summary>
internal sealed class VolumeUndo : IComponentUndo
{
    private readonly VolumePlace _place;
    private readonly string? _previous;
    private readonly string _id;

    private VolumeUndo(VolumePlace place, string? previous, string id) => (_place, _previous, _id) = (place, previous, id);

    /// <inheritdoc/>
    public string Source => _previous ?? "";

    /// <inheritdoc/>
    public string Target => _place.Volume.Name;

    /// <inheritdoc/>
    public IReadOnlyList<string> Steps => [_previous is { } kept ? Text.Of(OperationsTexts.StepSwapFolder, Target, kept) : Text.Of(OperationsTexts.StepPutAside, Target, _place.Shelf.AsideOf(_id))];

    /// <summary>Examines.</summary>
    public static async Task<VolumeUndo> PrepareAsync(VolumePlace place, RestoreEntry entry, string id, CancellationToken ct)
    {
        if (entry.Previous is not { } kept || await place.Shelf.IsThereAsync(kept, ct).ConfigureAwait(false)) return new VolumeUndo(place, entry.Previous, id);
        await place.DisposeAsync().ConfigureAwait(false);
        throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.KeptGone, kept)) { Subject = kept };
    }

    /// <inheritdoc/>
    public async Task<(RestoreEntry Entry, string? Aside)> RunAsync(RestoreEntry entry, PhaseClock phases, CancellationToken ct)
    {
        await phases.MeasureAsync("swap", async () =>
        {
            await _place.StopAsync(ct).ConfigureAwait(false);
            // From here on it is ended, whoever cancels: half of it is nobody's wish.
            await _place.Shelf.OutAsync(_id, CancellationToken.None).ConfigureAwait(false);
            if (_previous is { } kept) await _place.Shelf.InAsync(kept, CancellationToken.None).ConfigureAwait(false);
            await _place.StartAsync(CancellationToken.None).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return (_place.Describe(entry) with { Previous = _place.Shelf.AsideOf(_id) }, _place.Shelf.AsideOf(_id));
    }

    /// <summary>Settles a restore that was killed: what it put aside comes back, and what it stopped is started.</summary>
    public static async Task<RestoreEntry?> SettleAsync(OperationContext context, RestoreEntry killed, CancellationToken ct)
    {
        VolumePlace place = await VolumePlace.OfAsync(context, killed, ct).ConfigureAwait(false);
        await using var _ = place.ConfigureAwait(false);
        bool forward = killed.Swapping && killed.WasEmpty && !await place.Shelf.IsThereAsync(place.Shelf.StagingOf(killed.RestoreId), ct).ConfigureAwait(false);
        if (!forward) await place.Shelf.BackAsync(killed.RestoreId, ct).ConfigureAwait(false);
        if (killed.Swapping) await place.StartAsync(ct).ConfigureAwait(false);
        context.Host.Say(DrpEventLevel.Warning, Text.Of(forward ? OperationsTexts.SettledForward : OperationsTexts.SettledBack, killed.RestoreId, place.Volume.Name));
        return forward ? killed with { Finished = true } : null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _place.DisposeAsync();
}
