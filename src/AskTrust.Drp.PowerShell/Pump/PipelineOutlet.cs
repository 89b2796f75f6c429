using System.Collections.Concurrent;
using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Pump;

/// <summary>Delivers through the thread of the pipeline: a cmdlet may write from no other.</summary>
/// <param name="scope">Ends when the pipeline stops: then nobody waits for a delivery any more.</param>
internal sealed class PipelineOutlet(CancellationToken scope) : Outlet, IDisposable
{
    private readonly BlockingCollection<Action<PSCmdlet>> _queue = [];

    /// <summary>What is to be delivered, until <see cref="Close"/>.</summary>
    public IEnumerable<Action<PSCmdlet>> Deliveries => _queue.GetConsumingEnumerable(CancellationToken.None);

    /// <summary>Nothing more comes.</summary>
    public void Close() => _queue.CompleteAdding();

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    /// <inheritdoc/>
    public override Task WriteAsync(object item, CancellationToken ct) =>
        OnPipelineAsync(
            cmdlet =>
            {
                cmdlet.WriteObject(item);
                return true;
            },
            ct,
            faultsPipeline: true);

    /// <inheritdoc/>
    public override void WriteError(ErrorRecord error) => Post(cmdlet => cmdlet.WriteError(error));

    /// <inheritdoc/>
    public override Task<bool> AskAsync(string question, CancellationToken ct) =>
        OnPipelineAsync(
            cmdlet =>
            {
                try
                {
                    return cmdlet.ShouldContinue(question, cmdlet.MyInvocation.MyCommand.Name);
                }
                catch (Exception e) when (e is not PipelineStoppedException)
                {
                    // A host that cannot prompt (-NonInteractive): nobody is there to say yes.
                    cmdlet.WriteVerbose(e.Message);
                    return false;
                }
            },
            ct);

    /// <inheritdoc/>
    public override Task<IReadOnlyList<PSObject>> InvokeAsync(string script, string argument, CancellationToken ct) =>
        OnPipelineAsync<IReadOnlyList<PSObject>>(cmdlet => cmdlet.InvokeCommand.NewScriptBlock(script).Invoke(argument), ct);

    /// <inheritdoc/>
    protected override void Say(DrpMessage message) =>
        Post(message.Level switch
        {
            DrpEventLevel.Debug => c => c.WriteDebug(message.Text),
            DrpEventLevel.Verbose => c => c.WriteVerbose(message.Text),
            DrpEventLevel.Warning => c => c.WriteWarning(message.Text),
            _ => c => c.WriteInformation(message.Text, ["AskTrust.Drp"]),
        });

    /// <inheritdoc/>
    protected override void Show(ProgressRecord record) => Post(c => c.WriteProgress(record));

    // Not bound to the stop: the pump empties the queue even then.
    private void Post(Action<PSCmdlet> delivery) => _queue.Add(delivery, CancellationToken.None);

    private async Task<T> OnPipelineAsync<T>(Func<PSCmdlet, T> action, CancellationToken ct, bool faultsPipeline = false)
    {
        // Continuations run elsewhere: on the pipeline's thread they would hold up the pump.
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        ct.ThrowIfCancellationRequested();
        Post(
            cmdlet =>
            {
                try
                {
                    done.TrySetResult(action(cmdlet));
                }
                catch (Exception e) when (faultsPipeline || e is PipelineStoppedException)
                {
                    // Flow control of PowerShell (a stop, a break downstream): it belongs to the pump, not to the engine.
                    done.TrySetCanceled(CancellationToken.None);
                    throw;
                }
                catch (Exception e)
                {
                    done.TrySetException(e);
                }
            });
        await using var given = ct.Register(() => done.TrySetCanceled(ct)).ConfigureAwait(false);
        await using var stopped = scope.Register(() => done.TrySetCanceled(scope)).ConfigureAwait(false);
        return await done.Task.ConfigureAwait(false);
    }
}
