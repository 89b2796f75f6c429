using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Runs a job of the plan: what it lists under <c>do</c>, in order.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "DrpJob", SupportsShouldProcess = true)]
[OutputType(typeof(JobReport), typeof(Job))]
public sealed class InvokeDrpJobCommand : PlanCmdlet
{
    /// <summary>Name of the job.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [ValidateNotNullOrEmpty]
    public string Job { get; set; } = "";

    /// <summary>Why, for the record.</summary>
    [Parameter]
    public string? Reason { get; set; }

    /// <summary>Runs in the background; the output is a job of PowerShell.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionJob, Job, out bool dryRun)) return;
        var options = new JobOptions { Name = Job, Reason = Reason, DryRun = dryRun };
        Run(AsJob, async (session, outlet, ct) =>
        {
            var report = await session.RunJobAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            foreach (var step in report.Steps.Where(s => s.Code != DrpError.None)) outlet.WriteError(ErrorMap.Item(step.Code, Text.Of(CmdletTexts.StepFailed, report.Job, step.Action, step.Message), step, step.Hint));
        });
    }
}
