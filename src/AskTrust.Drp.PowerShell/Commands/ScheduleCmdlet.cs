using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Base of the cmdlets about the times of jobs.</summary>
public abstract class ScheduleCmdlet : PlanCmdlet
{
    /// <summary>Jobs.</summary>
    /// <value>Default: every job with a schedule.</value>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(JobCompleter))]
    public string[] Job { get; set; } = [];

    /// <summary>Who calls them.</summary>
    /// <value>Default: systemd where it runs, else the crontab of the user.</value>
    [Parameter]
    public ScheduleManager Manager { get; set; }

    /// <summary>Folder of the files.</summary>
    /// <value>Default: where the manager looks.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Folder { get; set; }

    /// <summary>User under whom the jobs run; with a crontab, whose it is.</summary>
    /// <value>Default: root, or the caller.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>What was asked. Call on the pipeline's thread.</summary>
    private protected ScheduleOptions Options() => new()
    {
        Jobs = Job, Manager = Manager, User = User, Folder = Folder is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(Folder),
    };
}
