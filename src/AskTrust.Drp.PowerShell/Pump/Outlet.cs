using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Pump;

/// <summary>
/// Where work that runs in the background delivers what it has for the user: the pipeline of a cmdlet, or a job. May be
/// called from any thread.
/// </summary>
internal abstract class Outlet : IDrpObserver
{
    private readonly ProgressBars _bars = new();

    /// <summary>Writes one object; returns when it was taken, so that a slow or stopped consumer holds the engine back.</summary>
    public abstract Task WriteAsync(object item, CancellationToken ct);

    /// <summary>Writes an error and goes on.</summary>
    public abstract void WriteError(ErrorRecord error);

    /// <summary>Asks the operator a yes/no question; false when nobody is there to ask.</summary>
    public abstract Task<bool> AskAsync(string question, CancellationToken ct);

    /// <summary>Runs a script block with one argument where the user's modules are, and returns what it wrote.</summary>
    public abstract Task<IReadOnlyList<PSObject>> InvokeAsync(string script, string argument, CancellationToken ct);

    /// <inheritdoc/>
    public void On(DrpEvent happening)
    {
        switch (happening)
        {
            case DrpMessage message:
                Say(message);
                break;
            case DrpProgress progress when _bars.Next(progress) is { } record:
                Show(record);
                break;
        }
    }

    /// <summary>Takes down the bars that are still up.</summary>
    public void EndProgress()
    {
        foreach (var record in _bars.End()) Show(record);
    }

    /// <summary>Delivers one line into the stream of its level.</summary>
    protected abstract void Say(DrpMessage message);

    /// <summary>Delivers one state of a progress bar.</summary>
    protected abstract void Show(ProgressRecord record);
}
