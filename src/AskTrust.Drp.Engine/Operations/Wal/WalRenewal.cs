using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>
/// What follows when a slot must go, or the server has lost its WAL: what was received is shipped, the hole is recorded with its cause, receiving begins
/// anew, and a base backup is taken for the WAL to come.
/// </summary>
internal sealed class WalRenewal(OperationContext context, WalComponent component, WalSpool spool, WalSlotKeeper slot, IReadOnlyList<WalShipper> shippers, WalDebts debts, Action tidy)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromHours(1);

    /// <summary>True while no base backup that could be taken now is owed, or one was tried and failed.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>The plan says so: the slot goes at once, for the server's sake. Whether that makes a hole, the server knows when it is asked for what comes next.</summary>
    public async Task GiveUpAsync(CancellationToken ct)
    {
        debts.GivenUp = true;
        await slot.DropAsync(ct).ConfigureAwait(false);
        context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalGivenUp, component.Slot));
        await DrainAsync(ct).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until the spool is in every repository that answers, and in one at least: while none does, a new slot would only fill up the server again.
    /// </summary>
    public async Task DrainAsync(CancellationToken ct)
    {
        long[] rounds = [.. shippers.Select(s => s.Rounds)];
        foreach (WalShipper shipper in shippers) shipper.Hurry = true;
        // Two rounds after now: the last pieces of what was received have been looked at.
        while (!(shippers.Select(Done).Any(done => done) && shippers.Select((s, i) => Done(s, i) || s.IsSilent).All(done => done)))
        {
            tidy();
            await Task.Delay(s_look, context.Clock, ct).ConfigureAwait(false);
        }

        foreach (WalShipper shipper in shippers) shipper.Hurry = false;

        bool Done(WalShipper shipper, int i) => shipper.Rounds > rounds[i] + 1;
    }

    /// <summary>
    /// The spool is still full, of what silent repositories lack, and the slot was given up for that: they get a hole, so that the others can go on.
    /// </summary>
    public void Abandon()
    {
        List<WalShipper> answer = [.. shippers.Where(s => !s.IsSilent)];
        if (answer.Count == 0) return;
        foreach (WalShipper silent in shippers.Except(answer))
        {
            if (Owe([silent], WalHoles.GivenUp) is { } first) context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalAbandoned, silent.Repository.Name, first));
        }

        spool.Tidy(n => answer.TrueForAll(s => s.Has(n)));
    }

    private WalName? Owe(IEnumerable<WalShipper> whom, string cause)
    {
        WalName? earliest = null;
        foreach (WalShipper shipper in whom)
        {
            if (shipper.FirstMissing() is not { } first) continue;
            debts.Owe(shipper.Repository.Name, first, cause, component.PointInTime.BaseAfterHole);
            if (earliest is null || string.CompareOrdinal(first.Text, earliest.Text) < 0) earliest = first;
        }

        if (!component.PointInTime.BaseAfterHole) context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalNeedsBase, component.Name));
        return earliest;
    }

    /// <summary>The server has not got any more what comes next.</summary>
    public async Task StartAnewAsync(CancellationToken ct)
    {
        string cause = debts.GivenUp ? WalHoles.GivenUp : WalHoles.Lost;
        await DrainAsync(ct).ConfigureAwait(false);
        WalName? first = Owe(shippers, cause);
        context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalLost, component.Slot, first?.Text ?? "-"));
        spool.Clear();
        await slot.DropAsync(ct).ConfigureAwait(false);
        await slot.TakeAsync(ct).ConfigureAwait(false);
        debts.GivenUp = false;
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("wal-hole", component.Name, RunStatus.Incomplete, DrpError.Incomplete, new PhaseClock(context.Clock), new(StringComparer.Ordinal)
        {
            ["cause"] = cause,
            ["first"] = first?.Text ?? "",
            ["system"] = spool.System.ToString(CultureInfo.InvariantCulture),
        }, brief.Token).ConfigureAwait(false);
    }

    /// <summary>Takes the base backup that is owed; one that fails is tried again, later and later.</summary>
    public async Task TakeBasesAsync(CancellationToken stop)
    {
        for (TimeSpan pause = s_firstPause; !stop.IsCancellationRequested;)
        {
            string[] owed = [.. debts.Bases.Where(b => shippers.Any(s => s.Repository.Name == b && !s.IsSilent))];
            if (owed.Length == 0)
            {
                IsSettled = true;
                await Task.Delay(s_look, context.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            context.Host.Say(DrpEventLevel.Information, Text.Of(OperationsTexts.WalTakingBase, component.Name));
            try
            {
                var options = new BackupOptions { Kind = SetId.Base, Components = [component.Name], Repositories = owed, Reason = OperationsTexts.WalBaseReason };
                BackupReport report = await new BackupRun(context, options).RunAsync(stop).ConfigureAwait(false);
                debts.Based(report.Repositories.Where(r => r.Status == RunStatus.Succeeded).Select(r => r.Repository));
                pause = s_firstPause;
            }
            catch (Exception e) when (e is DrpException or IOException && !stop.IsCancellationRequested)
            {
                IsSettled = true;
                context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalBaseFailed, component.Name, pause, e.Message));
                await Task.Delay(pause, context.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks));
            }
        }
    }
}
