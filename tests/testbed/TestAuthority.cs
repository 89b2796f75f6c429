using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AskTrust.Drp.TestBed;

/// <summary>An authority of one's own, and certificates it signs.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 _authority;

    /// <summary>Makes one, good for ten days.</summary>
    /// <param name="name">Its name, e.g. <c>CN=private</c>.</param>
    public TestAuthority(string name = "CN=private")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
    }

    /// <summary>Its certificate as PEM.</summary>
    public string Pem => _authority.ExportCertificatePem();

    /// <summary>A certificate for <c>localhost</c> with its key, good for five days; the caller disposes it.</summary>
    public X509Certificate2 ForLocalhost()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 signed = request.Create(_authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(5), [1, 2, 3, 4]);
        return signed.CopyWithPrivateKey(key);
    }

    /// <inheritdoc/>
    public void Dispose() => _authority.Dispose();
}
