using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Tells to which moments one can return, for each repository, and what is missing. A repository that does not answer is a warning; when none answers, each is an error.</summary>
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
            List<RecoveryWindow> silent = [];
            bool answered = false;
            await foreach (var window in session.RecoveryWindowAsync(component, ct).ConfigureAwait(false))
            {
                await outlet.WriteAsync(window, ct).ConfigureAwait(false);
                if (window.Message is null) answered = true;
                else silent.Add(window);
            }

            // In a disaster one repository is often lost with the rest: a runbook goes on with what the others say.
            foreach (var window in silent)
            {
                if (answered) outlet.On(new DrpMessage(DrpEventLevel.Warning, Text.Of(CmdletTexts.WindowUnknown, window.Component, window.Repository, window.Message)));
                else outlet.WriteError(ErrorMap.Item(window.Code, window.Message!, window));
            }
        });
    }
}
