using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AskTrust.Drp.TestBed;
using Xunit.Abstractions;

namespace AskTrust.Drp.Integration.Tests.Examples;

/// <summary>MSSanté: PostgreSQL, Redis, maildirs, configuration and certificates, together and one by one.</summary>
public sealed class MsSanteTests(ITestOutputHelper output)
{
    [SkippableFact, Trait("Category", "Soak")]
    public async Task Five_components_come_back_one_by_one_and_together()
    {
        await using var scene = await ExampleScene.SetAsync("mssante", output);
        scene.Variables(".env", "mssante");
        scene.Change(".env", ("API_PORT=8086", $"API_PORT={scene.Port}"));
        scene.Change("drp.yaml",
            ("${command:git rev-parse HEAD}", "abc1234"), ("127.0.0.1:8086", $"127.0.0.1:{scene.Port}"), ("path: /data/backups", $"path: {scene.Outside("local")}"),
            ("type: s3, bucket: mssante-sauvegardes, region: eu-west-3, storageClass: STANDARD_IA", $"type: directory, path: {scene.Outside("s3")}"),
            ("type: s3, bucket: mssante-archives, region: eu-west-3, storageClass: GLACIER_IR", $"type: directory, path: {scene.Outside("archive")}"));
        scene.Set("REDIS_PASSWORD", scene.Password);
        for (int box = 1; box <= 20; box++) Mail(scene, box, 5);
        Certificate(scene["data", "certs"]);
        await scene.UpAsync("postgres", "redis", "api");
        await SqlAsync(File.ReadAllText(scene["demo.sql"]));
        await RedisAsync("SET", "session:1", "dr.martin");
        await RedisAsync("RPUSH", "queue", "a", "b", "c");

        await scene.RunbookAsync("backup.ps1");
        Mail(scene, 21, 3);
        await scene.RunbookAsync("backup.ps1 -Job mails");
        Assert.Contains("mssante.example.fr", await scene.RunbookAsync("certificats.ps1"), StringComparison.Ordinal);

        // As a careless command leaves it.
        Directory.Delete(scene["data", "mail"], recursive: true);
        Directory.CreateDirectory(scene["data", "mail"]);
        File.WriteAllText(scene["config", "domains.json"], "{}");
        foreach (string file in Directory.EnumerateFiles(scene["data", "certs"])) File.Delete(file);
        await SqlAsync("DELETE FROM mailboxes; DROP TABLE audit_log");
        await RedisAsync("FLUSHALL");

        // The mails alone; everything else stays as it is.
        await scene.RunbookAsync("restore.ps1 -Only mail -Confirm:$false");
        Assert.Equal(103, Mails(scene));
        Assert.Equal(("0", "0"), (await SqlAsync("SELECT count(*) FROM mailboxes"), await RedisAsync("DBSIZE")));

        await scene.RunbookAsync("restore.ps1 -Except mail -Confirm:$false");
        Assert.Equal("300|4000", await SqlAsync("SELECT count(*), (SELECT count(*) FROM audit_log) FROM mailboxes"));
        Assert.Equal(("dr.martin", "3"), (await RedisAsync("GET", "session:1"), await RedisAsync("LLEN", "queue")));
        Assert.Contains("mssante.example.fr", File.ReadAllText(scene["config", "domains.json"]), StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(scene["data", "certs"]).Length);
        Assert.StartsWith("200 ", await scene.GetAsync("/health.json"), StringComparison.Ordinal);

        // And back: what was there before the restore is not lost.
        await scene.RunAsync("Restore-DrpSystem -Undo -Force -Confirm:$false");
        Assert.Equal("0", await SqlAsync("SELECT count(*) FROM mailboxes"));
        Assert.Equal("{}", File.ReadAllText(scene["config", "domains.json"]));

        Task<string> SqlAsync(string sql) => scene.SqlAsync(sql, "postgres", "mssante", "mssante");
        async Task<string> RedisAsync(params string[] command) => await DockerEngine.RunAsync(["exec", await scene.ContainerAsync("redis"), "redis-cli", .. command]);
    }

    private static void Mail(ExampleScene scene, int box, int count)
    {
        foreach (string part in (string[])["cur", "new", "tmp"]) Directory.CreateDirectory(scene["data", "mail", $"bal{box}", part]);
        for (int i = 0; i < count; i++) File.WriteAllText(scene["data", "mail", $"bal{box}", "cur", $"17000000{i}.M{i}P{box}.mssante:2,S"], $"Subject: compte rendu {i}\n\n{new string('m', 500)}\n");
    }

    private static int Mails(ExampleScene scene) => Directory.EnumerateFiles(scene["data", "mail"], "*", SearchOption.AllDirectories).Count();

    private static void Certificate(string folder)
    {
        Directory.CreateDirectory(folder);
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=mssante.example.fr", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(80));
        File.WriteAllText(Path.Join(folder, "mssante.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Join(folder, "mssante.key"), key.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Join(folder, "mssante.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
