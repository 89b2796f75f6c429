using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Tells how the WAL of each component is on its way: lag, slot, spool, repositories.</summary>
[Cmdlet(VerbsCommon.Get, "DrpReplication")]
[OutputType(typeof(ReplicationStatus))]
public sealed class GetDrpReplicationCommand : PlanCmdlet
{
    /// <summary>Only this component.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    private protected override void Process()
    {
        string? component = Component;
        WithPlan(async (session, outlet, ct) =>
        {
            await foreach (var status in session.ReplicationAsync(component, ct).ConfigureAwait(false)) await outlet.WriteAsync(status, ct).ConfigureAwait(false);
        });
    }
}
