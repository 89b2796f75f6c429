using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Finds in the archived WAL what happened to a table, and the moment just before; newest first.</summary>
[Cmdlet(VerbsCommon.Find, "DrpRecoveryPoint")]
[OutputType(typeof(RecoveryPointCandidate), typeof(Job))]
public sealed class FindDrpRecoveryPointCommand : PlanCmdlet
{
    /// <summary>Table: <c>name</c> or <c>schema.name</c>, as PostgreSQL stores it.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Table { get; set; } = "";

    /// <summary>What to look for.</summary>
    /// <value>Default: <c>Drop</c>, <c>Truncate</c> and <c>Delete</c>.</value>
    [Parameter(Position = 1)]
    public TableAction[] Action { get; set; } = [];

    /// <summary>Only transactions committed at or after this moment.</summary>
    /// <value>Default: the newest base backup.</value>
    [Parameter]
    [PointInTime]
    public DateTimeOffset? After { get; set; }

    /// <summary>Only transactions committed before this moment.</summary>
    [Parameter]
    [PointInTime]
    public DateTimeOffset? Before { get; set; }

    /// <summary>Only transactions that deleted or changed at least so many rows.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long LeastRows { get; set; } = 1;

    /// <summary>Component.</summary>
    /// <value>Default: the only one there is.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Database of the table.</summary>
    /// <value>Default: the component's own.</value>
    [Parameter]
    public string? Database { get; set; }

    /// <summary>Timeline to search along.</summary>
    /// <value>Default: the newest that descends from the base.</value>
    [Parameter]
    public uint? Timeline { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        var options = new RecoveryPointOptions
        {
            Table = Table, Actions = Action, After = After, Before = Before, LeastRows = LeastRows, Component = Component, Database = Database, Timeline = Timeline,
        };
        Run(AsJob, async (session, outlet, ct) =>
        {
            foreach (var candidate in await session.FindRecoveryPointsAsync(options, ct).ConfigureAwait(false))
                await outlet.WriteAsync(candidate, ct).ConfigureAwait(false);
        });
    }
}
