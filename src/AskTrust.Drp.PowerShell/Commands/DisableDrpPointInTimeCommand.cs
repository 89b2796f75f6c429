using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Takes back what <c>Enable-DrpPointInTime</c> did: the service, the slot, the settings, the line of <c>pg_hba.conf</c>.</summary>
[Cmdlet(VerbsLifecycle.Disable, "DrpPointInTime", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PointInTimeReport))]
public sealed class DisableDrpPointInTimeCommand : PointInTimeCmdlet
{
    /// <summary>Also while somebody receives through the slot.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionDisable, Component ?? PlanPath(), out bool dryRun)) return;
        var options = new DisableOptions { Component = Component, Force = Force, AdminUrl = Url(), AdminPassword = Password(), DryRun = dryRun };
        Run(
            asJob: false,
            async (session, outlet, ct) =>
            {
                var report = await session.DisablePointInTimeAsync(options, ct).ConfigureAwait(false);
                await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            },
            AdminCredential);
    }
}
