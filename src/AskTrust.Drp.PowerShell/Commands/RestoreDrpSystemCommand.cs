using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Restores everything a plan protects: services stop, every component goes back in order, services start and are waited for.</summary>
[Cmdlet(VerbsData.Restore, "DrpSystem", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Set")]
[OutputType(typeof(SystemRestoreReport), typeof(Job))]
public sealed class RestoreDrpSystemCommand : PlanCmdlet
{
    /// <summary>Id of the set.</summary>
    /// <value>Default: <c>latest</c>, of each component the newest set that has it.</value>
    [Parameter(Position = 0, ParameterSetName = "Set", ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BackupIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string Id { get; set; } = "latest";

    /// <summary>A folder that holds one set, or an archive of such a folder.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Path")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Repository to read from.</summary>
    /// <value>Default: the first that has the set.</value>
    [Parameter(ParameterSetName = "Set", ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string? Repository { get; set; }

    /// <summary>Only these components, or types of components.</summary>
    [Parameter(ParameterSetName = "Set")]
    [Parameter(ParameterSetName = "Path")]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string[] Only { get; set; } = [];

    /// <summary>All but these.</summary>
    [Parameter(ParameterSetName = "Set")]
    [Parameter(ParameterSetName = "Path")]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string[] Except { get; set; } = [];

    /// <summary>Compose project.</summary>
    /// <value>Default: that of the plan's components.</value>
    [Parameter(ParameterSetName = "Set")]
    [Parameter(ParameterSetName = "Path")]
    [ValidateNotNullOrEmpty]
    public string? Project { get; set; }

    /// <summary>Compose file to make the containers from when they are gone.</summary>
    /// <value>Default: the one among the plan's components.</value>
    [Parameter(ParameterSetName = "Set")]
    [Parameter(ParameterSetName = "Path")]
    [ValidateNotNullOrEmpty]
    public string? ComposeFile { get; set; }

    /// <summary>Leaves the services running.</summary>
    [Parameter(ParameterSetName = "Set")]
    [Parameter(ParameterSetName = "Path")]
    public SwitchParameter NoStop { get; set; }

    /// <summary>Leaves the services stopped at the end.</summary>
    [Parameter(ParameterSetName = "Set")]
    [Parameter(ParameterSetName = "Path")]
    public SwitchParameter NoStart { get; set; }

    /// <summary>Also what is production.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Reason for going without a safety backup; recorded as evidence.</summary>
    [Parameter(ParameterSetName = "Set")]
    [Parameter(ParameterSetName = "Path")]
    [ValidateNotNullOrEmpty]
    public string? NoSafetyReason { get; set; }

    /// <summary>How long a service gets to end by itself before it is killed.</summary>
    /// <value>Default: 30 seconds.</value>
    [Parameter(ParameterSetName = "Set")]
    [Parameter(ParameterSetName = "Path")]
    [Duration]
    public TimeSpan? StopTimeout { get; set; }

    /// <summary>How long each service gets to become well.</summary>
    /// <value>Default: 5 minutes.</value>
    [Parameter(ParameterSetName = "Set")]
    [Parameter(ParameterSetName = "Path")]
    [Duration]
    public TimeSpan? HealthTimeout { get; set; }

    /// <summary>Goes on with a restore that was cut off.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Resume")]
    public SwitchParameter Resume { get; set; }

    /// <summary>Takes the newest restore back, or the one named by <c>-SystemId</c>.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Undo")]
    public SwitchParameter Undo { get; set; }

    /// <summary>Id of the restore that is taken back.</summary>
    /// <value>Default: the newest.</value>
    [Parameter(ParameterSetName = "Undo", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? SystemId { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        string target = Undo ? SystemId ?? "latest" : Resume ? CmdletTexts.CutOffRestore : Path ?? Id;
        if (!Asked(Undo ? CmdletTexts.ActionUndoSystem : CmdletTexts.ActionRestoreSystem, target, out bool dryRun)) return;
        var options = new SystemRestoreOptions
        {
            Id = Id, Path = Full(Path), Repository = Repository, Only = Only, Except = Except, Project = Project, ComposeFile = Full(ComposeFile), NoStop = NoStop, NoStart = NoStart,
            // Whoever comes here has answered the question above, or beforehand with -Confirm:$false; production needs -Force.
            NoSafetyReason = NoSafetyReason, Asked = true, Confirmed = Force, DryRun = dryRun,
        };
        options = options with { StopTimeout = StopTimeout ?? options.StopTimeout, HealthTimeout = HealthTimeout ?? options.HealthTimeout };
        var (undo, resume, id) = ((bool)Undo, (bool)Resume, SystemId);
        Run(AsJob, async (session, outlet, ct) =>
        {
            var report = undo ? await session.UndoSystemAsync(id, options.DryRun, ct).ConfigureAwait(false)
                : resume ? await session.ResumeSystemAsync(options.DryRun, ct).ConfigureAwait(false)
                : await session.RestoreSystemAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            Outcome.Check(report, outlet);
        });
    }

    private string? Full(string? path) => path is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
}
