using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AskTrust.Drp.Engine.Components.Certificates;

namespace AskTrust.Drp.Engine.Tests.Components.Certificates;

/// <summary>A root, an intermediate and a leaf of one's own, in the files that the tools of the trade write.</summary>
public sealed class CertificateTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("certificates").FullName;
    private readonly X509Certificate2 _root, _intermediate;

    public CertificateTests()
    {
        _root = Make("Test Root", null, s_now.AddYears(-1), s_now.AddYears(9), authority: true);
        _intermediate = Make("Test Intermediate", _root, s_now.AddYears(-1), s_now.AddYears(4), authority: true);
    }

    [Fact]
    public async Task Certbots_folder_is_read_as_it_is_today()
    {
        using X509Certificate2 old = Leaf("www.example.org", s_now.AddDays(-100), s_now.AddDays(-10)), leaf = Leaf("www.example.org", s_now.AddDays(-10), s_now.AddDays(80));
        Write("archive/www/cert1.pem", Pem(old));
        Write("archive/www/privkey1.pem", Key(old));
        Write("archive/www/cert2.pem", Pem(leaf));
        Write("archive/www/chain2.pem", Pem(_intermediate));
        Write("archive/www/fullchain2.pem", Pem(leaf, _intermediate));
        Write("archive/www/privkey2.pem", Key(leaf));
        Directory.CreateDirectory(Path.Join(_folder, "live/www"));
        foreach (string name in new[] { "cert", "chain", "fullchain", "privkey" }) File.CreateSymbolicLink(Path.Join(_folder, $"live/www/{name}.pem"), $"../../archive/www/{name}2.pem");
        CertificateStatus only = Assert.Single(await LookAsync());
        Assert.Equal(CheckVerdict.Ok, only.Verdict);
        Assert.Equal(80, only.DaysLeft);
        Assert.Equal("www.example.org", only.Name);
        Assert.Equal(["www.example.org", "example.org"], only.Certificate.Names);
        Assert.EndsWith("live/www/fullchain.pem", only.File, StringComparison.Ordinal);
        Assert.True(only.Certificate.KeyMatches);
        Assert.True(only.Certificate.ChainComplete);
        Assert.Equal(leaf.GetCertHashString(HashAlgorithmName.SHA256), only.Certificate.Fingerprint, ignoreCase: true);
    }

    [Fact]
    public async Task What_clients_refuse_is_failed_and_what_they_will_is_a_warning()
    {
        using X509Certificate2 expired = Leaf("expired", s_now.AddDays(-90), s_now.AddDays(-1)), early = Leaf("early", s_now.AddDays(1), s_now.AddDays(90)), soon = Leaf("soon", s_now.AddDays(-80), s_now.AddDays(5.5)),
            good = Leaf("good", s_now.AddDays(-1), s_now.AddDays(89));
        Write("expired.pem", Pem(expired, _intermediate));
        Write("early.pem", Pem(early, _intermediate));
        Write("soon.pem", Pem(soon, _intermediate));
        Write("mismatch/site.crt", Pem(good, _intermediate));
        Write("mismatch/site.key", Key(soon));
        Write("lonely/site.crt", Pem(good));
        Write("lonely/site.key", Key(good));
        Write("broken.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Write("store.jks", "x");
        var found = (await LookAsync()).ToDictionary(c => Path.GetRelativePath(_folder, c.File), StringComparer.Ordinal);
        Check("expired.pem", CheckVerdict.Failed, "expired on");
        Check("early.pem", CheckVerdict.Failed, "not valid before");
        Check("soon.pem", CheckVerdict.Warning, "in 5 days");
        Check("mismatch/site.crt", CheckVerdict.Failed, "another certificate");
        Check("lonely/site.crt", CheckVerdict.Warning, "CN=Test Intermediate");
        Check("broken.crt", CheckVerdict.Failed, "not a file with certificates");
        Check("store.jks", CheckVerdict.Failed, "keytool");
        Assert.Equal(7, found.Count);
        Assert.Equal(-1, found["expired.pem"].DaysLeft);
        Assert.Null(found["expired.pem"].Certificate.KeyMatches);

        void Check(string file, CheckVerdict verdict, string says)
        {
            Assert.Equal(verdict, found[file].Verdict);
            Assert.Contains(says, Assert.Single(found[file].Problems), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_expired_intermediate_is_told_of_the_certificate_that_needs_it()
    {
        using X509Certificate2 dead = Make("Dead Intermediate", _root, s_now.AddYears(-1), s_now.AddDays(-3), authority: true), leaf = Make("leaf", dead, s_now.AddDays(-100), s_now.AddDays(100), authority: false);
        Write("leaf.pem", Pem(leaf, dead));
        CertificateStatus only = Assert.Single(await LookAsync());
        Assert.Equal(CheckVerdict.Failed, only.Verdict);
        Assert.Contains("authority in its chain expired", Assert.Single(only.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pkcs12_wants_its_own_password_and_lists_no_issuer_apart()
    {
        using X509Certificate2 leaf = Leaf("boxed", s_now.AddDays(-1), s_now.AddDays(89));
        X509Certificate2Collection all = [leaf, _intermediate];
        File.WriteAllBytes(Path.Join(_folder, "site.p12"), all.Export(X509ContentType.Pkcs12, "right")!);
        CertificateStatus wrong = Assert.Single(await LookAsync("wrong")), none = Assert.Single(await LookAsync()), right = Assert.Single(await LookAsync("right"));
        Assert.All([wrong, none], c => Assert.Equal((CheckVerdict.Failed, CertificateFlaw.WrongPassword), (c.Verdict, c.Certificate.Flaw)));
        Assert.Equal(CheckVerdict.Ok, right.Verdict);
        Assert.True(right.Certificate is { Format: "pkcs12", KeyMatches: true, ChainComplete: true });
        File.WriteAllText(Path.Join(_folder, "site.p12"), "no such thing");
        Assert.Equal(CertificateFlaw.Damaged, Assert.Single(await LookAsync("right")).Certificate.Flaw);
    }

    [Theory]
    [InlineData("{{\"le\":{{\"Account\":{{}},\"Certificates\":[{0}]}},\"empty\":{{\"Certificates\":null}}}}")]
    [InlineData("{{\"Account\":{{}},\"Certificates\":[{0}]}}")]
    public async Task Traefiks_store_is_read_in_both_of_its_forms(string form)
    {
        using X509Certificate2 leaf = Leaf("traefik.example.org", s_now.AddDays(-1), s_now.AddDays(89));
        string entry = $"{{\"domain\":{{\"main\":\"traefik.example.org\"}},\"certificate\":\"{Base64(Pem(leaf, _intermediate))}\",\"key\":\"{Base64(Key(leaf))}\"}}";
        Write("acme.json", string.Format(System.Globalization.CultureInfo.InvariantCulture, form, entry));
        CertificateStatus only = Assert.Single(await LookAsync());
        Assert.Equal(CheckVerdict.Ok, only.Verdict);
        Assert.True(only.Certificate is { Format: "acme", KeyMatches: true, ChainComplete: true });
        Assert.EndsWith("acme.json#traefik.example.org", only.File, StringComparison.Ordinal);
        Write("acme.json", "");
        Assert.Empty(await LookAsync());
        Write("acme.json", "{ cut sho");
        Assert.Equal(CertificateFlaw.Damaged, Assert.Single(await LookAsync()).Certificate.Flaw);

        static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(text));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_told_not_passed_over()
    {
        var facts = Assert.Single(await CertificateReader.ReadAsync([Path.Join(_folder, "gone.pem")], null, default));
        Assert.Equal(CertificateFlaw.Unreadable, facts.Flaw);
    }

    public void Dispose()
    {
        _root.Dispose();
        _intermediate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<IReadOnlyList<CertificateStatus>> LookAsync(string? password = null) =>
        [.. (await CertificateReader.ReadAsync([_folder], password, default)).Select(c => CertificateJudge.Look(c, s_now, CertificateOptions.DefaultWarning))];

    private X509Certificate2 Leaf(string name, DateTimeOffset from, DateTimeOffset to) => Make(name, _intermediate, from, to, authority: false);

    private static X509Certificate2 Make(string name, X509Certificate2? issuer, DateTimeOffset from, DateTimeOffset to, bool authority)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (issuer is not null) request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name.Replace(' ', '-'));
        if (name == "www.example.org") names.AddDnsName("example.org");
        if (!authority) request.CertificateExtensions.Add(names.Build());
        if (issuer is null) return request.CreateSelfSigned(from, to);
        using X509Certificate2 made = request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!), from, to, Guid.NewGuid().ToByteArray());
        return made.CopyWithPrivateKey(key);
    }

    private static string Pem(params X509Certificate2[] certificates) => string.Concat(certificates.Select(c => c.ExportCertificatePem() + "\n"));

    private static string Key(X509Certificate2 certificate) => certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n";

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(_folder, name))!);
        File.WriteAllText(Path.Join(_folder, name), text);
    }
}
