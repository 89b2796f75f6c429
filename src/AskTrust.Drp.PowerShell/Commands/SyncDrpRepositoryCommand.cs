using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Copies into repositories the backup sets they lack.</summary>
[Cmdlet(VerbsData.Sync, "DrpRepository", SupportsShouldProcess = true)]
[OutputType(typeof(SyncResult), typeof(Job))]
public sealed class SyncDrpRepositoryCommand : BackupFilterCmdlet
{
    /// <summary>Repositories to complete.</summary>
    /// <value>Default: all that are written to.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string[] Repository { get; set; } = [];

    /// <summary>Repository to copy from.</summary>
    /// <value>Default: any that has the set.</value>
    [Parameter]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string? From { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        string target = Repository.Length > 0 ? string.Join(", ", Repository) : PlanPath();
        if (!Asked(CmdletTexts.ActionSync, target, out bool dryRun)) return;
        var options = new SyncOptions { Repositories = Repository, From = From, Filter = Filter, DryRun = dryRun };
        Run(AsJob, async (session, outlet, ct) =>
        {
            await foreach (var result in session.SyncAsync(options, ct).ConfigureAwait(false))
            {
                await outlet.WriteAsync(result, ct).ConfigureAwait(false);
                if (result.Status is RunStatus.Failed or RunStatus.Incomplete)
                    outlet.WriteError(ErrorMap.Item(result.Code, Text.Of(CmdletTexts.NotCopied, result.Id, result.Repository, result.Message), result));
            }
        });
    }
}
