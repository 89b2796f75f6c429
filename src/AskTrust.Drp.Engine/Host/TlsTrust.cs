using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AskTrust.Drp.Engine.Host;

/// <summary>Trust in servers whose certificate comes from an authority of one's own.</summary>
internal static class TlsTrust
{
    /// <summary>Reads a PEM file with authorities.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: it cannot be read, or is none.</exception>
    public static X509Certificate2Collection Read(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new DrpException(DrpError.PlanInvalid, Text.Of(HostTexts.AuthoritiesUnreadable, file, e.Message), e) { Subject = file };
        }

        return authorities;
    }

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
