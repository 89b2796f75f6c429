using System.Management.Automation;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.PowerShell.Completion;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Tells of certificates until when they hold and what is wrong with them: the plan's, those of files, or those in a backup set.</summary>
[Cmdlet(VerbsCommon.Get, "DrpCertificate", DefaultParameterSetName = "Plan")]
[OutputType(typeof(CertificateStatus))]
public sealed class GetDrpCertificateCommand : DrpCmdlet
{
    /// <summary>Files and folders to look at; no plan is needed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Path")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The plan file, or a folder with <c>drp.yaml</c>.</summary>
    /// <value>Default: <c>$env:DRP_PLAN</c>, else <c>./drp.yaml</c>.</value>
    [Parameter(ParameterSetName = "Plan", ValueFromPipelineByPropertyName = true)]
    [PlanPath]
    [ArgumentCompleter(typeof(PlanFileCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Plan { get; set; }

    /// <summary>Backup set (id, or <c>latest</c>) whose certificates are meant, as its manifest tells them.</summary>
    [Parameter(ParameterSetName = "Plan", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Id { get; set; }

    /// <summary>Only this component.</summary>
    [Parameter(ParameterSetName = "Plan")]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Repository to read the set from.</summary>
    /// <value>Default: the first that has it.</value>
    [Parameter(ParameterSetName = "Plan")]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    public string? Repository { get; set; }

    /// <summary>Warn so long before the end: <c>21d</c>, <c>6w</c>, or a TimeSpan.</summary>
    /// <value>Default: what the plan says, else 21 days.</value>
    [Parameter]
    [Duration]
    public TimeSpan? Within { get; set; }

    /// <summary>Password of PKCS#12 files; the user name does not matter.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    private protected override void Process()
    {
        bool files = ParameterSetName == "Path";
        string? plan = files ? null : PlanLocation.Resolve(this, Plan);
        var options = new CertificateOptions
        {
            Paths = [.. Path.Select(p => PlanLocation.Full(SessionState, p))], Component = Component, Set = Id, Repository = Repository, Warning = Within,
            Password = Credential is null ? null : SecretVault.CredentialReference,
        };
        PSCredential? credential = Credential;
        Pump(async (outlet, ct) =>
        {
            var engine = new EngineOptions { Observer = outlet, SecretManagement = SecretVault.Of(outlet, credential).ResolveAsync };
            if (plan is null)
            {
                foreach (var status in await DrpSession.ReadCertificatesAsync(options, engine, ct).ConfigureAwait(false)) await outlet.WriteAsync(status, ct).ConfigureAwait(false);
                return;
            }

            var session = await DrpSession.OpenAsync(plan, engine, ct).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                await foreach (var status in session.CertificatesAsync(options, ct).ConfigureAwait(false)) await outlet.WriteAsync(status, ct).ConfigureAwait(false);
            }
        });
    }
}
