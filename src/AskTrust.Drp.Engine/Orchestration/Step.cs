using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>One step of a run that can be taken back.</summary>
/// <param name="Phase">Its phase in reports.</param>
/// <param name="Text">What it does, for people.</param>
/// <param name="DoAsync">Does it.</param>
internal sealed record Step(string Phase, string Text, Func<CancellationToken, Task> DoAsync)
{
    /// <summary>Check: true when it is done already, by a run that was cut off. Null = never.</summary>
    public Func<bool>? IsDone { get; init; }

    /// <summary>Takes it back, also when it was only begun; null = there is nothing to take back.</summary>
    public Func<CancellationToken, Task>? UndoAsync { get; init; }

    /// <summary>True: it is taken back only when all others were.</summary>
    public bool StaysWhenStuck { get; init; }
}

/// <summary>Does steps one after another; when one fails, or the run is cancelled, takes back what was done, the last first.</summary>
/// <param name="host">The host.</param>
/// <param name="phases">Measures.</param>
/// <param name="beforeAsync">Told of each step before it begins.</param>
internal sealed class StepRunner(HostContext host, PhaseClock phases, Func<Step, Task> beforeAsync)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromHours(4);

    /// <summary>The step that is being done, or failed.</summary>
    public Step? Current { get; private set; }

    /// <summary>What could not be taken back; empty when everything was.</summary>
    public IReadOnlyList<string> Stuck { get; private set; } = [];

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException">Of the step that failed, after everything was taken back as far as that went (see <see cref="Stuck"/>).</exception>
    public async Task RunAsync(IEnumerable<Step> steps, CancellationToken ct)
    {
        Stack<Step> done = [];
        try
        {
            foreach (Step step in steps)
            {
                if (step.IsDone?.Invoke() == true)
                {
                    done.Push(step);
                    continue;
                }

                ct.ThrowIfCancellationRequested();
                Current = step;
                await beforeAsync(step).ConfigureAwait(false);
                done.Push(step);
                await phases.MeasureAsync(step.Phase, () => step.DoAsync(ct)).ConfigureAwait(false);
            }
        }
        catch
        {
            await phases.MeasureAsync("put back", () => UndoAsync(done)).ConfigureAwait(false);
            throw;
        }
    }

    private async Task UndoAsync(Stack<Step> done)
    {
        using var patience = new CancellationTokenSource(s_patience, host.Clock);
        List<string> stuck = [];
        foreach (Step step in done.Where(s => s.UndoAsync is not null))
        {
            if (step.StaysWhenStuck && stuck.Count > 0) continue;
            try
            {
                await step.UndoAsync!(patience.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DrpException or OperationCanceledException or IOException or UnauthorizedAccessException)
            {
                stuck.Add($"{step.Text}: {e.Message}");
            }
        }

        Stuck = stuck;
    }
}
