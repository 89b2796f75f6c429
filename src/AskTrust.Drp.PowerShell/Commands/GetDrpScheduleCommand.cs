using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Tells for each job where it is registered, its last and next run, and the times it missed.</summary>
[Cmdlet(VerbsCommon.Get, "DrpSchedule")]
[OutputType(typeof(ScheduleStatus))]
public sealed class GetDrpScheduleCommand : ScheduleCmdlet
{
    private protected override void Process()
    {
        var options = Options();
        WithPlan(async (session, outlet, ct) =>
        {
            await foreach (var schedule in session.SchedulesAsync(options, ct).ConfigureAwait(false)) await outlet.WriteAsync(schedule, ct).ConfigureAwait(false);
        });
    }
}
