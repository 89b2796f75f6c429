using AskTrust.Drp.TestBed;
using Xunit.Abstractions;

namespace AskTrust.Drp.Integration.Tests.Examples;

/// <summary>The password manager: from an empty server back to work with code, secrets and the last backup.</summary>
public sealed class PasswordManagerTests(ITestOutputHelper output)
{
    private const string Passphrase = "correct horse battery staple";

    [SkippableFact, Trait("Category", "Soak")]
    public async Task An_empty_server_is_at_work_again_with_code_secrets_and_the_last_backup()
    {
        await using var scene = await ExampleScene.SetAsync("password-manager", output, "docker-compose.prod.yml");
        Prepare(scene);
        Directory.CreateDirectory(scene["kit"]);
        File.WriteAllText(scene["kit", "navigateur.zkkey.json"], "{ \"kty\": \"RSA\" }");
        await scene.UpAsync("db", "backend");
        await scene.SqlAsync(File.ReadAllText(scene["demo.sql"]), user: "mdpuser", database: "mdpdb");
        string old = await ForeignDumpAsync(scene);

        await scene.RunbookAsync("backup-db.ps1");
        await scene.RunbookAsync("avant-deploiement.ps1 -Reason 'v1.1.0'");
        Assert.Contains("v1.1.0", await scene.RunAsync("Get-DrpBackup | Format-List *"), StringComparison.Ordinal);

        // A deployment that went wrong, and a dump that the old script left.
        await scene.SqlAsync("DELETE FROM vault_entry WHERE id > 10", user: "mdpuser", database: "mdpdb");
        await scene.RunbookAsync("restore-db.ps1 -Confirm:$false");
        Assert.Equal("2000", await EntriesAsync());
        await scene.RunbookAsync($"restore-db.ps1 -Path '{old}' -Confirm:$false");
        Assert.Equal("1990", await EntriesAsync());
        await scene.RunAsync("Undo-DrpRestore -Force -Confirm:$false");
        Assert.Equal("2000", await EntriesAsync());

        // The server is gone. What is left: the repository, the code, and the secrets that were kept elsewhere.
        await scene.LoseEverythingAsync();
        scene.CheckOut();
        Prepare(scene);
        await scene.UpAsync("db", "backend");
        await scene.RunbookAsync("reprise-rapide.ps1 -Confirm:$false");
        Assert.Equal("2000", await EntriesAsync());
        Assert.StartsWith("200 ", await scene.GetAsync("/api/health/"), StringComparison.Ordinal);
        Assert.Contains("present", await scene.GetAsync("/api/key-check/"), StringComparison.Ordinal);
        Assert.True(File.Exists(scene["kit", "navigateur.zkkey.json"]));

        // Run once more, it finds data and leaves them alone.
        await scene.SqlAsync("DELETE FROM vault_entry WHERE id > 1500", user: "mdpuser", database: "mdpdb");
        await scene.RunbookAsync("reprise-rapide.ps1 -Confirm:$false");
        Assert.Equal("1500", await EntriesAsync());

        Task<string> EntriesAsync() => scene.SqlAsync("SELECT count(*) FROM vault_entry", user: "mdpuser", database: "mdpdb");
    }

    private static void Prepare(ExampleScene scene)
    {
        scene.Variables(".env.prod", "gestionnaire-mdp-prod");
        scene.Change(".env.prod", ("POSTGRES_VERSION=16", "POSTGRES_VERSION=15"), ("FRONT_PORT=8082", $"FRONT_PORT={scene.Port}"));
        File.CreateSymbolicLink(scene[".env"], ".env.prod");
        File.WriteAllText(scene["drp.passphrase"], Passphrase);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(scene["drp.passphrase"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        scene.Change("drp.yaml",
            ("127.0.0.1:8082", $"127.0.0.1:{scene.Port}"),
            ("path: /var/backups/gestionnaire_mdp", $"path: {scene.Outside("local")}"),
            ("type: sftp, host: sauvegarde.mon-site.ca, user: drp, path: /srv/drp", $"type: directory, path: {scene.Outside("ailleurs")}"));
    }

    /// <summary>What the script of the text makes.</summary>
    private static async Task<string> ForeignDumpAsync(ExampleScene scene)
    {
        string file = scene.Outside("mdp_db-20250812-031500.sql.gz");
        await scene.SqlAsync("BEGIN; DELETE FROM vault_entry WHERE id > 1990; COMMIT", user: "mdpuser", database: "mdpdb");
        await ChildProcess.RunAsync("sh", ["-c", $"docker exec {await scene.ContainerAsync("db")} pg_dump -U mdpuser -d mdpdb | gzip > {file}"]);
        await scene.SqlAsync("INSERT INTO vault_entry SELECT n, 1, '' FROM generate_series(1991, 2000) n", user: "mdpuser", database: "mdpdb");
        return file;
    }
}
