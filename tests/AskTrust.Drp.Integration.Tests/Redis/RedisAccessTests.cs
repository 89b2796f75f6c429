using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Redis;

/// <summary>Servers that are not simply there: over TLS, with an access list, in a container that this machine's processes do not show.</summary>
public sealed class RedisAccessTests
{
    [SkippableFact]
    public async Task Over_TLS_and_with_the_documented_rights_alone_everything_is_saved()
    {
        using var folder = new TestFolder("redistls");
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority("CN=stranger");
        using var certificate = authority.ForLocalhost();
        string tls = FreePort.Take().ToString(CultureInfo.InvariantCulture);
        await using RedisScene scene = await RedisScene.SetAsync(null, "--appendonly", "yes", "--tls-port", tls, "--tls-auth-clients", "no", "--tls-ca-cert-file", folder.Write("ca.pem", authority.Pem),
            "--tls-cert-file", folder.Write("server.pem", certificate.ExportCertificatePem()), "--tls-key-file", folder.Write("server.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()));
        await scene.FillAsync();
        // The rights that docs/redis.md names, and no other.
        await scene.Server.CliAsync("ACL", "SETUSER", "keeper", "on", ">keeper-s3cret", "resetkeys", "nocommands",
            "+psync", "+sync", "+replconf", "+info", "+config|get", "+client|pause", "+client|unpause", "+acl|list");
        Environment.SetEnvironmentVariable("DRP_TEST_REDIS_KEEPER", "keeper-s3cret");
        string Plan(string ca) => $"{{ type: redis, url: \"rediss://keeper@localhost:{tls}\", caCertificate: {folder[ca]}, password: \"${{env:DRP_TEST_REDIS_KEEPER}}\", dataDirectory: {scene.Data}, appendOnlyFiles: true }}";
        scene.Plan(Plan("ca.pem"));
        Assert.All(await scene.WithAsync(s => s.CheckPlanAsync(default).ToListAsync()), c => Assert.NotEqual(CheckVerdict.Failed, c.Verdict));
        BackupReport backup = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Succeeded, backup.Status);
        Assert.Empty(backup.Warnings);
        RestoreTestResult proof = await scene.TryAsync();
        Assert.True(proof.Verdict == CheckVerdict.Ok && proof.Keys == 2388, proof.Message);

        // A certificate of somebody else is refused, and the message says so.
        folder.Write("stranger.pem", stranger.Pem);
        scene.Plan(Plan("stranger.pem"));
        DrpException refused = await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync());
        Assert.Equal(DrpError.Unreachable, refused.Code);
        Assert.Contains("certificate verify failed", refused.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_server_that_answers_is_not_restored_over_although_no_process_here_stands_in_its_folder()
    {
        await DockerEngine.EnsureServicesAsync();
        await using RedisScene scene = await RedisScene.SetAsync();
        await scene.FillAsync();
        await scene.BackUpAsync();
        await scene.Server.StopAsync();
        string name = $"drptest{Guid.NewGuid():N}"[..16];
        try
        {
            await DockerEngine.RunAsync(["run", "-d", "--rm", "--name", name, "--label", $"{DockerEngine.Label}=1", "--network", "host", "-v", $"{scene.Data}:/data", "redis:7", "redis-server",
                "--port", scene.Server.Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--requirepass", RedisScene.Password]);
            await scene.Server.WaitAsync();
            DrpException runs = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions { Force = true }));
            Assert.Equal(DrpError.UnsafeTarget, runs.Code);
            Assert.Contains(scene.Server.Url, runs.Message, StringComparison.Ordinal);
        }
        finally
        {
            await DockerEngine.RunAsync(["rm", "-f", name]);
        }

        Assert.Equal(2388, (await scene.RestoreAsync(new RestoreComponentOptions { Force = true })).Keys);
    }
}
