using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AskTrust.Drp.Engine.Components.Certificates;

/// <summary>Puts together what belongs together: a certificate, its issuers in the same file, its key in the same folder.</summary>
internal static class CertificateGroups
{
    private const string SubjectKey = "2.5.29.14";
    private const string AuthorityKey = "2.5.29.35";

    /// <summary>The certificates of all these files; the same one in two files (<c>cert.pem</c>, <c>fullchain.pem</c>) once.</summary>
    public static IReadOnlyList<CertificateFacts> Join(IReadOnlyList<CertificateFile> files)
    {
        List<CertificateFacts> found = [.. files.Where(f => f.Flaw != CertificateFlaw.None).Select(f => new CertificateFacts { Files = [f.Path], Format = f.Format, Flaw = f.Flaw, FlawReason = f.FlawReason })];
        using var roots = new TrustedRoots();
        foreach (var folder in files.Where(f => f.Flaw == CertificateFlaw.None).GroupBy(f => Path.GetDirectoryName(f.Path)))
        {
            CertificateFile[] there = [.. folder];
            var leaves = there.SelectMany(f => f.Certificates.Select(c => (File: f, Certificate: c))).GroupBy(p => p.Certificate.Thumbprint).Select(g => g.ToArray()).ToArray();
            foreach (var copies in leaves)
            {
                X509Certificate2 certificate = copies[0].Certificate;
                // Somebody's issuer is looked at with those it issued.
                if (IsAuthority(certificate) && leaves.Any(o => o[0].Certificate.Thumbprint != certificate.Thumbprint && Issued(certificate, o[0].Certificate))) continue;
                found.Add(Describe(copies, there, leaves.Count(l => !IsAuthority(l[0].Certificate)), roots));
            }
        }

        return found;
    }

    private static CertificateFacts Describe((CertificateFile File, X509Certificate2 Certificate)[] copies, CertificateFile[] folder, int leaves, TrustedRoots roots)
    {
        X509Certificate2 certificate = copies[0].Certificate;
        var chains = copies.Select(c => (c.File, Chain: Walk(certificate, c.File.Certificates, roots))).OrderByDescending(c => c.Chain.Missing is null).ThenByDescending(c => c.Chain.Issuers.Count).ToArray();
        var (best, chain) = chains[0];
        DateTimeOffset end = Utc(certificate.NotAfter);
        DateTimeOffset? earliest = chain.Issuers.Count == 0 ? null : chain.Issuers.Min(i => Utc(i.NotAfter));
        return new CertificateFacts
        {
            Files = [.. chains.Select(c => c.File.Path)],
            Format = best.Format,
            Subject = certificate.Subject,
            Names = NamesOf(certificate),
            Issuer = certificate.Issuer,
            NotBefore = Utc(certificate.NotBefore),
            NotAfter = end,
            Fingerprint = Convert.ToHexString(certificate.GetCertHash(HashAlgorithmName.SHA256)).ToLowerInvariant(),
            Authority = IsAuthority(certificate),
            SelfSigned = SelfSigned(certificate),
            ChainComplete = chain.Missing is null,
            MissingIssuer = chain.Missing,
            ChainEnds = earliest < end ? earliest : null,
            KeyMatches = KeyMatches(certificate, [.. copies.Select(c => c.File)], folder, leaves),
        };
    }

    private static (IReadOnlyList<X509Certificate2> Issuers, string? Missing) Walk(X509Certificate2 certificate, IReadOnlyList<X509Certificate2> file, TrustedRoots roots)
    {
        List<X509Certificate2> issuers = [];
        X509Certificate2 at = certificate;
        while (!SelfSigned(at) && !roots.Issued(at))
        {
            X509Certificate2? next = file.FirstOrDefault(c => !issuers.Contains(c) && c.Thumbprint != at.Thumbprint && Issued(c, at));
            // The last one of a chain is left out of files by custom; that of an authority of one's own is then not known here, which is no defect of the file.
            if (next is null) return (issuers, issuers.Count > 0 ? null : at.Issuer);
            issuers.Add(next);
            at = next;
        }

        return (issuers, null);
    }

    /// <summary>A key of the same folder that fits; false only where a key clearly is meant for this certificate and does not.</summary>
    private static bool? KeyMatches(X509Certificate2 certificate, CertificateFile[] files, CertificateFile[] folder, int leaves)
    {
        string key = CertificateFile.KeyOf(certificate);
        if (folder.Any(f => f.Keys.Contains(key, StringComparer.Ordinal))) return true;
        bool ours = files.Any(f => f.Keys.Count > 0)
            || folder.Any(f => f.Keys.Count > 0 && files.Any(o => Stem(o.Path) == Stem(f.Path)))
            || (leaves == 1 && !IsAuthority(certificate) && folder.Any(f => f.Keys.Count > 0 && f.Format == "pem"));
        return ours ? false : null;
    }

    private static string Stem(string path) => Path.GetFileNameWithoutExtension(path);

    private static bool Issued(X509Certificate2 authority, X509Certificate2 certificate) =>
        authority.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)
        && (KeyId(authority, SubjectKey) is not { } own || KeyId(certificate, AuthorityKey) is not { } named || own == named);

    /// <summary>The identifier of a key, as far as certificates name one: two authorities may have the same name.</summary>
    private static string? KeyId(X509Certificate2 certificate, string extension) => certificate.Extensions[extension] switch
    {
        X509SubjectKeyIdentifierExtension own => own.SubjectKeyIdentifier,
        X509AuthorityKeyIdentifierExtension { KeyIdentifier: { } named } => Convert.ToHexString(named.Span),
        _ => null,
    };

    private static bool SelfSigned(X509Certificate2 certificate) => Issued(certificate, certificate);

    private static bool IsAuthority(X509Certificate2 certificate) => certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority);

    private static string[] NamesOf(X509Certificate2 certificate)
    {
        string[] names = [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString())))];
        return names;
    }

    private static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime(), TimeSpan.Zero);

    /// <summary>Who this machine trusts. Opened once: it may be hundreds.</summary>
    private sealed class TrustedRoots : IDisposable
    {
        private readonly X509Certificate2Collection _all = [];

        public TrustedRoots()
        {
            using var store = new X509Store(StoreName.Root, StoreLocation.LocalMachine);
            try
            {
                store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
                _all = store.Certificates;
            }
            catch (CryptographicException)
            {
                // No store here: chains end where their file ends.
            }
        }

        public bool Issued(X509Certificate2 certificate) => _all.Any(r => CertificateGroups.Issued(r, certificate));

        public void Dispose()
        {
            foreach (var certificate in _all) certificate.Dispose();
        }
    }
}
