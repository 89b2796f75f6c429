using System.Globalization;
using System.Management.Automation;
using System.Runtime.ExceptionServices;

namespace AskTrust.Drp.PowerShell.Pump;

/// <summary>
/// Base of the cmdlets: the engine works in the background, the pipeline's thread delivers. However the run ends — done,
/// failed, Ctrl+C, <c>Select-Object -First 1</c> downstream — the engine has cleaned up before the prompt returns.
/// </summary>
public abstract class DrpCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the cmdlet holds.</summary>
    /// <param name="disposing">False in a finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _stop.Dispose();
    }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Guarded(Process);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Guarded(Finish);

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel(); // only cancel: the pump waits

    /// <summary>Handles one object of the pipeline.</summary>
    private protected abstract void Process();

    /// <summary>Handles what was collected.</summary>
    private protected virtual void Finish()
    {
    }

    /// <summary>
    /// Asks before any work. False: the operator said no. With <c>-WhatIf</c> it says true and sets <paramref name="dryRun"/>:
    /// the engine then only tells what it would do.
    /// </summary>
    private protected bool Asked(string action, string target, out bool dryRun)
    {
        string sentence = Text.Of(CmdletTexts.Performing, action, target);
        bool go = ShouldProcess(sentence, Text.Of(CmdletTexts.Question, action, target), MyInvocation.MyCommand.Name, out var reason);
        dryRun = !go && reason.HasFlag(ShouldProcessReason.WhatIf);
        return go || dryRun;
    }

    /// <summary>Runs work to its end while delivering what it posts.</summary>
    private protected void Pump(Func<Outlet, CancellationToken, Task> run)
    {
        using var scope = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        using var outlet = new PipelineOutlet(scope.Token);
        var culture = CultureInfo.CurrentUICulture;
        Task work = Task.Run(
            async () =>
            {
                CultureInfo.CurrentUICulture = culture;
                try
                {
                    await run(outlet, scope.Token).ConfigureAwait(false);
                }
                finally
                {
                    outlet.EndProgress();
                    outlet.Close();
                }
            },
            CancellationToken.None);

        ExceptionDispatchInfo? pipelineFault = null;
        foreach (var deliver in outlet.Deliveries)
        {
            // After a fault deliveries are dropped, but taken: nobody may wait for a queue that nobody reads.
            if (pipelineFault is not null) continue;
            try
            {
                deliver(this);
            }
            catch (Exception e)
            {
                pipelineFault = ExceptionDispatchInfo.Capture(e);
                scope.Cancel();
            }
        }

        Exception? engineFault = null;
        try
        {
            work.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (scope.IsCancellationRequested)
        {
            // Told below, as a stop.
        }
        catch (Exception e)
        {
            engineFault = e;
        }

        pipelineFault?.Throw();
        if (_stop.IsCancellationRequested) throw new PipelineStoppedException();
        if (engineFault is not null) Fail(engineFault);
    }

    private void Guarded(Action work)
    {
        try
        {
            work();
        }
        catch (DrpException e)
        {
            Fail(e);
        }
    }

    /// <summary>Down a pipe one bad item does not stop the others; otherwise the command has failed as a whole.</summary>
    private void Fail(Exception fault)
    {
        if (fault is PlanException plan)
            foreach (var problem in plan.Problems) WriteError(ErrorMap.Item(plan.Code, problem.ToString(), problem));
        var record = ErrorMap.ToRecord(fault);
        if (MyInvocation.ExpectingInput) WriteError(record);
        else ThrowTerminatingError(record);
    }
}
