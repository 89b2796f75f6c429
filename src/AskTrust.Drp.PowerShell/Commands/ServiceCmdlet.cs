using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Base of the cmdlets about the service that runs a receiver.</summary>
public abstract class ServiceCmdlet : PlanCmdlet
{
    /// <summary>Component.</summary>
    /// <value>Default: the only one with point-in-time recovery.</value>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Folder of the file.</summary>
    /// <value>Default: where systemd or Compose looks.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Folder { get; set; }

    /// <summary>The folder's full path. Call on the pipeline's thread.</summary>
    private protected string? FullFolder() => Folder is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(Folder);
}
