using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Pump;

/// <summary>Delivers into the streams of a job. Nobody can be asked: what needs a yes is refused.</summary>
internal sealed class JobOutlet(DrpJob job) : Outlet
{
    /// <inheritdoc/>
    public override Task WriteAsync(object item, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        job.Output.Add(PSObject.AsPSObject(item));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override void WriteError(ErrorRecord error) => job.Error.Add(error);

    /// <inheritdoc/>
    public override Task<bool> AskAsync(string question, CancellationToken ct) => Task.FromResult(false);

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<PSObject>> InvokeAsync(string script, string argument, CancellationToken ct)
    {
        // The runspace that started the job may be busy or gone: this one is our own.
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.NewRunspace).AddScript(script).AddArgument(argument);
        await using var stop = ct.Register(shell.Stop).ConfigureAwait(false);
        return await Task.Run(shell.Invoke, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Say(DrpMessage message)
    {
        switch (message.Level)
        {
            case DrpEventLevel.Debug:
                job.Debug.Add(new DebugRecord(message.Text));
                break;
            case DrpEventLevel.Verbose:
                job.Verbose.Add(new VerboseRecord(message.Text));
                break;
            case DrpEventLevel.Warning:
                job.Warning.Add(new WarningRecord(message.Text));
                break;
            default:
                job.Information.Add(new InformationRecord(message.Text, "AskTrust.Drp"));
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Show(ProgressRecord record) => job.Progress.Add(record);
}
