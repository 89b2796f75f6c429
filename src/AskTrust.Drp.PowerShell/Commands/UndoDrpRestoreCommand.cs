using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Takes a restore back: the database is again as it was before.</summary>
[Cmdlet(VerbsCommon.Undo, "DrpRestore", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RestoreReport), typeof(Job))]
public sealed class UndoDrpRestoreCommand : PlanCmdlet
{
    /// <summary>Restore to take back.</summary>
    /// <value>Default: the newest.</value>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? RestoreId { get; set; }

    /// <summary>Also when the target is production.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionUndo, RestoreId ?? CmdletTexts.NewestRestore, out bool dryRun)) return;
        var options = new UndoOptions { RestoreId = RestoreId, Confirmed = Force, DryRun = dryRun };
        Run(AsJob, async (session, outlet, ct) =>
        {
            var report = await session.UndoAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            Outcome.Check(report, outlet);
        });
    }
}
