using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Makes the standby of a pair the primary: without loss, unless that is agreed to.</summary>
[Cmdlet(VerbsCommon.Switch, "DrpPrimary", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Switch")]
[OutputType(typeof(PrimarySwitchReport), typeof(Job))]
public sealed class SwitchDrpPrimaryCommand : PlanCmdlet
{
    /// <summary>Component whose primary changes.</summary>
    /// <value>Default: the only one with a pair.</value>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Node that becomes primary.</summary>
    /// <value>Default: the other one.</value>
    [Parameter(ParameterSetName = "Switch")]
    [ValidateNotNullOrEmpty]
    public string? To { get; set; }

    /// <summary>Goes on although the primary does not answer, or the standby may lack something.</summary>
    [Parameter(ParameterSetName = "Switch")]
    public SwitchParameter AllowDataLoss { get; set; }

    /// <summary>Goes on although the old primary cannot be shown to be fenced; the reason is recorded as evidence. Needs <c>-AllowDataLoss</c>.</summary>
    [Parameter(ParameterSetName = "Switch")]
    [ValidateNotNullOrEmpty]
    public string? UnfencedReason { get; set; }

    /// <summary>Leaves the old primary down instead of making it a standby.</summary>
    [Parameter(ParameterSetName = "Switch")]
    public SwitchParameter LeaveOld { get; set; }

    /// <summary>Copies the old primary anew when it cannot be rewound; its data directory is kept aside.</summary>
    [Parameter(ParameterSetName = "Switch")]
    public SwitchParameter Reseed { get; set; }

    /// <summary>Takes a switch back that was begun and not ended, as long as nothing is promoted.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Abort")]
    public SwitchParameter Abort { get; set; }

    /// <summary>Also when this is production.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        if (UnfencedReason is not null && !AllowDataLoss) throw new DrpException(DrpError.PlanInvalid, Text.Of(CmdletTexts.NeedsToo, "-UnfencedReason", "-AllowDataLoss"));
        string target = string.Join(' ', new[] { Component ?? CmdletTexts.ThePair, To is null ? null : $"→ {To}" }.Where(word => word is not null));
        if (!Asked(Abort ? CmdletTexts.ActionAbortSwitch : CmdletTexts.ActionSwitch, target, out bool dryRun)) return;
        var options = new PrimarySwitchOptions
        {
            Component = Component, To = To, AllowDataLoss = AllowDataLoss, UnfencedReason = UnfencedReason, LeaveOld = LeaveOld, Reseed = Reseed, Abort = Abort, Confirmed = Force, DryRun = dryRun,
        };
        Run(AsJob, async (session, outlet, ct) =>
        {
            var report = await session.SwitchPrimaryAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            Outcome.Check(report, outlet);
        });
    }
}
