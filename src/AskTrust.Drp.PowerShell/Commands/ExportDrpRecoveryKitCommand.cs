using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Writes what has to lie somewhere else than on the machine: the plan, its public keys, and a page to print that says how to come back.</summary>
[Cmdlet(VerbsData.Export, "DrpRecoveryKit", SupportsShouldProcess = true)]
[OutputType(typeof(RecoveryKitReport))]
public sealed class ExportDrpRecoveryKitCommand : PlanCmdlet
{
    /// <summary>Folder to write into; made when missing, must be empty.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = "";

    /// <summary>Also writes the values of environment variables the plan refers to, into one file encrypted as the backups are.</summary>
    [Parameter]
    public SwitchParameter IncludeSecret { get; set; }

    private protected override void Process()
    {
        string folder = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Destination);
        if (!Asked(CmdletTexts.ActionKit, folder, out bool dryRun)) return;
        var options = new RecoveryKitOptions { Folder = folder, IncludeSecrets = IncludeSecret, DryRun = dryRun };
        WithPlan(async (session, outlet, ct) =>
        {
            var report = await session.ExportKitAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(report, ct).ConfigureAwait(false);
        });
    }
}
