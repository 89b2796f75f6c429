using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Shows visitors the site again.</summary>
[Cmdlet(VerbsLifecycle.Disable, "DrpMaintenance", SupportsShouldProcess = true)]
[OutputType(typeof(MaintenanceReport))]
public sealed class DisableDrpMaintenanceCommand : PlanCmdlet
{
    /// <summary>Why, for the record.</summary>
    [Parameter]
    public string? Reason { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionMaintenanceDisable, PlanPath(), out bool dryRun)) return;
        var options = new MaintenanceOptions { Reason = Reason, DryRun = dryRun };
        WithPlan(async (session, outlet, ct) =>
        {
            var report = await session.DisableMaintenanceAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
        });
    }
}
