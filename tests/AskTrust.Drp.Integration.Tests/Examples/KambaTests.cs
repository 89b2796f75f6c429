using AskTrust.Drp.TestBed;
using Xunit.Abstractions;

namespace AskTrust.Drp.Integration.Tests.Examples;

/// <summary>Kamba Lhains: three classes of data, restores by type and by environment, the loss of the whole database.</summary>
public sealed class KambaTests(ITestOutputHelper output)
{
    [SkippableFact, Trait("Category", "Soak")]
    public async Task Each_class_comes_back_within_its_promise()
    {
        await using var scene = await ExampleScene.SetAsync("kamba", output);
        scene.Variables(".env", "kamba");
        scene.Change(".env", ("WEB_PORT=8080", $"WEB_PORT={scene.Port}"));
        scene.Change("drp.yaml",
            ("path: /backups", $"path: {scene.Outside("local")}"),
            ("type: s3, bucket: kamba-lhains-backups, region: eu-west-3, storageClass: STANDARD_IA", $"type: directory, path: {scene.Outside("s3")}"),
            ("type: rclone, remote: \"gcs:kamba-lhains-backups-secondary\"", $"type: directory, path: {scene.Outside("gcs")}"),
            ("127.0.0.1:8080", $"127.0.0.1:{scene.Port}"),
            ("window: 2d", "window: 2d, shipEvery: 1s"));
        Files(scene, "public/images", 40);
        Files(scene, "uploads", 10);
        Files(scene, ".next/static", 5);
        await scene.UpAsync("db");
        await scene.SqlAsync(File.ReadAllText(scene["demo.sql"]), user: "kamba", database: "kamba_lhains");
        await scene.RunAsync("Invoke-DrpBackup -Job base");
        await using (scene.Receive())
        {
            await scene.RunbookAsync("backup.ps1");
            // What is bought after the nightly run is in no dump.
            await scene.SqlAsync("INSERT INTO orders SELECT n, 1, 1 FROM generate_series(3001, 3050) n", user: "kamba", database: "kamba_lhains");

            // Images lost; and one of the standard class, which may wait.
            Directory.Delete(scene["public", "images"], recursive: true);
            Directory.CreateDirectory(scene["public", "images"]);
            await scene.RunbookAsync("restore.ps1 -Type files -Environment production -Confirm:$false");
            Assert.Equal(40, Directory.EnumerateFiles(scene["public", "images"]).Count());

            // Staging, beside production.
            await scene.RunbookAsync("restore.ps1 -Confirm:$false");
            Assert.Equal("3000", await CountAsync("kamba_staging"));
            Assert.Equal("3050", await CountAsync("kamba_lhains"));
            Assert.Equal(10, Directory.EnumerateFiles(scene["staging", "uploads"]).Count());

            await scene.ArchivedAsync(await scene.SqlAsync("SELECT pg_current_wal_lsn()", user: "kamba", database: "kamba_lhains"));
        }

        // The volume is lost, and with it the server that the receiver followed.
        await scene.ComposeAsync("rm", "-s", "-f", "db");
        await DockerEngine.RunAsync(["volume", "rm", $"{scene.Project}_db-data"]);
        await scene.UpAsync("db");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await scene.RunbookAsync("perte-de-la-base.ps1 -Confirm:$false");
        Assert.True(clock.Elapsed < TimeSpan.FromHours(1));
        Assert.Equal("3050", await CountAsync("kamba_lhains"));

        await scene.RunbookAsync("export-masque.ps1");
        string masked = File.ReadAllText(Directory.EnumerateFiles(scene["masked"], ".env.masked", SearchOption.AllDirectories).Single());
        Assert.Contains("DB_PASSWORD=***", masked, StringComparison.Ordinal);

        Assert.Contains("Ok", await scene.RunbookAsync("test-recovery.ps1"), StringComparison.Ordinal);
        Assert.NotEmpty(Directory.EnumerateFiles(scene["reports"], "*.md"));

        Task<string> CountAsync(string database) => scene.SqlAsync("SELECT count(*) FROM orders", user: "kamba", database: database);
    }

    private static void Files(ExampleScene scene, string folder, int count)
    {
        Directory.CreateDirectory(scene[folder]);
        for (int i = 0; i < count; i++) File.WriteAllText(scene[folder, $"{i}.png"], new string((char)('a' + i % 26), 1000 + i));
    }
}
