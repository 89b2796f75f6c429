using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AskTrust.Drp.Engine.Components.Certificates;

/// <summary>What one file holds: certificates, and the public halves of its private keys. The private halves are let go at once.</summary>
/// <param name="Path">The file; for an entry of an ACME store with the entry's name behind <c>#</c>.</param>
/// <param name="Format">As in <see cref="CertificateFacts.Format"/>.</param>
/// <param name="Certificates">In the order of the file.</param>
/// <param name="Keys">Public keys (SubjectPublicKeyInfo, hexadecimal) of the private keys.</param>
internal sealed record CertificateFile(string Path, string Format, IReadOnlyList<X509Certificate2> Certificates, IReadOnlyList<string> Keys)
{
    /// <summary>Why it could not be read.</summary>
    public CertificateFlaw Flaw { get; init; }

    /// <summary>What the system said about that.</summary>
    public string? FlawReason { get; init; }

    /// <summary>The public key of a certificate, in the form of <see cref="Keys"/>.</summary>
    public static string KeyOf(X509Certificate2 certificate) => Convert.ToHexString(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    /// <summary>A file that could not be read.</summary>
    public static CertificateFile Bad(string path, string format, CertificateFlaw flaw, string? reason) => new(path, format, [], []) { Flaw = flaw, FlawReason = reason };

    /// <summary>Reads every block of a PEM text.</summary>
    public static CertificateFile FromPem(string path, string format, ReadOnlySpan<char> text)
    {
        List<X509Certificate2> certificates = [];
        List<string> keys = [];
        try
        {
            while (PemEncoding.TryFind(text, out PemFields block))
            {
                ReadOnlySpan<char> pem = text[block.Location];
                if (text[block.Label] is "CERTIFICATE" or "X509 CERTIFICATE") certificates.Add(new X509Certificate2(Convert.FromBase64String(text[block.Base64Data].ToString())));
                else if (text[block.Label].EndsWith("PRIVATE KEY", StringComparison.Ordinal) && PublicHalf(pem) is { } key) keys.Add(key);
                text = text[block.Location.End..];
            }

            return new CertificateFile(path, format, certificates, keys);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            foreach (var certificate in certificates) certificate.Dispose();
            return Bad(path, format, CertificateFlaw.Damaged, e.Message);
        }
    }

    /// <summary>Reads a PKCS#12 file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">Its content.</param>
    /// <param name="password">Its password; null = none.</param>
    public static CertificateFile FromPkcs12(string path, byte[] bytes, string? password)
    {
        try
        {
            X509Certificate2Collection all = [];
            // Nothing of it goes to the disk or a store of the user.
            all.Import(bytes, password, OperatingSystem.IsMacOS() ? X509KeyStorageFlags.DefaultKeySet : X509KeyStorageFlags.EphemeralKeySet);
            return new CertificateFile(path, "pkcs12", [.. all.OrderByDescending(c => c.HasPrivateKey)], [.. all.Where(c => c.HasPrivateKey).Select(KeyOf)]);
        }
        catch (CryptographicException e)
        {
            // A password of its own error code on every system: ERROR_INVALID_PASSWORD.
            return Bad(path, "pkcs12", (e.HResult & 0xFFFF) == 86 ? CertificateFlaw.WrongPassword : CertificateFlaw.Damaged, e.Message);
        }
    }

    /// <summary>Reads a file with one certificate in binary form.</summary>
    public static CertificateFile FromDer(string path, byte[] bytes)
    {
        try
        {
            return new CertificateFile(path, "der", [new X509Certificate2(bytes)], []);
        }
        catch (CryptographicException e)
        {
            return Bad(path, "der", CertificateFlaw.Damaged, e.Message);
        }
    }

    /// <summary>The public half; null for keys that are encrypted or of a kind .NET does not know (Ed25519).</summary>
    private static string? PublicHalf(ReadOnlySpan<char> pem)
    {
        string text = pem.ToString();
        foreach (Func<AsymmetricAlgorithm> make in new Func<AsymmetricAlgorithm>[] { ECDsa.Create, RSA.Create })
        {
            using AsymmetricAlgorithm key = make();
            try
            {
                key.ImportFromPem(text);
                return Convert.ToHexString(key.ExportSubjectPublicKeyInfo());
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                // The next kind, or none.
            }
        }

        return null;
    }
}
