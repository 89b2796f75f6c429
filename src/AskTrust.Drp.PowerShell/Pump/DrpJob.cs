using System.Globalization;
using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Pump;

/// <summary>A long operation in the background (<c>-AsJob</c>). Stopping cancels it and waits until it has cleaned up.</summary>
public sealed class DrpJob : Job
{
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;

    /// <summary>Makes the job; nothing runs yet.</summary>
    /// <param name="command">The line that asked for it.</param>
    /// <param name="name">Name of the job.</param>
    internal DrpJob(string command, string name)
        : base(command, name) => PSJobTypeName = "DrpJob";

    /// <inheritdoc/>
    public override bool HasMoreData =>
        Output.Count + Error.Count + Progress.Count + Verbose.Count + Debug.Count + Warning.Count + Information.Count > 0;

    /// <inheritdoc/>
    public override string Location => "localhost";

    /// <inheritdoc/>
    public override string StatusMessage => "";

    /// <inheritdoc/>
    public override void StopJob()
    {
        if (JobStateInfo.State is not (JobState.Running or JobState.Stopping)) return;
        _stop.Cancel();
        _work.GetAwaiter().GetResult();
    }

    /// <summary>Starts the work. It never fails the task: its end is the state of the job.</summary>
    internal void Start(Func<Outlet, CancellationToken, Task> work)
    {
        SetJobState(JobState.Running);
        var culture = CultureInfo.CurrentUICulture;
        _work = Task.Run(() => RunAsync(work, culture), CancellationToken.None);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            StopJob();
            _stop.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task RunAsync(Func<Outlet, CancellationToken, Task> work, CultureInfo culture)
    {
        CultureInfo.CurrentUICulture = culture;
        var outlet = new JobOutlet(this);
        var end = JobState.Completed;
        try
        {
            await work(outlet, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            end = JobState.Stopped;
        }
        catch (Exception e)
        {
            Error.Add(ErrorMap.ToRecord(e));
            end = JobState.Failed;
        }

        outlet.EndProgress();
        SetJobState(end);
    }
}
