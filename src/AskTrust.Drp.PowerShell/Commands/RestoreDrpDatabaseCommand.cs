using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Restores a database from a backup set, a file or a folder; or a whole cluster to a moment.</summary>
[Cmdlet(VerbsData.Restore, "DrpDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Set")]
[OutputType(typeof(RestoreReport), typeof(Job))]
public sealed class RestoreDrpDatabaseCommand : PlanCmdlet
{
    /// <summary>Id of the set, or <c>latest</c>.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Set", ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BackupIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Id { get; set; }

    /// <summary>Returns the whole cluster to this moment, LSN, transaction or restore point; <c>latest</c>, or <c>immediate</c> for the end of the base.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "PointInTime")]
    [Parameter(Mandatory = true, ParameterSetName = "Container")]
    [Parameter(Mandatory = true, ParameterSetName = "Service")]
    [RecoveryTarget]
    [ValidateNotNull]
    public RecoveryTarget? To { get; set; }

    /// <summary>Data directory to make. A cluster that is there already needs <c>-Force</c>, and is kept aside.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "PointInTime")]
    [ValidateNotNullOrEmpty]
    public string? DataDirectory { get; set; }

    /// <summary>Container whose volume gets the cluster: it is stopped, the volume filled, and started.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Container")]
    [ValidateNotNullOrEmpty]
    public string? Container { get; set; }

    /// <summary>The same for the container of this Compose service.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Service")]
    [ValidateNotNullOrEmpty]
    public string? Service { get; set; }

    /// <summary>Compose project of the service.</summary>
    /// <value>Default: the only one with such a service.</value>
    [Parameter(ParameterSetName = "Service")]
    [ValidateNotNullOrEmpty]
    public string? Project { get; set; }

    /// <summary>Overwrites the cluster in the data directory in place, writing only what differs. Nothing is kept aside.</summary>
    [Parameter(ParameterSetName = "PointInTime")]
    public SwitchParameter Delta { get; set; }

    /// <summary>Base backup to begin with.</summary>
    /// <value>Default: the newest before the target.</value>
    [Parameter(ParameterSetName = "PointInTime")]
    [Parameter(ParameterSetName = "Container")]
    [Parameter(ParameterSetName = "Service")]
    [ArgumentCompleter(typeof(BackupIdCompleter))]
    public string? Base { get; set; }

    /// <summary>Stops just before the target instead of just after.</summary>
    [Parameter(ParameterSetName = "PointInTime")]
    [Parameter(ParameterSetName = "Container")]
    [Parameter(ParameterSetName = "Service")]
    public SwitchParameter Exclusive { get; set; }

    /// <summary>Timeline to end on.</summary>
    /// <value>Default: the newest that descends from the base.</value>
    [Parameter(ParameterSetName = "PointInTime")]
    [Parameter(ParameterSetName = "Container")]
    [Parameter(ParameterSetName = "Service")]
    public uint? Timeline { get; set; }

    /// <summary>New folders of tablespaces, each as <c>NAME=FOLDER</c>; an old folder may stand for the name.</summary>
    /// <value>Default: where they were.</value>
    [Parameter(ParameterSetName = "PointInTime")]
    [Parameter(ParameterSetName = "Container")]
    [Parameter(ParameterSetName = "Service")]
    [ValidatePattern("^[^=]+=.+$")]
    public string[] TablespaceMapping { get; set; } = [];

    /// <summary>Starts the server at the end, with its own settings.</summary>
    [Parameter(ParameterSetName = "PointInTime")]
    public SwitchParameter Start { get; set; }

    /// <summary>A dump (<c>.dump</c>, <c>.sql</c>, also <c>.gz</c>, <c>.zst</c>, <c>.gpg</c>), ours or foreign, or the folder of a set. Wildcards must fit one only.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "File")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The same, taken as it is. What <c>Get-Item</c> writes binds here; a property <c>Path</c> does not, for plans and reports have one.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "LiteralFile", ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string? LiteralPath { get; set; }

    /// <summary>Component to restore.</summary>
    /// <value>Default: the only one there is.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Repository to read from.</summary>
    /// <value>Default: the first that has the set.</value>
    [Parameter(ParameterSetName = "Set", ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "PointInTime")]
    [Parameter(ParameterSetName = "Container")]
    [Parameter(ParameterSetName = "Service")]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string? Repository { get; set; }

    /// <summary>Database to restore into.</summary>
    /// <value>Default: the component's own.</value>
    [Parameter]
    public string? Database { get; set; }

    /// <summary>Another server: a connection URL without a password.</summary>
    /// <value>Default: the component's own server.</value>
    [Parameter]
    public string? TargetUrl { get; set; }

    /// <summary>User and password for <see cref="TargetUrl"/>.</summary>
    [Parameter]
    [Credential]
    public PSCredential? TargetCredential { get; set; }

    /// <summary>Replaces a database that is not empty, production included.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Does nothing when the database is not empty.</summary>
    [Parameter]
    public SwitchParameter IfEmpty { get; set; }

    /// <summary>Also restores roles and tablespaces.</summary>
    [Parameter]
    public SwitchParameter Globals { get; set; }

    /// <summary>Parallel jobs of pg_restore.</summary>
    /// <value>Default: the number of cores, at most 8.</value>
    [Parameter]
    [ValidateRange(0, 64)]
    public int ThrottleLimit { get; set; }

    /// <summary>Takes no safety backup; the reason is recorded as evidence.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NoSafetyReason { get; set; }

    /// <summary>Keeps the previous database aside under another name, for an undo within a second.</summary>
    [Parameter]
    public SwitchParameter KeepPrevious { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        bool whole = To is not null;
        string? folder = DataDirectory is not null ? SessionState.Path.GetUnresolvedProviderPathFromPSPath(DataDirectory) : null;
        string source = whole ? To!.ToString() : Id ?? PlanLocation.One(SessionState, Path ?? LiteralPath!, literal: Path is null);
        string target = string.Join(' ', new[] { source, "→", folder ?? Container ?? Service ?? Database ?? Component ?? CmdletTexts.OwnDatabase, TargetUrl }.Where(word => word is not null));
        if (!Asked(Delta ? CmdletTexts.ActionRestoreDelta : CmdletTexts.ActionRestore, target, out bool dryRun)) return;
        var options = new RestoreOptions
        {
            Id = whole ? Base : Id,
            Path = whole || Id is not null ? null : source,
            To = To,
            DataDirectory = folder,
            Container = Container,
            Service = Service,
            Project = Project,
            Delta = Delta,
            Exclusive = Exclusive,
            Timeline = Timeline,
            Tablespaces = TablespaceMapping.Select(m => m.Split('=', 2)).ToDictionary(m => m[0], m => m[1], StringComparer.Ordinal),
            Start = Start,
            Component = Component,
            Repository = Repository,
            Database = Database,
            TargetUrl = ConnectionUrl.WithUser(TargetUrl, TargetCredential?.UserName),
            TargetPassword = TargetCredential is null ? null : SecretVault.CredentialReference,
            Force = Force,
            IfEmpty = IfEmpty,
            Globals = Globals,
            Jobs = ThrottleLimit,
            NoSafetyReason = NoSafetyReason,
            // Whoever forces or asks for a delta has seen the question above, or has answered it beforehand with -Confirm:$false.
            Confirmed = Force || Delta,
            KeepPrevious = KeepPrevious,
            DryRun = dryRun,
        };
        Run(
            AsJob,
            async (session, outlet, ct) =>
            {
                var report = await session.RestoreAsync(options, ct).ConfigureAwait(false);
                await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
                Outcome.Check(report, outlet);
            },
            TargetCredential);
    }
}
