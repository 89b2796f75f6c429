using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Pins backup sets, so that retention never deletes them, or lifts their pins.</summary>
[Cmdlet(VerbsCommon.Set, "DrpBackup", SupportsShouldProcess = true, DefaultParameterSetName = "Pin")]
[OutputType(typeof(BackupSet))]
public sealed class SetDrpBackupCommand : PlanCmdlet
{
    /// <summary>Exact ids, or <c>latest</c>.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BackupIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Id { get; set; } = [];

    /// <summary>Retention never deletes the sets.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Pin")]
    public SwitchParameter Pin { get; set; }

    /// <summary>Retention may delete the sets again.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Unpin")]
    public SwitchParameter Unpin { get; set; }

    /// <summary>Why, for the record.</summary>
    [Parameter]
    public string? Reason { get; set; }

    private protected override void Process()
    {
        if (!Asked(Pin ? CmdletTexts.ActionPin : CmdletTexts.ActionUnpin, string.Join(", ", Id), out bool dryRun)) return;
        var options = new PinOptions { Ids = Id, Pinned = Pin, Reason = Reason, DryRun = dryRun };
        WithPlan(async (session, outlet, ct) =>
        {
            await foreach (var set in session.PinAsync(options, ct).ConfigureAwait(false)) await outlet.WriteAsync(set, ct).ConfigureAwait(false);
        });
    }
}
