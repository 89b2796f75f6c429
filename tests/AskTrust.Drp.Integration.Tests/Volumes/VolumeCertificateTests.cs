using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Volumes;

/// <summary>Certificates that only a container can reach: certbot's folder inside a volume.</summary>
public sealed class VolumeCertificateTests
{
    [SkippableFact]
    public async Task Health_manifest_and_restore_test_tell_of_certificates_in_a_volume()
    {
        await using VolumeScene scene = await VolumeScene.SetAsync();
        using var authority = new TestAuthority();
        using X509Certificate2 certificate = authority.ForLocalhost(), old = authority.ForLocalhost();
        using ECDsa key = certificate.GetECDsaPrivateKey()!, other = old.GetECDsaPrivateKey()!;
        await PutAsync("archive/site/fullchain1.pem", old.ExportCertificatePem());
        await PutAsync("archive/site/fullchain2.pem", certificate.ExportCertificatePem() + "\n" + authority.Pem);
        await PutAsync("archive/site/privkey2.pem", key.ExportPkcs8PrivateKeyPem());
        await scene.InAsync("mkdir -p /srv/data/live/site && cd /srv/data/live/site && ln -s ../../archive/site/fullchain2.pem fullchain.pem && ln -s ../../archive/site/privkey2.pem privkey.pem && echo no >notes.txt");
        string file = $"{scene.Volume}:/live/site/fullchain.pem";

        // With the tar of its container, and with that of busybox.
        foreach (string image in (string[])["", "    image: busybox:1\n"])
        {
            scene.Plan(image + "    certificates: [/]");
            CertificateStatus today = Assert.Single(await CertificatesAsync(new CertificateOptions()));
            Assert.Equal((file, "data", CheckVerdict.Warning), (today.File, today.Component, today.Verdict));
            Assert.True(today.Certificate is { KeyMatches: true, ChainComplete: true });
            Assert.Equal(["localhost"], today.Certificate.Names);
        }

        scene.Plan("    certificates: [/live]");
        HealthCheck check = Assert.Single(await HealthAsync());
        Assert.Equal(("data localhost certificate", CheckVerdict.Warning, 14), (check.Name, check.Status, check.Threshold));
        Assert.InRange(check.Measured!.Value, 4, 5);
        Assert.Contains(file, check.Message, StringComparison.Ordinal);
        Assert.Contains(await scene.WithAsync(async s => await s.CheckPlanAsync(default).ToListAsync()), c => c.Subject == "component data" && c.Message.Contains("localhost", StringComparison.Ordinal));

        // In the set, and out of it again.
        BackupReport backup = await scene.BackUpAsync();
        Assert.Contains(backup.Warnings, w => w.Contains("localhost", StringComparison.Ordinal));
        CertificateStatus saved = Assert.Single(await CertificatesAsync(new CertificateOptions { Set = "latest" }));
        Assert.Equal(certificate.GetCertHashString(HashAlgorithmName.SHA256), saved.Certificate.Fingerprint, ignoreCase: true);
        RestoreTestResult proof = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions(), default));
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);
        Assert.Contains(proof.Assertions, a => a is { Verdict: CheckVerdict.Ok, Actual: "1" } && a.Name.Contains("ertificate", StringComparison.Ordinal));

        // Somebody else's key, then a link that leads nowhere, then nothing at all.
        await PutAsync("archive/site/privkey2.pem", other.ExportPkcs8PrivateKeyPem());
        Assert.Contains("another certificate", Assert.Single(await HealthAsync(), c => c.Status == CheckVerdict.Failed).Message, StringComparison.Ordinal);
        await scene.InAsync("rm /srv/data/archive/site/*2.pem");
        Assert.All(await CertificatesAsync(new CertificateOptions()), c => Assert.Equal(CertificateFlaw.Unreadable, c.Certificate.Flaw));
        await scene.InAsync("rm -r /srv/data/live/site");
        Assert.Equal("data certificates", Assert.Single(await HealthAsync(), c => c.Status == CheckVerdict.Warning).Name);
        Assert.Empty(await VolumeScene.DockerAsync("ps", "-aq", "--filter", "label=drp.side", "--filter", $"volume={scene.Volume}"));

        Task<string> PutAsync(string path, string text) =>
            scene.InAsync($"mkdir -p $(dirname /srv/data/{path}) && printf %s {Convert.ToBase64String(Encoding.ASCII.GetBytes(text))} | base64 -d > /srv/data/{path}");

        Task<List<CertificateStatus>> CertificatesAsync(CertificateOptions options) => scene.WithAsync(async s => await s.CertificatesAsync(options, default).ToListAsync());

        Task<List<HealthCheck>> HealthAsync() => scene.WithAsync(async s => await s.HealthAsync(new HealthOptions { Kinds = [HealthKind.Certificate] }, default).ToListAsync());
    }
}
