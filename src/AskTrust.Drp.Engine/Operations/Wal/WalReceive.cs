using System.Globalization;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>
/// Receives the WAL of a server without end: <c>pg_receivewal</c> streams it into the spool, durably, and one shipper for each repository takes it from
/// there. What is shipped is only what is proven: whole segments, and the open one up to its last whole record.
/// </summary>
internal sealed class WalReceive(OperationContext context, WalReceiveOptions options)
{
    /// <summary>The newest whole one, the open one, the next, and one that waits.</summary>
    private const int LeastSegments = 4;

    /// <summary>Looks at the spool from one tidying to the next.</summary>
    private const int TidyLook = 20;

    /// <summary>Tidyings from one look at the slot to the next.</summary>
    private const int SlotLook = 3;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_look = s_watch * TidyLook;
    private static readonly TimeSpan s_lastShipping = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(15);
    private readonly WalComponent _component = WalComponent.Find(context, options.Component);
    private WalSource _source = null!;
    private WalServerState _state = null!;
    private WalSpool _spool = null!;
    private WalArchive _archive = null!;
    private WalShipper[] _shippers = [];
    private WalWatch _watch = null!;
    private WalSlotKeeper _slot = null!;
    private WalDebts _debts = null!;
    private WalRenewal _renewal = null!;
    private WalMaps _maps = null!;

    /// <summary>Runs until it is cancelled, which is its ordinary end.</summary>
    public async Task<WalReceiveReport> RunAsync(CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        using LocalLock _ = await LocalLock.TakeAsync(context.Host, $"wal-{context.Plan.Name}-{_component.Name}", $"wal receive {_component.Name}", TimeSpan.Zero, ct).ConfigureAwait(false);
        // A receiver that was killed leaves a folder with the passphrase it encrypts with; where a service starts it again and again, nobody else might come by.
        await Leftovers.SweepAsync(context.Host, containers: false, ct).ConfigureAwait(false);
        IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(_component.Plan, context.Host, ct).ConfigureAwait(false);
        await using var __ = server.ConfigureAwait(false);
        _source = new WalSource(server, context.Host);
        _state = await _source.StateAsync(ct).ConfigureAwait(false);
        if (_state.Level == "minimal") throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.WalLevel, _component.Name)) { Subject = _component.Name, Hint = OperationsTexts.WalLevelHint };
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var ___ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        _archive = new WalArchive(context.Catalog, context.Plan.Compression, encryption);
        _spool = new WalSpool(_component.Spool, _state.System, _state.SegmentSize);
        if (_component.PointInTime.SpoolLimit < LeastSegments * (long)_state.SegmentSize)
        {
            throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.WalSpoolSmall, Human.Size(_component.PointInTime.SpoolLimit), Human.Size(LeastSegments * (long)_state.SegmentSize)))
            {
                Subject = _component.Name, Hint = OperationsTexts.WalSpoolSmallHint,
            };
        }

        _spool.Make();
        // Another state directory may name the same spool; its stream would be taken for what a killed receiver left.
        using LocalLock ____ = await LocalLock.TakeBesideAsync(context.Host, _spool.Folder, $"wal receive {_component.Name}", ct).ConfigureAwait(false);
        _watch = new WalWatch(context, _component, _spool);
        _debts = WalDebts.Of(_component, _state.System);
        _maps = new WalMaps(context.Host, _source, _spool);
        var cache = new WalPackCache(_archive, _spool);
        var identity = new WalServer(_state.System, _component.Name, _state.Major, _state.SegmentSize);
        _shippers = [.. context.Catalog.Writable.Select(r => new WalShipper(context.Catalog, _archive, _spool, cache, r, identity, options.NewSystem, _component.PointInTime.ShipEvery, _debts))];
        _slot = new WalSlotKeeper(context, _component, _source, () => _shippers.Any(s => s.IsLeased));
        _renewal = new WalRenewal(context, _component, _spool, _slot, _shippers, _debts, Tidy);
        await RefuseForeignAsync(identity, ct).ConfigureAwait(false);
        await new WalFormer(context, _component, _archive).DeliverAsync(_state.System, ct).ConfigureAwait(false);
        // Who asks how we stand shall not be told of a server that was here before.
        WalStatusFile.Write(_component, Report(null));
        try
        {
            await ReceiveAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            foreach (WalShipper shipper in _shippers) await shipper.DisposeAsync().ConfigureAwait(false);
        }

        WalReceiveReport report = Report(phases);
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("wal-receive", _component.Name, RunStatus.Succeeded, DrpError.None, phases, new(StringComparer.Ordinal)
        {
            ["system"] = report.SystemIdentifier,
            ["slot"] = report.Slot,
            ["shipped"] = string.Join(", ", report.Repositories.Select(r => $"{r.Repository}:{r.Shipped}")),
        }, brief.Token).ConfigureAwait(false);
        return report;
    }

    /// <summary>Before anything is made on the server: each repository that answers must know this server, or none.</summary>
    private async Task RefuseForeignAsync(WalServer identity, CancellationToken ct)
    {
        foreach (IRepository repository in context.Catalog.Writable)
        {
            try
            {
                // Makes the folder of a new repository, too.
                await repository.CheckAsync(ct).ConfigureAwait(false);
                await _archive.ClaimAsync(repository, identity, options.NewSystem, ct).ConfigureAwait(false);
            }
            catch (DrpException e) when (e.Code is not DrpError.UnsafeTarget)
            {
                context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalRepositoryDown, repository.Name, e.Message));
            }
        }
    }

    private async Task ReceiveAsync(CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var end = new CancellationTokenSource();
        // Before the first look whether everything is shipped: the map belongs to it.
        await _maps.RefreshAsync(ct).ConfigureAwait(false);
        Task[] shipping = [.. _shippers.Select(s => s.RunAsync(stop.Token, end.Token))];
        Task streaming = StreamAsync(stop.Token);
        Task[] all = [streaming, _maps.RunAsync(stop.Token), _renewal.TakeBasesAsync(stop.Token), new WalPending(context, _component).DeliverAsync(_archive, stop.Token), .. shipping, .. options.CatchUp ? [CaughtUpAsync(stop.Token)] : Array.Empty<Task>()];
        // The first to end, ends all: cancelled, caught up, or broken beyond waiting.
        Task first = await Task.WhenAny(all).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        end.CancelAfter(s_lastShipping);
        await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (all.FirstOrDefault(t => t.IsFaulted) is { } broken) await broken.ConfigureAwait(false);
    }

    private async Task CaughtUpAsync(CancellationToken stop)
    {
        while (!_shippers.All(s => s.Report.Shipped is { } shipped && shipped >= _state.Flushed && s.Report.Waiting == 0) || (_debts.Bases.Count > 0 && !_renewal.IsSettled)) await Task.Delay(TimeSpan.FromMilliseconds(100), context.Clock, stop).ConfigureAwait(false);
    }

    private async Task StreamAsync(CancellationToken stop)
    {
        var stream = new WalStream(context, _component, _spool);
        await stream.EndLeftoverAsync(_source, stop).ConfigureAwait(false);
        // A receiver that had given up its slot was killed before it could go on.
        if (_debts.GivenUp) await _renewal.DrainAsync(stop).ConfigureAwait(false);
        await _slot.TakeAsync(stop).ConfigureAwait(false);
        context.Host.Say(DrpEventLevel.Information, Text.Of(OperationsTexts.WalReceiving, _component.Name, _component.Slot, _spool.Folder));
        TimeSpan pause = s_firstPause;
        string said = "";
        for (long round = 1; !stop.IsCancellationRequested; round++)
        {
            if (_watch.IsFull())
            {
                // The server keeps what we do not take; what waits is shipped meanwhile.
                Tidy();
                if (round % SlotLook == 0 && await MustGiveUpAsync(stop).ConfigureAwait(false)) await GiveUpAsync(stop).ConfigureAwait(false);
                else await Task.Delay(s_look, context.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            using var halt = CancellationTokenSource.CreateLinkedTokenSource(stop);
            long start = context.Clock.GetTimestamp();
            Task<WalStreamEnd> running = stream.RunAsync(_source, halt.Token);
            bool giveUp = await AttendAsync(running, halt).ConfigureAwait(false);
            WalStreamEnd ended = await running.ConfigureAwait(false);
            if (stop.IsCancellationRequested) return;
            if (giveUp) await GiveUpAsync(stop).ConfigureAwait(false);
            if (ended == WalStreamEnd.Stopped) continue;
            if (stream.LastError != said) context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalStreamBroke, _component.Name, said = stream.LastError));
            if (context.Clock.GetElapsedTime(start) > s_longestPause) (pause, said) = (s_firstPause, "");
            await Task.Delay(pause, context.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks));
            if (!stop.IsCancellationRequested) await MendAsync(ended, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Before a stream that broke is begun again: it must be the same server, and there must be a slot.</summary>
    private async Task MendAsync(WalStreamEnd ended, CancellationToken ct)
    {
        try
        {
            WalServerState now = await _source.StateAsync(ct).ConfigureAwait(false);
            if (now.System != _state.System)
            {
                throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.WalServerChanged, _component.Name, _state.System, _state.Major, now.System, now.Major)) { Subject = _component.Name, Hint = OperationsTexts.WalServerChangedHint };
            }

            if (ended == WalStreamEnd.Removed) await _renewal.StartAnewAsync(ct).ConfigureAwait(false);
            // A server that took over has no slot of ours; it may well have the WAL.
            if (ended == WalStreamEnd.NoSlot)
            {
                await _slot.DropAsync(ct).ConfigureAwait(false);
                await _slot.TakeAsync(ct).ConfigureAwait(false);
            }
        }
        catch (DrpException e) when (e.Code is not (DrpError.UnsafeTarget or DrpError.Locked))
        {
            context.Host.Say(DrpEventLevel.Verbose, e.Message);
        }
    }

    private async Task GiveUpAsync(CancellationToken ct)
    {
        await _renewal.GiveUpAsync(ct).ConfigureAwait(false);
        if (_watch.IsFull()) _renewal.Abandon();
        await _slot.TakeAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Looks after a stream while it runs: removes what is shipped, halts it when the spool is full or the slot must go.</summary>
    private async Task<bool> AttendAsync(Task<WalStreamEnd> running, CancellationTokenSource halt)
    {
        for (long round = 1; !running.IsCompleted; round++)
        {
            // A server that writes at full speed fills a segment in a tenth of a second.
            await Task.WhenAny(running, Task.Delay(s_watch, context.Clock, halt.Token)).ConfigureAwait(false);
            if (running.IsCompleted) return false;
            if (_watch.IsFull()) await halt.CancelAsync().ConfigureAwait(false);
            if (round % TidyLook != 0) continue;
            Tidy();
            if (round % (TidyLook * SlotLook) == 0 && await MustGiveUpAsync(halt.Token).ConfigureAwait(false))
            {
                await halt.CancelAsync().ConfigureAwait(false);
                return true;
            }
        }

        return false;
    }

    private async Task<bool> MustGiveUpAsync(CancellationToken ct)
    {
        try
        {
            return await _source.SlotAsync(_component.Slot, ct).ConfigureAwait(false) is { } slot && _watch.MustGiveUp(slot);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            // The server is away for the moment; the stream notices, too.
            return false;
        }
    }

    /// <summary>Removes what every repository has, and says how we stand.</summary>
    private void Tidy()
    {
        _spool.Tidy(n => _shippers.All(s => s.Has(n)));
        WalStatusFile.Write(_component, Report(null));
    }

    private WalReceiveReport Report(PhaseClock? phases) => new()
    {
        Plan = context.Plan.Path,
        Component = _component.Name,
        SystemIdentifier = _state.System.ToString(CultureInfo.InvariantCulture),
        Slot = _component.Slot,
        Started = phases?.Started ?? context.Clock.GetUtcNow(),
        Elapsed = phases?.Elapsed ?? TimeSpan.Zero,
        Repositories = [.. _shippers.Select(s => s.Report)],
    };
}
