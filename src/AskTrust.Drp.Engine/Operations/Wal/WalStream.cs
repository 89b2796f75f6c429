using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Why a stream ended.</summary>
internal enum WalStreamEnd
{
    /// <summary>It was stopped.</summary>
    Stopped,

    /// <summary>The server went away, the disk is full, … : try again.</summary>
    Broken,

    /// <summary>The server has not got any more what comes next.</summary>
    Removed,

    /// <summary>The slot is gone.</summary>
    NoSlot,
}

/// <summary>Runs <c>pg_receivewal</c>, and remembers who runs it: a receiver killed with -9 leaves it behind, and it would hold the slot.</summary>
internal sealed class WalStream(OperationContext context, WalComponent component, WalSpool spool)
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    private string Owner => spool.Folder + ".owner";

    /// <summary>What the last run said before it ended.</summary>
    public string LastError { get; private set; } = "";

    /// <summary>Ends what a killed receiver left behind on this machine.</summary>
    public async Task EndLeftoverAsync(WalSource source, CancellationToken ct)
    {
        if (File.Exists(Owner) && OwnerMark.Parse(await File.ReadAllTextAsync(Owner, ct).ConfigureAwait(false)) is { } left && left.Look() == OwnerState.Alive)
        {
            context.Host.Say(DrpEventLevel.Verbose, Text.Of(OperationsTexts.WalLeftover, left.ProcessId));
            End(left.ProcessId, Posix.SigTerm);
            long start = context.Clock.GetTimestamp();
            while (left.Look() == OwnerState.Alive && context.Clock.GetElapsedTime(start) < s_grace) await Task.Delay(50, ct).ConfigureAwait(false);
            if (left.Look() == OwnerState.Alive) End(left.ProcessId, Posix.SigKill);
        }

        File.Delete(Owner);
        await source.RemoveSideContainerAsync(component.Slot, ct).ConfigureAwait(false);

        static void End(int id, int signal)
        {
            if (!Posix.Signal(-id, signal)) Posix.Signal(id, signal);
        }
    }

    /// <summary>Streams until it is stopped, or ends by itself.</summary>
    public async Task<WalStreamEnd> RunAsync(WalSource source, CancellationToken stop)
    {
        spool.RemoveUnmade();
        List<string> last = [];
        IRunningProcess process = context.Host.Processes.Start(source.Stream(spool.Folder, component.Slot, component.PointInTime.Synchronous));
        await using var _ = process.ConfigureAwait(false);
        process.OnErrorLine = line =>
        {
            lock (last)
            {
                last.Add(line);
                if (last.Count > 20) last.RemoveAt(0);
            }

            context.Host.Say(DrpEventLevel.Debug, line);
        };
        await File.WriteAllTextAsync(Owner, OwnerMark.Of(process.Id)?.ToString() ?? "", CancellationToken.None).ConfigureAwait(false);
        try
        {
            await process.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return WalStreamEnd.Stopped;
        }

        lock (last) LastError = string.Join(' ', last.Where(l => l.Contains("error:", StringComparison.Ordinal) || l.Contains("FATAL:", StringComparison.Ordinal) || l.Contains("ERROR:", StringComparison.Ordinal)));
        if (LastError.Length == 0) lock (last) LastError = last.LastOrDefault() ?? "";
        return LastError.Contains("has already been removed", StringComparison.Ordinal) ? WalStreamEnd.Removed
            : LastError.Contains("does not exist", StringComparison.Ordinal) && LastError.Contains("replication slot", StringComparison.Ordinal) ? WalStreamEnd.NoSlot
            : LastError.Contains("can no longer get changes", StringComparison.Ordinal) || LastError.Contains("cannot read from", StringComparison.Ordinal) ? WalStreamEnd.NoSlot
            : WalStreamEnd.Broken;
    }
}
