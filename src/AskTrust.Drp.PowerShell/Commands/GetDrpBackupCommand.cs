using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Lists backup sets, newest first.</summary>
[Cmdlet(VerbsCommon.Get, "DrpBackup")]
[OutputType(typeof(BackupSet))]
public sealed class GetDrpBackupCommand : BackupFilterCmdlet
{
    /// <summary>Only sets in this repository.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string? Repository { get; set; }

    private protected override void Process()
    {
        var filter = Filter with { Repository = Repository };
        WithPlan(async (session, outlet, ct) =>
        {
            await foreach (var set in session.ListAsync(filter, ct).ConfigureAwait(false))
                await outlet.WriteAsync(set, ct).ConfigureAwait(false);
        });
    }
}
