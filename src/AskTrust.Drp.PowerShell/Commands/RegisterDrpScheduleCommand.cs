using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Has systemd, cron or Windows call the jobs of the plan at their times.</summary>
[Cmdlet(VerbsLifecycle.Register, "DrpSchedule", SupportsShouldProcess = true)]
[OutputType(typeof(ScheduleReport))]
public sealed class RegisterDrpScheduleCommand : ScheduleCmdlet
{
    /// <summary>Path of <c>drp</c>.</summary>
    /// <value>Default: the one on PATH.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Program { get; set; }

    /// <summary>Credentials of systemd, <c>NAME=FILE</c>: name of the variable that the plan reads, file with the secret.</summary>
    [Parameter]
    [ValidatePattern("^[^=]+=.+")]
    public string[] Credential { get; set; } = [];

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionScheduleRegister, Job.Length > 0 ? string.Join(", ", Job) : PlanPath(), out bool dryRun)) return;
        var options = Options() with
        {
            DryRun = dryRun, Program = Program is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(Program),
            Credentials = Credential.Select(c => c.Split('=', 2)).ToDictionary(c => c[0], c => SessionState.Path.GetUnresolvedProviderPathFromPSPath(c[1]), StringComparer.Ordinal),
        };
        WithPlan(async (session, outlet, ct) =>
        {
            var report = await session.RegisterScheduleAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
        });
    }
}
