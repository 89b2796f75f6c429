using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Deletes the backup sets that no rule keeps; never the last good one, the newest proven one, or a pinned one.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "DrpRetention", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RetentionDecision))]
public sealed class InvokeDrpRetentionCommand : PlanCmdlet
{
    /// <summary>Job whose <c>keep</c> applies to its own sets.</summary>
    /// <value>Default: every job.</value>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(JobCompleter))]
    public string? Job { get; set; }

    /// <summary>Only in these repositories.</summary>
    /// <value>Default: all.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string[] Repository { get; set; } = [];

    /// <summary>In place of the plan's rules: keep the newest N sets.</summary>
    [Parameter]
    [ValidateRange(0, 100_000)]
    public int KeepLast { get; set; }

    /// <summary>In place of the plan's rules: one set for each of the last N hours that have one.</summary>
    [Parameter]
    [ValidateRange(0, 100_000)]
    public int KeepHourly { get; set; }

    /// <summary>In place of the plan's rules: one set for each of the last N days that have one.</summary>
    [Parameter]
    [ValidateRange(0, 100_000)]
    public int KeepDaily { get; set; }

    /// <summary>In place of the plan's rules: one set for each of the last N weeks that have one.</summary>
    [Parameter]
    [ValidateRange(0, 100_000)]
    public int KeepWeekly { get; set; }

    /// <summary>In place of the plan's rules: one set for each of the last N months that have one.</summary>
    [Parameter]
    [ValidateRange(0, 100_000)]
    public int KeepMonthly { get; set; }

    /// <summary>In place of the plan's rules: one set for each of the last N years that have one.</summary>
    [Parameter]
    [ValidateRange(0, 100_000)]
    public int KeepYearly { get; set; }

    /// <summary>In place of the plan's rules: every set not older than this, counted from the newest.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? KeepWithin { get; set; }

    private protected override void Process()
    {
        string target = Repository.Length > 0 ? string.Join(", ", Repository) : PlanPath();
        if (!Asked(CmdletTexts.ActionRetention, target, out bool dryRun)) return;
        var options = new RetentionOptions { Job = Job, Repositories = Repository, Policy = Policy(), DryRun = dryRun };
        WithPlan((session, outlet, ct) => Decisions.WriteAsync(session.RetainAsync(options, ct), outlet, ct));
    }

    private RetentionPolicy? Policy()
    {
        if (!MyInvocation.BoundParameters.Keys.Any(name => name.StartsWith("Keep", StringComparison.OrdinalIgnoreCase))) return null;
        return new RetentionPolicy
        {
            Last = KeepLast,
            Hourly = KeepHourly,
            Daily = KeepDaily,
            Weekly = KeepWeekly,
            Monthly = KeepMonthly,
            Yearly = KeepYearly,
            Within = KeepWithin,
        };
    }
}
