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
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_lastShipping = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(15);
    private readonly WalComponent _component = WalComponent.Find(context, options.Component);
    private WalSource _source = null!;
    private WalServerState _state = null!;
    private WalSpool _spool = null!;
    private WalArchive _archive = null!;
    private WalShipper[] _shippers = [];
    private WalWatch _watch = null!;

    /// <summary>Runs until it is cancelled, which is its ordinary end.</summary>
    public async Task<WalReceiveReport> RunAsync(CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        using LocalLock _ = await LocalLock.TakeAsync(context.Host, $"wal-{context.Plan.Name}-{_component.Name}", $"wal receive {_component.Name}", TimeSpan.Zero, ct).ConfigureAwait(false);
        IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(_component.Plan, context.Host, ct).ConfigureAwait(false);
        await using var __ = server.ConfigureAwait(false);
        _source = new WalSource(server, context.Host);
        _state = await _source.StateAsync(ct).ConfigureAwait(false);
        if (_state.Level == "minimal") throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.WalLevel, _component.Name)) { Subject = _component.Name, Hint = OperationsTexts.WalLevelHint };
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var ___ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        _archive = new WalArchive(context.Catalog, context.Plan.Compression, encryption);
        _spool = new WalSpool(_component.Spool, _state.System, _state.SegmentSize);
        _spool.Make();
        _watch = new WalWatch(context, _component, _spool);
        var cache = new WalPackCache(_archive, _spool);
        var identity = new WalServer(_state.System, _component.Name, _state.Major, _state.SegmentSize);
        _shippers = [.. context.Catalog.Writable.Select(r => new WalShipper(context.Catalog, _archive, _spool, cache, r, identity, options.NewSystem, _component.PointInTime.ShipEvery))];
        await RefuseForeignAsync(identity, ct).ConfigureAwait(false);
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
        Task[] shipping = [.. _shippers.Select(s => s.RunAsync(stop.Token, end.Token))];
        Task streaming = StreamAsync(stop.Token);
        Task[] all = [streaming, .. shipping, .. options.CatchUp ? [CaughtUpAsync(stop.Token)] : Array.Empty<Task>()];
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
        while (!_shippers.All(s => s.Report.Shipped is { } shipped && shipped >= _state.Flushed && s.Report.Waiting == 0)) await Task.Delay(TimeSpan.FromMilliseconds(100), context.Clock, stop).ConfigureAwait(false);
    }

    private async Task StreamAsync(CancellationToken stop)
    {
        var stream = new WalStream(context, _component, _spool);
        await stream.EndLeftoverAsync(_source, stop).ConfigureAwait(false);
        await TakeSlotAsync(stop).ConfigureAwait(false);
        context.Host.Say(DrpEventLevel.Information, Text.Of(OperationsTexts.WalReceiving, _component.Name, _component.Slot, _spool.Folder));
        TimeSpan pause = s_firstPause;
        string said = "";
        while (!stop.IsCancellationRequested)
        {
            if (_watch.IsFull())
            {
                // The server keeps what we do not take; what waits is shipped meanwhile.
                Tidy();
                await Task.Delay(s_look, context.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            using var halt = CancellationTokenSource.CreateLinkedTokenSource(stop);
            long start = context.Clock.GetTimestamp();
            Task<WalStreamEnd> running = stream.RunAsync(_source, halt.Token);
            bool giveUp = await AttendAsync(running, halt).ConfigureAwait(false);
            WalStreamEnd ended = await running.ConfigureAwait(false);
            if (stop.IsCancellationRequested) return;
            if (giveUp) await StartAnewAsync(WalHoles.GivenUp, stop).ConfigureAwait(false);
            else if (ended is WalStreamEnd.Removed or WalStreamEnd.NoSlot) await StartAnewAsync(WalHoles.Lost, stop).ConfigureAwait(false);
            if (ended == WalStreamEnd.Stopped) continue;
            if (stream.LastError != said) context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalStreamBroke, _component.Name, said = stream.LastError));
            if (context.Clock.GetElapsedTime(start) > s_longestPause) (pause, said) = (s_firstPause, "");
            await Task.Delay(pause, context.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks));
        }
    }

    /// <summary>Looks after a stream while it runs: removes what is shipped, halts it when the spool is full or the slot must go.</summary>
    private async Task<bool> AttendAsync(Task<WalStreamEnd> running, CancellationTokenSource halt)
    {
        for (long round = 0; !running.IsCompleted; round++)
        {
            await Task.WhenAny(running, Task.Delay(s_look, context.Clock, halt.Token)).ConfigureAwait(false);
            if (running.IsCompleted) return false;
            Tidy();
            if (_watch.IsFull()) await halt.CancelAsync().ConfigureAwait(false);
            if (round % 5 == 4 && await LookAtSlotAsync(halt.Token).ConfigureAwait(false) is { } slot && _watch.MustGiveUp(slot))
            {
                await halt.CancelAsync().ConfigureAwait(false);
                return true;
            }
        }

        return false;
    }

    private async Task<WalSlot?> LookAtSlotAsync(CancellationToken ct)
    {
        try
        {
            return await _source.SlotAsync(_component.Slot, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            // The server is away for the moment; the stream notices, too.
            return null;
        }
    }

    private async Task TakeSlotAsync(CancellationToken ct)
    {
        for (int attempt = 0; ; attempt++)
        {
            WalSlot? slot = await _source.SlotAsync(_component.Slot, ct).ConfigureAwait(false);
            if (slot is null)
            {
                await _source.MakeSlotAsync(_component.Slot, ct).ConfigureAwait(false);
                return;
            }

            if (!slot.Active) return;
            bool ours = slot.Client?.StartsWith(_component.Slot + " ", StringComparison.Ordinal) == true;
            if (!ours || attempt > 50)
            {
                throw new DrpException(DrpError.Locked, Text.Of(OperationsTexts.WalSlotTaken, _component.Slot, slot.ProcessId, slot.Client?.Trim())) { Subject = _component.Slot, Hint = OperationsTexts.WalSlotTakenHint };
            }

            // We hold the lock of this machine: it is what a killed receiver left, and the server has not noticed yet.
            if (attempt == 20 && slot.ProcessId is { } id) await _source.EndStreamAsync(id, ct).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromMilliseconds(100), context.Clock, ct).ConfigureAwait(false);
        }
    }

    /// <summary>WAL is lost, by policy or by the server: records the hole, ships what there is, and begins again with a new slot.</summary>
    private async Task StartAnewAsync(string cause, CancellationToken ct)
    {
        WalName? newest = _spool.Open() is [.., var open] ? open : _spool.Whole().LastOrDefault(n => n.Kind == WalKind.Segment)?.Next(_spool.SegmentSize);
        context.Host.Say(DrpEventLevel.Warning, Text.Of(cause == WalHoles.GivenUp ? OperationsTexts.WalGivenUp : OperationsTexts.WalLost, _component.Slot, newest?.Text ?? "-"));
        if (newest is not null) await WhenAllAsync(r => _archive.RecordHoleAsync(r, _state.System, newest, cause, ct), ct).ConfigureAwait(false);
        long[] rounds = [.. _shippers.Select(s => s.Rounds)];
        // Two rounds after now: the last pieces of what was received have been looked at.
        while (!_shippers.Select((s, i) => s.Rounds > rounds[i] + 1).All(done => done)) await Task.Delay(TimeSpan.FromMilliseconds(200), context.Clock, ct).ConfigureAwait(false);
        _spool.Clear();
        if (await _source.SlotAsync(_component.Slot, ct).ConfigureAwait(false) is not null) await _source.DropSlotAsync(_component.Slot, ct).ConfigureAwait(false);
        await _source.MakeSlotAsync(_component.Slot, ct).ConfigureAwait(false);
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("wal-hole", _component.Name, RunStatus.Incomplete, DrpError.Incomplete, new PhaseClock(context.Clock), new(StringComparer.Ordinal)
        {
            ["cause"] = cause,
            ["first"] = newest?.Text ?? "",
            ["system"] = _state.System.ToString(CultureInfo.InvariantCulture),
        }, brief.Token).ConfigureAwait(false);
    }

    private async Task WhenAllAsync(Func<IRepository, Task> work, CancellationToken ct)
    {
        foreach (IRepository repository in context.Catalog.Writable)
        {
            try
            {
                await work(repository).ConfigureAwait(false);
            }
            catch (DrpException e) when (!ct.IsCancellationRequested)
            {
                context.Host.Say(DrpEventLevel.Warning, e.Message);
            }
        }
    }

    /// <summary>Removes what every repository has; the newest whole segment stays, for pg_receivewal starts behind it.</summary>
    private void Tidy()
    {
        IReadOnlyList<WalName> whole = _spool.Whole();
        WalName? newest = whole.LastOrDefault(n => n.Kind == WalKind.Segment);
        foreach (WalName name in whole.Where(n => n.Kind == WalKind.Segment && n != newest && _shippers.All(s => s.Has(n)))) _spool.Remove(name);
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
