using AskTrust.Drp.Engine.Components.Volumes;
using AskTrust.Drp.Engine.Host.Containers;
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
    public IReadOnlyList<string> Steps => [_previous is { } kept ? Host.Text.Of(OperationsTexts.StepSwapFolder, Target, kept) : Host.Text.Of(OperationsTexts.StepPutAside, Target, _place.Shelf.AsideOf(_id))];

    /// <summary>Examines.</summary>
    public static async Task<VolumeUndo> PrepareAsync(VolumePlace place, RestoreEntry entry, string id, CancellationToken ct)
    {
        if (entry.Previous is not { } kept || await place.Shelf.IsThereAsync(kept, ct).ConfigureAwait(false)) return new VolumeUndo(place, entry.Previous, id);
        await place.DisposeAsync().ConfigureAwait(false);
        throw new DrpException(DrpError.RepositoryMissing, Host.Text.Of(OperationsTexts.KeptGone, kept)) { Subject = kept };
    }

    /// <inheritdoc/>
    public RestoreEntry? Begun(RestoreEntry entry) => _place.Describe(entry) with { Previous = _place.Shelf.AsideOf(_id), Incoming = _previous };

    /// <inheritdoc/>
    public async Task<(RestoreEntry Entry, string? Aside)> RunAsync(RestoreEntry entry, Func<Task> exchangeAsync, PhaseClock phases, CancellationToken ct)
    {
        await phases.MeasureAsync("swap", () => _place.Shelf.ExchangeAsync(_id, _previous, _place.StopAsync, _place.StartAsync, exchangeAsync, ct)).ConfigureAwait(false);
        return (_place.Describe(entry) with { Previous = _place.Shelf.AsideOf(_id) }, _place.Shelf.AsideOf(_id));
    }

    /// <summary>Settles what was killed: what it put aside comes back, or what it began is ended; what it stopped is started. A volume that it made for itself goes.</summary>
    public static async Task<RestoreEntry?> SettleAsync(OperationContext context, RestoreEntry killed, CancellationToken ct)
    {
        string name = killed.DataDirectory!;
        DockerVolume? volume = await DockerVolume.FindAsync(context.Host, name, ct).ConfigureAwait(false);
        if (volume is { Users.Count: 0 } && !killed.Swapping && VolumePlace.WasMade(killed))
        {
            await new ContainerEngine(context.Host).RunAsync(ct, "volume", "rm", name).ConfigureAwait(false);
            volume = null;
        }

        if (volume is null) return ComponentSettle.Told(context, killed, onward: false, name);
        VolumePlace place = await VolumePlace.OfAsync(context, killed, ct).ConfigureAwait(false);
        await using var _ = place.ConfigureAwait(false);
        if (killed.Swapping) await place.StopAsync(ct).ConfigureAwait(false);
        bool onward = await place.Shelf.SettleAsync(killed, ct).ConfigureAwait(false);
        if (killed.Swapping || killed.Undoes is not null) await place.StartAsync(ct).ConfigureAwait(false);
        return ComponentSettle.Told(context, killed, onward, name);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _place.DisposeAsync();
}
