using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Backs up components into repositories.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "DrpBackup", SupportsShouldProcess = true)]
[OutputType(typeof(BackupReport), typeof(Job))]
public sealed class InvokeDrpBackupCommand : PlanCmdlet
{
    /// <summary>Job of the plan whose components, repositories and compression apply.</summary>
    /// <value>Default: everything in the plan.</value>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(JobCompleter))]
    public string? Job { get; set; }

    /// <summary>Components.</summary>
    /// <value>Default: the job's, or all.</value>
    [Parameter]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string[] Component { get; set; } = [];

    /// <summary>Repositories.</summary>
    /// <value>Default: the job's, or all.</value>
    [Parameter]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string[] Repository { get; set; } = [];

    /// <summary><c>full</c> (a dump of each database; of files everything, also where only changes are due) or <c>base</c> (the whole cluster, for a return to any moment).</summary>
    /// <value>Default: the job's, or a dump of each database and of files what is due.</value>
    [Parameter]
    [ValidateSet("full", "base")]
    public string? Kind { get; set; }

    /// <summary>Everything, also where the plan would have saved only what changed since the set before: files with <c>full:</c>, base backups with <c>baseBackup: { full: … }</c>. An error where there is neither.</summary>
    [Parameter]
    public SwitchParameter Full { get; set; }

    /// <summary>Why, for the record.</summary>
    [Parameter]
    public string? Reason { get; set; }

    /// <summary>Retention never deletes this set.</summary>
    [Parameter]
    public SwitchParameter Pin { get; set; }

    /// <summary>A complete set not older than this counts; then none is taken.</summary>
    /// <value>Default: one is always taken.</value>
    [Parameter]
    [Duration]
    public TimeSpan? MaxAge { get; set; }

    /// <summary>The set must be proven: a new one is restored in a throw-away server at once.</summary>
    [Parameter]
    public SwitchParameter RequireProven { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionBackup, Target(), out bool dryRun)) return;
        var options = new BackupOptions
        {
            Job = Job,
            Components = Component,
            Repositories = Repository,
            Kind = Kind,
            Full = Full,
            Reason = Reason,
            Pin = Pin,
            MaxAge = MaxAge,
            RequireProven = RequireProven,
            DryRun = dryRun,
        };
        Run(AsJob, async (session, outlet, ct) =>
        {
            var report = await session.BackupAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            foreach (var failed in report.Repositories.Where(r => r.Status is RunStatus.Failed or RunStatus.Incomplete))
                outlet.WriteError(ErrorMap.Item(DrpError.Incomplete, Text.Of(dryRun ? CmdletTexts.RepositoryWouldLackSet : CmdletTexts.RepositoryLacksSet, failed.Repository, report.Id, failed.Message), failed, CmdletTexts.SyncHint));
        });
    }

    private string Target()
    {
        string what = Job ?? (Component.Length > 0 ? string.Join(", ", Component) : PlanPath());
        return Repository.Length > 0 ? $"{what} → {string.Join(", ", Repository)}" : what;
    }
}
