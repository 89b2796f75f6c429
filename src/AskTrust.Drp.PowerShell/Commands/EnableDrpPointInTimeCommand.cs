using System.Management.Automation;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Examines a server, and changes what point-in-time recovery needs, so that it can be put back.</summary>
[Cmdlet(VerbsLifecycle.Enable, "DrpPointInTime", SupportsShouldProcess = true)]
[OutputType(typeof(PointInTimeReport))]
public sealed class EnableDrpPointInTimeCommand : PointInTimeCmdlet
{
    /// <summary>Restarts the server when a changed setting needs it.</summary>
    [Parameter]
    public SwitchParameter Restart { get; set; }

    /// <summary>Adds a line to <c>pg_hba.conf</c> when the server lets no replication connection in.</summary>
    [Parameter]
    public SwitchParameter Hba { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionEnable, Component ?? PlanPath(), out bool dryRun)) return;
        var options = new EnableOptions { Component = Component, Restart = Restart, Hba = Hba, AdminUrl = Url(), AdminPassword = Password(), DryRun = dryRun };
        Run(
            asJob: false,
            async (session, outlet, ct) =>
            {
                var report = await session.EnablePointInTimeAsync(options, ct).ConfigureAwait(false);
                await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
                if (report.Status != RunStatus.Incomplete) return;
                string open = string.Join(", ", report.Findings.Where(f => f.Verdict == CheckVerdict.Failed).Select(f => f.Check).Concat(report.Warnings));
                outlet.WriteError(ErrorMap.Item(DrpError.Incomplete, Text.Of(CmdletTexts.EnableEnded, report.Component, open), report));
            },
            AdminCredential);
    }
}
