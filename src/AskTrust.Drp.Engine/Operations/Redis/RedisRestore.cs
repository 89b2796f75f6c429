using AskTrust.Drp.Engine.Components.Redis;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Redis;

/// <summary>Restores a server's data directory: written into a folder in it while the server may still run; then it is stopped, the files are exchanged, it is started and counted.</summary>
internal sealed class RedisRestore : IComponentRestore
{
    private readonly ComponentSet _set;
    private readonly RedisPlace _place;
    private readonly RestoreComponentOptions _options;
    private readonly string _id;
    private readonly Shelf _shelf;
    private readonly List<string> _warnings = [];
    private bool _exchanged;

    private RedisRestore(ComponentSet set, RedisPlace place, RestoreComponentOptions options, string id, bool empty)
    {
        (_set, _place, _options, _id, ReplacesNothing) = (set, place, options, id, empty);
        _shelf = new Shelf(place.Shell, place.Folder, redis: true);
    }

    /// <inheritdoc/>
    public string Target => _place.Description;

    /// <inheritdoc/>
    public bool ReplacesNothing { get; }

    /// <inheritdoc/>
    public bool IsElsewhere => _options.Destination is not null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public IReadOnlyList<string> Steps =>
    [
        Text.Of(RedisRunTexts.StepWrite, _set.Set.Set.Id, Keys?.ToString("N0", System.Globalization.CultureInfo.CurrentCulture) ?? "?", _shelf.StagingOf(_id)),
        .. _place.WasRunning ? new[] { Text.Of(OperationsTexts.StepStopContainer, _place.ContainerName) } : [],
        .. ReplacesNothing ? [] : new[] { Text.Of(_options.Force ? OperationsTexts.StepAside : OperationsTexts.StepAsideForce, _place.Description, _shelf.AsideOf(_id)) },
        .. _place.WasRunning ? new[] { Text.Of(RedisRunTexts.StepStart, _place.ContainerName) } : [],
    ];

    private RedisFacts Facts => _set.Facts.Redis!;

    private long? Keys => (Facts.AppendKeys ?? Facts.Keys)?.Values.Sum(k => k.Keys);

    /// <summary>Examines the target.</summary>
    public static async Task<RedisRestore> PrepareAsync(ComponentSet set, RedisPlace place, RestoreComponentOptions options, string id, CancellationToken ct)
    {
        await place.RequireStillAsync(ct).ConfigureAwait(false);
        bool empty = !await new Shelf(place.Shell, place.Folder, redis: true).HoldsDataAsync(ct).ConfigureAwait(false);
        if (!empty && !options.Force && !options.DryRun)
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(RedisRunTexts.HoldsData, place.Description)) { Subject = place.Description, Hint = OperationsTexts.TargetNotEmptyHint };
        await place.Shell.RequireRoomAsync(place.Folder, set.Artifacts.Sum(a => a.PlainSize), ct).ConfigureAwait(false);
        var restore = new RedisRestore(set, place, options, id, empty);
        if (set.Facts.Redis!.AppendOnly && set.Facts.Redis.AppendFiles.Count == 0) restore._warnings.Add(RedisRunTexts.BaseFromRdb);
        if (!place.WasRunning && restore.Keys is { } keys) restore._warnings.Add(Text.Of(RedisRunTexts.CountYourself, place.Description, keys));
        return restore;
    }

    /// <inheritdoc/>
    public RestoreEntry Describe(RestoreEntry entry) => _place.Describe(entry) with { Previous = ReplacesNothing ? null : _shelf.AsideOf(_id) };

    /// <inheritdoc/>
    public async Task<RestoreOutcome> RunAsync(Func<Task> exchangeAsync, PhaseClock phases, CancellationToken ct)
    {
        await phases.MeasureAsync("restore", () => new RedisContent(_set, _place.Shell).WriteAsync(_shelf.StagingOf(_id), ct)).ConfigureAwait(false);
        await exchangeAsync().ConfigureAwait(false);
        _exchanged = true;
        await phases.MeasureAsync("swap", async () =>
        {
            await _place.StopAsync(ct).ConfigureAwait(false);
            await _place.RequireStillAsync(ct).ConfigureAwait(false);
            if (!ReplacesNothing) await _shelf.OutAsync(_id, ct).ConfigureAwait(false);
            await _shelf.InAsync(_shelf.StagingOf(_id), ct).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await phases.MeasureAsync("check", async () => await CheckAsync(await _place.StartAsync(ct).ConfigureAwait(false), ct).ConfigureAwait(false)).ConfigureAwait(false);
        return new RestoreOutcome { Previous = ReplacesNothing ? null : _shelf.AsideOf(_id), Keys = Keys };
    }

    /// <inheritdoc/>
    public async Task TakeBackAsync(CancellationToken ct)
    {
        if (_exchanged) await _place.StopAsync(ct).ConfigureAwait(false);
        if (_exchanged && ReplacesNothing) await _shelf.OutAsync(_id, ct).ConfigureAwait(false);
        if (_exchanged && ReplacesNothing) await _shelf.RemoveAsync(_shelf.AsideOf(_id), ct).ConfigureAwait(false);
        await _shelf.BackAsync(_id, ct).ConfigureAwait(false);
        if (_exchanged) await _place.StartAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _place.DisposeAsync();

    /// <summary>The classic trap is a server that starts empty because it looks elsewhere. What clients write meanwhile must not deceive us, so only that is an error.</summary>
    private async Task CheckAsync(RedisClient? server, CancellationToken ct)
    {
        if (server is null || (Facts.AppendKeys ?? Facts.Keys) is not { } expected) return;
        long lasting = expected.Values.Sum(k => k.Keys - k.Expiring), found = (await server.KeysAsync(ct).ConfigureAwait(false)).Values.Sum(k => k.Keys);
        if (lasting > 0 && found == 0) throw new DrpException(DrpError.VerificationFailed, Text.Of(RedisRunTexts.StartedEmpty, _place.Description, lasting)) { Subject = _place.Description };
        if (found < lasting) _set.Context.Host.Say(DrpEventLevel.Warning, Text.Of(RedisRunTexts.FewerKeys, _place.Description, lasting, found));
    }
}
