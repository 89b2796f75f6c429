using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Makes the other server of a pair follow the primary again; what it wrote on its own is thrown away.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "DrpStandby", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PrimarySwitchReport), typeof(Job))]
public sealed class RepairDrpStandbyCommand : PlanCmdlet
{
    /// <summary>Node that becomes a standby.</summary>
    /// <value>Default: the one that is not primary.</value>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Node { get; set; }

    /// <summary>Component of the pair.</summary>
    /// <value>Default: the only one with a pair.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Copies it anew when it cannot be rewound; its data directory is kept aside.</summary>
    [Parameter]
    public SwitchParameter Reseed { get; set; }

    /// <summary>Also when this is production.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionRepair, string.Join(' ', new[] { Component, Node ?? CmdletTexts.TheStandby }.Where(word => word is not null)), out bool dryRun)) return;
        var options = new StandbyRepairOptions { Component = Component, Node = Node, Reseed = Reseed, Confirmed = Force, DryRun = dryRun };
        Run(AsJob, async (session, outlet, ct) =>
        {
            var report = await session.RepairStandbyAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            Outcome.Check(report, outlet);
        });
    }
}
