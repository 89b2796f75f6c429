using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Stops and removes the service that runs the receiver of a component.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "DrpService", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ServiceReport))]
public sealed class UnregisterDrpServiceCommand : ServiceCmdlet
{
    /// <summary>The service for Docker Compose in place of the unit of systemd.</summary>
    [Parameter]
    public SwitchParameter Compose { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionServiceUnregister, Component ?? CmdletTexts.ServiceOfPlan, out bool dryRun)) return;
        var options = new ServiceOptions { Component = Component, Folder = FullFolder(), Manager = Compose ? ServiceManager.Compose : ServiceManager.Systemd, DryRun = dryRun };
        WithPlan(async (session, outlet, ct) =>
        {
            var report = await session.UnregisterServiceAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
        });
    }
}
