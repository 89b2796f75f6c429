using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>
/// Keeps the segments ready that a recovery will ask for next, while it replays; started by the first <c>drp wal fetch</c>. It ends by itself when nobody has
/// taken one for a while, or when one cannot be had: then <c>drp wal fetch</c> itself finds out why, and says so to the server.
/// </summary>
/// <param name="context">The operation.</param>
/// <param name="archive">The archive.</param>
/// <param name="ahead">Where they wait.</param>
/// <param name="system">System identifier.</param>
/// <param name="segmentSize">Bytes of a segment.</param>
/// <param name="count">Most segments that wait.</param>
internal sealed class WalFeeder(OperationContext context, WalArchive archive, WalAhead ahead, ulong system, int segmentSize, int count)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(30);
    private static readonly int s_atOnce = Math.Clamp(Environment.ProcessorCount, 2, 4);
    private readonly Dictionary<WalName, Task<bool>> _under = [];
    private WalName? _asked;
    private WalName? _next;

    /// <summary>Runs; at once at its end when another feeder is at work.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using FileStream? mine = ahead.TryLock();
        if (mine is null) return;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            foreach (string left in Directory.EnumerateFiles(ahead.Folder, WalAhead.Mark + "*")) File.Delete(left);
            await FeedAsync(stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e))
        {
            context.Host.Say(DrpEventLevel.Verbose, e.Message);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_under.Values).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            foreach (WalName name in _under.Keys) ahead.SetComing(name, false);
            ahead.Forget(null);
        }
    }

    private async Task FeedAsync(CancellationToken ct)
    {
        long changed = context.Clock.GetTimestamp();
        int before = 0;
        while (context.Clock.GetElapsedTime(changed) < s_idle)
        {
            Follow();
            IReadOnlyList<WalName> ready = ahead.Ready;
            if (ready.Count != before) (before, changed) = (ready.Count, context.Clock.GetTimestamp());
            for (int waiting = ready.Count + _under.Count; _next is not null && waiting < count && _under.Count < s_atOnce; waiting++) Begin(ct);
            await SettleAsync().ConfigureAwait(false);
            await Task.WhenAny(_under.Values.Append(Task.Delay(s_look, context.Clock, ct))).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Where the recovery is: one that began anew, or changed its timeline, wants other segments.</summary>
    private void Follow()
    {
        if (ahead.Wanted is not { } wanted || wanted == _asked) return;
        _asked = wanted;
        ahead.Forget(wanted);
        bool within = _under.ContainsKey(wanted) || File.Exists(ahead.PathOfReady(wanted));
        if (!within) _next = wanted;
    }

    private void Begin(CancellationToken ct)
    {
        WalName name = _next!;
        _next = name.Next(segmentSize);
        if (_under.ContainsKey(name) || File.Exists(ahead.PathOfReady(name))) return;
        ahead.SetComing(name, true);
        _under[name] = Task.Run(async () => await archive.GetAsync(system, name, ahead.PathOfReady(name), ct, wholeOnly: true).ConfigureAwait(false) == WalGetOutcome.Found, ct);
    }

    private async Task SettleAsync()
    {
        foreach (var (name, task) in _under.Where(u => u.Value.IsCompleted).ToList())
        {
            _under.Remove(name);
            ahead.SetComing(name, false);
            // The WAL ends here, for now: who asks for it again begins it again.
            if (!await task.ConfigureAwait(false)) _next = null;
        }
    }
}
