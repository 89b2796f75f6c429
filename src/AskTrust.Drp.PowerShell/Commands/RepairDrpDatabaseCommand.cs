using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Checks a database with the server's own tools, rebuilds broken indexes while everybody works, and checks again. Tables are never touched.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "DrpDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(RepairReport), typeof(Job))]
public sealed class RepairDrpDatabaseCommand : PlanCmdlet
{
    /// <summary>Component.</summary>
    /// <value>Default: the only one of type postgresql.</value>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Database.</summary>
    /// <value>Default: that of the component.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Database { get; set; }

    /// <summary>Rebuilds every index, and brings the versions of collations up to date.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Leaves the statistics alone.</summary>
    [Parameter]
    public SwitchParameter NoAnalyze { get; set; }

    /// <summary>Also when this is production.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionRepairDatabase, Database ?? Component ?? CmdletTexts.TheDatabase, out bool dryRun)) return;
        var options = new RepairOptions { Component = Component, Database = Database, All = All, NoAnalyze = NoAnalyze, Confirmed = Force, DryRun = dryRun };
        Run(AsJob, async (session, outlet, ct) =>
        {
            var report = await session.RepairAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            Outcome.Check(report, outlet);
        });
    }
}
