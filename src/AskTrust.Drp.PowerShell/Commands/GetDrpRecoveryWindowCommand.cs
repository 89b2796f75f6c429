using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Tells to which moments one can return, for each repository, and what is missing.</summary>
[Cmdlet(VerbsCommon.Get, "DrpRecoveryWindow")]
[OutputType(typeof(RecoveryWindow))]
public sealed class GetDrpRecoveryWindowCommand : PlanCmdlet
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
            await foreach (var window in session.RecoveryWindowAsync(component, ct).ConfigureAwait(false))
            {
                await outlet.WriteAsync(window, ct).ConfigureAwait(false);
                if (window.Message is not null) outlet.WriteError(ErrorMap.Item(window.Code, window.Message, window));
            }
        });
    }
}
