using System.Management.Automation;
using System.Net;
using System.Security;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell;

/// <summary>Resolves <c>${secret:Name}</c> through SecretManagement, and the credential a parameter brought.</summary>
internal sealed class SecretVault
{
    private const string Script = "param($name) Get-Secret -Name $name -ErrorAction Stop";
    private readonly Outlet _outlet;
    private readonly PSCredential? _credential;

    private SecretVault(Outlet outlet, PSCredential? credential)
    {
        _outlet = outlet;
        _credential = credential;
    }

    /// <summary>
    /// Stands for the password of <c>-TargetCredential</c>: it travels as a reference, like every other secret. No vault can
    /// hold such a name.
    /// </summary>
    public static SecretReference CredentialReference { get; } = new(SecretKind.SecretManagement, "-TargetCredential");

    /// <summary>The vault as seen through an outlet.</summary>
    public static SecretVault Of(Outlet outlet, PSCredential? credential = null) => new(outlet, credential);

    /// <summary>The secret of that name; null when there is none.</summary>
    public async Task<string?> ResolveAsync(string name, CancellationToken ct)
    {
        if (name == CredentialReference.Target) return _credential?.GetNetworkCredential().Password;
        IReadOnlyList<PSObject> found;
        try
        {
            found = await _outlet.InvokeAsync(Script, name, ct).ConfigureAwait(false);
        }
        catch (RuntimeException e)
        {
            // Get-Secret is not there, or its vault is locked or lacks the name: all are told the same way.
            throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(CmdletTexts.SecretNotResolved, name, e.Message), e)
            {
                Hint = Text.Of(CmdletTexts.SecretHint, name),
                Subject = name,
            };
        }

        return found is [{ } first, ..]
            ? first.BaseObject switch
            {
                SecureString secure => new NetworkCredential("", secure).Password,
                PSCredential credential => credential.GetNetworkCredential().Password,
                string plain => plain,
                _ => null,
            }
            : null;
    }
}
