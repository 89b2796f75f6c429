using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Assesses the damage: what is wrong, since when, to when it can be recovered, and what to type.</summary>
[Cmdlet(VerbsCommon.Get, "DrpDamage")]
[OutputType(typeof(DamageReport))]
public sealed class GetDrpDamageCommand : PlanCmdlet
{
    /// <summary>Only these components.</summary>
    /// <value>Default: all.</value>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string[] Component { get; set; } = [];

    /// <summary>Does not search the archived WAL for what happened; quicker.</summary>
    [Parameter]
    public SwitchParameter NoSearch { get; set; }

    private protected override void Process()
    {
        var options = new DamageOptions { Components = Component, NoSearch = NoSearch };
        WithPlan(async (session, outlet, ct) => await outlet.WriteAsync(await session.AssessDamageAsync(options, ct).ConfigureAwait(false), ct).ConfigureAwait(false));
    }
}
