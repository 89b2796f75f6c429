using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Restores a component that is no database: in place, or elsewhere.</summary>
[Cmdlet(VerbsData.Restore, "DrpComponent", DefaultParameterSetName = "Set", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RestoreReport), typeof(Job))]
public sealed class RestoreDrpComponentCommand : PlanCmdlet
{
    /// <summary>Id of the set, or <c>latest</c>.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = "Set")]
    [ArgumentCompleter(typeof(BackupIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Id { get; set; }

    /// <summary>The folder of a set, or an archive of files (<c>.tar</c>, also <c>.gz</c>, <c>.zst</c>, <c>.gpg</c>), ours or foreign. Wildcards must fit one only.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "File")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The same, taken as it is.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "LiteralFile")]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? LiteralPath { get; set; }

    /// <summary>Component to restore.</summary>
    /// <value>Default: the only one that is no database.</value>
    [Parameter]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Repository to read from.</summary>
    /// <value>Default: the first that has the set.</value>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = "Set")]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string? Repository { get; set; }

    /// <summary>Folder to restore into, or name of a volume; several folders of a component keep their paths below it.</summary>
    /// <value>Default: where it was.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Only what fits one of these patterns, in place one by one: <c>*.pdf</c> and <c>invoices</c> at any depth, <c>/invoices</c> only at the top.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Include { get; set; } = [];

    /// <summary>Replaces a folder that is not empty, production included; its content is kept aside.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Runs in the background; the output is a job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private protected override void Process()
    {
        string? folder = Destination is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(Destination);
        string? path = Id is null ? PlanLocation.One(SessionState, Path ?? LiteralPath!, literal: Path is null) : null;
        string target = string.Join(' ', new[] { Id ?? path, Component, "→", folder ?? CmdletTexts.OwnFolders }.Where(word => word is not null));
        if (!Asked(CmdletTexts.ActionRestoreFiles, target, out bool dryRun)) return;
        var options = new RestoreComponentOptions
        {
            Id = Id ?? "",
            Path = path,
            Component = Component,
            Repository = Repository,
            Destination = Destination,
            DestinationFolder = folder,
            Include = Include,
            Force = Force,
            // Whoever forces has seen the question above, or has answered it beforehand with -Confirm:$false.
            Confirmed = Force,
            DryRun = dryRun,
        };
        Run(AsJob, async (session, outlet, ct) =>
        {
            var report = await session.RestoreComponentAsync(options, ct).ConfigureAwait(false);
            await outlet.WriteAsync(Planned.Mark(report, report.Status), ct).ConfigureAwait(false);
            Outcome.Check(report, outlet);
        });
    }
}
