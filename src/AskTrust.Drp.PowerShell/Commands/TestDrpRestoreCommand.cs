using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Proves a backup: restores it into a throw-away server and judges the copy.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DrpRestore", DefaultParameterSetName = "Set")]
[OutputType(typeof(RestoreTestResult), typeof(Job))]
public sealed class TestDrpRestoreCommand : PlanCmdlet
{
    /// <summary>Id of the set.</summary>
    /// <value>Default: <c>latest</c>.</value>
    [Parameter(Position = 0, ParameterSetName = "Set", ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BackupIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string Id { get; set; } = "latest";

    /// <summary>A random set older than the newest.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Random")]
    public SwitchParameter Random { get; set; }

    /// <summary>Component to restore.</summary>
    /// <value>Default: the only one there is.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Repository to read from.</summary>
    /// <value>Default: the first that has the set.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string? Repository { get; set; }

    /// <summary>Where: a throw-away cluster of this machine, or a throw-away container.</summary>
    /// <value>Default: the plan's choice.</value>
    [Parameter]
    public RestoreTestWhere? Where { get; set; }

    /// <summary>Proves the way to a moment: base backup, archived WAL and all.</summary>
    /// <value>Default: the set alone.</value>
    [Parameter]
    [RecoveryTarget]
    public RecoveryTarget? To { get; set; }

    /// <summary>Also restores a damaged copy, which must be refused; else the tester itself is broken.</summary>
    [Parameter]
    public SwitchParameter NegativeControl { get; set; }

    /// <summary>Parallel jobs of pg_restore.</summary>
    /// <value>Default: the number of cores, at most 8.</value>
    [Parameter]
    [ValidateRange(0, 64)]
    public int ThrottleLimit { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        var options = new RestoreTestOptions
        {
            Id = Id,
            Random = Random,
            Component = Component,
            Repository = Repository,
            Where = Where,
            To = To,
            NegativeControl = NegativeControl,
            Jobs = ThrottleLimit,
        };
        Run(AsJob, async (session, outlet, ct) =>
        {
            var result = await session.TestRestoreAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(result, ct).ConfigureAwait(false);
            if (result.Verdict == CheckVerdict.Ok) return;
            outlet.WriteError(ErrorMap.Item(
                result.Code == DrpError.None ? DrpError.VerificationFailed : result.Code, Text.Of(CmdletTexts.NotProven, result.Id, result.Message), result));
        });
    }
}
