using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Restores a database from a backup set, a file or a folder.</summary>
[Cmdlet(VerbsData.Restore, "DrpDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Set")]
[OutputType(typeof(RestoreReport), typeof(Job))]
public sealed class RestoreDrpDatabaseCommand : PlanCmdlet
{
    /// <summary>Id of the set, or <c>latest</c>.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Set", ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BackupIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Id { get; set; }

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
        string source = Id ?? PlanLocation.One(SessionState, Path ?? LiteralPath!, literal: Path is null);
        string target = string.Join(' ', new[] { source, "→", Database ?? Component ?? CmdletTexts.OwnDatabase, TargetUrl }.Where(word => word is not null));
        if (!Asked(CmdletTexts.ActionRestore, target, out bool dryRun)) return;
        var options = new RestoreOptions
        {
            Id = Id,
            Path = Id is null ? source : null,
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
            // Whoever forces has seen the question above, or has answered it beforehand with -Confirm:$false.
            Confirmed = Force,
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
