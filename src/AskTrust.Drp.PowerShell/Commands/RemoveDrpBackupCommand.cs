using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Deletes backup sets by name.</summary>
[Cmdlet(VerbsCommon.Remove, "DrpBackup", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RetentionDecision))]
public sealed class RemoveDrpBackupCommand : PlanCmdlet
{
    /// <summary>Exact ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BackupIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Id { get; set; } = [];

    /// <summary>Only from these repositories.</summary>
    /// <value>Default: all.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string[] Repository { get; set; } = [];

    /// <summary>Also the last good set, the newest proven set, and pinned sets.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Process()
    {
        string target = string.Join(", ", Id) + (Repository.Length > 0 ? $" ({string.Join(", ", Repository)})" : "");
        if (!Asked(CmdletTexts.ActionRemove, target, out bool dryRun)) return;
        var options = new RemoveOptions { Ids = Id, Repositories = Repository, Force = Force, DryRun = dryRun };
        WithPlan((session, outlet, ct) => Decisions.WriteAsync(session.RemoveAsync(options, ct), outlet, ct));
    }
}
