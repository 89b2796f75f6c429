using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Tells how each pair of servers stands: who is primary by right, how far the standby is, what is wrong.</summary>
[Cmdlet(VerbsCommon.Get, "DrpPrimary")]
[OutputType(typeof(PrimaryStatus))]
public sealed class GetDrpPrimaryCommand : PlanCmdlet
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
            await foreach (var status in session.PrimaryAsync(component, ct).ConfigureAwait(false)) await outlet.WriteAsync(status, ct).ConfigureAwait(false);
        });
    }
}
