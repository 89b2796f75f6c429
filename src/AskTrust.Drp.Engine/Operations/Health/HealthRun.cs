using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>Asks everything the plan names how it is, all at once, each with its own deadline; what hangs is a failed check and delays nothing else.</summary>
internal sealed class HealthRun(OperationContext context, HealthOptions options)
{
    /// <summary>How long a probe that was cancelled may take to clean up before it is left behind.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(300);

    private readonly HealthJudge _judge = new(context);
    private readonly TimeSpan _patience = options.Timeout ?? context.Plan.Health.Timeout;

    /// <summary>Checks, as they are done.</summary>
    public async IAsyncEnumerable<HealthCheck> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        HealthProbe[] probes = [.. HealthProbes.All(context, _judge, _patience).Where(Wanted)];
        bool any = false;
        ConcurrentQueue<HealthCheck> answers = new();
        var found = Channel.CreateUnbounded<HealthCheck>();
        Task[] all = [.. probes.Select(p => Task.Run(() => AskAsync(p, found.Writer, answers, ct), CancellationToken.None))];
        _ = Task.WhenAll(all).ContinueWith(_ => found.Writer.Complete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await foreach (HealthCheck check in found.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            any = true;
            yield return check;
        }

        ct.ThrowIfCancellationRequested();
        // With less patience than the plan has, no answer would mean little.
        if (options.Timeout is null)
            foreach (HealthCheck check in await new Availability(context, _judge).JudgeAsync(answers, ct).ConfigureAwait(false)) yield return check;
        if (!any) throw new DrpException(DrpError.PlanInvalid, Text.Of(HealthTexts.NothingFits, options.Name ?? string.Join(", ", options.Kinds))) { Hint = HealthTexts.NothingFitsHint };
    }

    /// <summary>Checks again and again, one list for each round, until it is cancelled: that is its ordinary end.</summary>
    public async IAsyncEnumerable<IReadOnlyList<HealthCheck>> WatchAsync(TimeSpan interval, [EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            List<HealthCheck>? round = [];
            // From start to start, so that a slow round does not slow the beat.
            Task pause = Task.Delay(interval, context.Clock, ct);
            try
            {
                await foreach (HealthCheck check in RunAsync(ct).ConfigureAwait(false)) round.Add(check);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                round = null;
            }

            if (round is null) yield break;
            yield return [.. round.OrderBy(c => c.Kind).ThenBy(c => c.Name, StringComparer.Ordinal)];
            await pause.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool Wanted(HealthProbe probe) =>
        (options.Kinds.Count == 0 || options.Kinds.Contains(probe.Kind) || (probe.Kind == HealthKind.Http && options.Kinds.Contains(HealthKind.Certificate)))
        && (options.Name is null || probe.Finds || probe.Name.Equals(options.Name, StringComparison.OrdinalIgnoreCase));

    private bool Wanted(HealthProbe probe, HealthCheck check) =>
        (options.Kinds.Count == 0 || options.Kinds.Contains(check.Kind))
        && (options.Name is not { } name || !probe.Finds || check.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || check.Name.StartsWith(name + " ", StringComparison.OrdinalIgnoreCase));

    private async Task AskAsync(HealthProbe probe, ChannelWriter<HealthCheck> found, ConcurrentQueue<HealthCheck> answers, CancellationToken ct)
    {
        long start = context.Clock.GetTimestamp();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(_patience);
        Task<IReadOnlyList<HealthCheck>> asking = Task.Run(() => probe.AskAsync(deadline.Token), CancellationToken.None);
        try
        {
            foreach (HealthCheck check in await asking.WaitAsync(deadline.Token).ConfigureAwait(false))
            {
                if (Wanted(probe, check)) Tell(check);
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            if (!ct.IsCancellationRequested) Tell(_judge.Bad(probe.Name, probe.Kind, Text.Of(HealthTexts.TimedOut, HealthJudge.Show(_patience.TotalSeconds, HealthJudge.Seconds)), HealthTexts.TimedOutAdvice, DrpError.Unreachable));
            await ((Task)asking.WaitAsync(s_grace, CancellationToken.None)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception e)
        {
            Tell(_judge.Bad(probe.Name, probe.Kind, e));
        }

        void Tell(HealthCheck check)
        {
            if (Availability.IsMeant(probe, check)) answers.Enqueue(check);
            found.TryWrite(check with { Elapsed = context.Clock.GetElapsedTime(start) });
        }
    }
}
