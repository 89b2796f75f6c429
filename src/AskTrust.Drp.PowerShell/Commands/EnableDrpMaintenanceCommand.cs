using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Shows visitors the maintenance page.</summary>
[Cmdlet(VerbsLifecycle.Enable, "DrpMaintenance", SupportsShouldProcess = true)]
[OutputType(typeof(MaintenanceReport))]
public sealed class EnableDrpMaintenanceCommand : PlanCmdlet
{
    /// <summary>Why, for the record.</summary>
    [Parameter]
    public string? Reason { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionMaintenanceEnable, PlanPath(), out bool dryRun)) return;
        var options = new MaintenanceOptions { Reason = Reason, DryRun = dryRun };
        WithPlan(async (session, outlet, ct) =>
        {
            var report = await session.EnableMaintenanceAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
        });
    }
}
