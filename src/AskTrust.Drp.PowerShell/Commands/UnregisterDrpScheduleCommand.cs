using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Takes jobs out of systemd, cron or Windows again.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "DrpSchedule", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ScheduleReport))]
public sealed class UnregisterDrpScheduleCommand : ScheduleCmdlet
{
    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionScheduleUnregister, Job.Length > 0 ? string.Join(", ", Job) : PlanPath(), out bool dryRun)) return;
        var options = Options() with { DryRun = dryRun };
        WithPlan(async (session, outlet, ct) =>
        {
            var report = await session.UnregisterScheduleAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
        });
    }
}
