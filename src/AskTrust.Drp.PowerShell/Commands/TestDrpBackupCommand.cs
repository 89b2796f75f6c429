using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Verifies backup sets: one result for each set and repository; what is damaged is an error too.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DrpBackup")]
[OutputType(typeof(VerificationResult), typeof(Job))]
public sealed class TestDrpBackupCommand : BackupFilterCmdlet
{
    /// <summary>Only the copies in this repository.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string? Repository { get; set; }

    /// <summary>How deep to look.</summary>
    /// <value>Default: <c>Content</c>, every byte.</value>
    [Parameter]
    public VerificationDepth Depth { get; set; } = VerificationDepth.Content;

    /// <summary>Skips what was verified at that depth before.</summary>
    [Parameter]
    public SwitchParameter NewOnly { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        var options = new VerifyOptions { Filter = Filter with { Repository = Repository }, Depth = Depth, NewOnly = NewOnly };
        Run(AsJob, async (session, outlet, ct) =>
        {
            await foreach (var result in session.VerifyAsync(options, ct).ConfigureAwait(false))
            {
                await outlet.WriteAsync(result, ct).ConfigureAwait(false);
                if (result.Verdict != CheckVerdict.Failed && result.Code == DrpError.None) continue;
                string problems = string.Join("; ", result.Problems);
                outlet.WriteError(ErrorMap.Item(
                    result.Code == DrpError.None ? DrpError.VerificationFailed : result.Code, Text.Of(CmdletTexts.SetDamaged, result.Id, result.Repository, problems), result));
            }
        });
    }
}
