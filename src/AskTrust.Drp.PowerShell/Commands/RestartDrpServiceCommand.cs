using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Restarts services of a Compose project in the order of their dependencies, and waits until they are well.</summary>
[Cmdlet(VerbsLifecycle.Restart, "DrpService", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(ServiceRestartReport), typeof(Job))]
public sealed class RestartDrpServiceCommand : PlanCmdlet
{
    /// <summary>Services to restart.</summary>
    /// <value>Default: all of the project.</value>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string[] Service { get; set; } = [];

    /// <summary>Compose project.</summary>
    /// <value>Default: that of the plan's components, else the only one.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Project { get; set; }

    /// <summary>Also restarts the services that need the named ones.</summary>
    [Parameter]
    public SwitchParameter WithDependent { get; set; }

    /// <summary>How long a service gets to end by itself before it is killed.</summary>
    /// <value>Default: 30 seconds.</value>
    [Parameter]
    [Duration]
    public TimeSpan? StopTimeout { get; set; }

    /// <summary>How long each service gets to become well.</summary>
    /// <value>Default: 5 minutes.</value>
    [Parameter]
    [Duration]
    public TimeSpan? HealthTimeout { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        string target = string.Join(' ', [Project ?? CmdletTexts.TheStack, .. Service]);
        if (!Asked(CmdletTexts.ActionRestart, target, out bool dryRun)) return;
        var options = new ServiceRestartOptions { Services = Service, Project = Project, Dependents = WithDependent, DryRun = dryRun };
        options = options with { StopTimeout = StopTimeout ?? options.StopTimeout, HealthTimeout = HealthTimeout ?? options.HealthTimeout };
        Run(AsJob, async (session, outlet, ct) =>
        {
            var report = await session.RestartServicesAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            Outcome.Check(report, outlet);
        });
    }
}
