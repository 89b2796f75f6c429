using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Takes an accident to tables back: recovers the state before it beside the live server, compares, and puts back what is asked.</summary>
[Cmdlet(VerbsData.Restore, "DrpTable", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(TableRestoreReport), typeof(Job))]
public sealed class RestoreDrpTableCommand : PlanCmdlet
{
    /// <summary>Tables: <c>name</c> or <c>schema.name</c>, as PostgreSQL stores it; <c>schema.*</c> or <c>*</c> for all, with what else was there.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Table")]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>State to bring the rows back from: a moment, an LSN, a transaction, a restore point or <c>latest</c>. <c>Find-DrpRecoveryPoint</c> writes it as <c>Target</c>.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Target")]
    [RecoveryTarget]
    [ValidateNotNull]
    public RecoveryTarget? To { get; set; }

    /// <summary>What is done with the rows.</summary>
    /// <value>Default: <c>Recovered</c>, which does not touch the live table.</value>
    [Parameter]
    public TableRestoreInto Into { get; set; }

    /// <summary>Stops just before the target instead of just after.</summary>
    [Parameter]
    public SwitchParameter Exclusive { get; set; }

    /// <summary>Schema for what lies beside.</summary>
    /// <value>Default: <c>recovered</c>.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Schema { get; set; } = "recovered";

    /// <summary>Base backup to begin with.</summary>
    /// <value>Default: the newest before the target.</value>
    [Parameter]
    [ArgumentCompleter(typeof(BackupIdCompleter))]
    public string? Base { get; set; }

    /// <summary>Component.</summary>
    /// <value>Default: the only one there is.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Repository to read the base from.</summary>
    /// <value>Default: the first that has it.</value>
    [Parameter]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string? Repository { get; set; }

    /// <summary>Database of the tables.</summary>
    /// <value>Default: the component's own.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Database { get; set; }

    /// <summary>Timeline to end on.</summary>
    /// <value>Default: the newest that descends from the base.</value>
    [Parameter]
    public uint? Timeline { get; set; }

    /// <summary>Replaces live tables without asking once more.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        string action = Into switch
        {
            TableRestoreInto.Missing => CmdletTexts.ActionTableMissing,
            TableRestoreInto.Replace => CmdletTexts.ActionTableReplace,
            _ => CmdletTexts.ActionTableRecovered,
        };
        string names = string.Join(", ", Name);
        if (!Asked(action, $"{To} → {names}", out bool dryRun)) return;
        var options = new TableRestoreOptions
        {
            Tables = Name, To = To!, Into = Into, Exclusive = Exclusive, Schema = Schema, Base = Base, Component = Component, Repository = Repository, Database = Database, Timeline = Timeline,
            Confirmed = Force, DryRun = dryRun,
        };
        Run(AsJob, async (session, outlet, ct) =>
        {
            var report = await session.RestoreTableAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            Outcome.Check(report, names, outlet);
        });
    }
}
