using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Base of the cmdlets that change a server for point-in-time recovery.</summary>
public abstract class PointInTimeCmdlet : PlanCmdlet
{
    /// <summary>Component.</summary>
    /// <value>Default: the only one there is.</value>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>A superuser of the same server: a connection URL without a password.</summary>
    /// <value>Default: the plan's user changes what he may.</value>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AdminUrl { get; set; }

    /// <summary>User and password for <see cref="AdminUrl"/>.</summary>
    [Parameter]
    [Credential]
    public PSCredential? AdminCredential { get; set; }

    /// <summary>URL with the user of the credential.</summary>
    private protected string? Url() => ConnectionUrl.WithUser(AdminUrl, AdminCredential?.UserName);

    /// <summary>Where the engine finds the password.</summary>
    private protected SecretReference? Password() => AdminCredential is null ? null : SecretVault.CredentialReference;
}
