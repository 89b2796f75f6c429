using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace AskTrust.Drp.Engine.Host;

/// <summary>Trust in servers whose certificate comes from an authority of one's own.</summary>
internal static class TlsTrust
{
    /// <summary>Accepts certificates of these authorities, and of no other.</summary>
    public static RemoteCertificateValidationCallback Only(X509Certificate2Collection authorities) => (_, certificate, chain, errors) =>
    {
        // A name that does not match, or no certificate at all, is not for a CA file to mend.
        if (certificate is null || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None) return false;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Clear();
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var server = new X509Certificate2(certificate);
        return chain.Build(server);
    };
}
