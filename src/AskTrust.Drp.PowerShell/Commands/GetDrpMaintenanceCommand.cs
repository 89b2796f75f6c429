using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Tells whether maintenance mode is on, since when and why, and whether the site shows it.</summary>
[Cmdlet(VerbsCommon.Get, "DrpMaintenance")]
[OutputType(typeof(MaintenanceStatus))]
public sealed class GetDrpMaintenanceCommand : PlanCmdlet
{
    private protected override void Process() => WithPlan(async (session, outlet, ct) => await outlet.WriteAsync(await session.MaintenanceAsync(ct).ConfigureAwait(false), ct).ConfigureAwait(false));
}
