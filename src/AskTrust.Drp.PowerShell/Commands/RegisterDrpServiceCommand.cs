using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Has the receiver of a component run by systemd, or writes a service for Docker Compose.</summary>
[Cmdlet(VerbsLifecycle.Register, "DrpService", SupportsShouldProcess = true)]
[OutputType(typeof(ServiceReport))]
public sealed class RegisterDrpServiceCommand : ServiceCmdlet
{
    /// <summary>Writes a service for Docker Compose in place of a unit of systemd.</summary>
    [Parameter]
    public SwitchParameter Compose { get; set; }

    /// <summary>Path of <c>drp</c>.</summary>
    /// <value>Default: the one on PATH.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Program { get; set; }

    /// <summary>User under whom systemd runs it.</summary>
    /// <value>Default: root.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>Credentials of systemd, <c>NAME=FILE</c>: name of the variable that the plan reads, file with the secret.</summary>
    [Parameter]
    [ValidatePattern("^[^=]+=.+")]
    public string[] Credential { get; set; } = [];

    /// <summary>Starts it, too.</summary>
    [Parameter]
    public SwitchParameter Start { get; set; }

    private protected override void Process()
    {
        if (!Asked(CmdletTexts.ActionServiceRegister, Component ?? CmdletTexts.ServiceOfPlan, out bool dryRun)) return;
        var options = new ServiceOptions
        {
            Component = Component, Folder = FullFolder(), Manager = Compose ? ServiceManager.Compose : ServiceManager.Systemd, User = User, Start = Start, DryRun = dryRun,
            Program = Program is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(Program),
            Credentials = Credential.Select(c => c.Split('=', 2)).ToDictionary(c => c[0], c => SessionState.Path.GetUnresolvedProviderPathFromPSPath(c[1]), StringComparer.Ordinal),
        };
        WithPlan(async (session, outlet, ct) =>
        {
            var report = await session.RegisterServiceAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
        });
    }
}
