using AskTrust.Drp.Integration.Tests.Files;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Private;

public sealed class PrivateFilesTests
{
    private static FilesScene Scene(string components, string encryption = "encryption: { passphrase: \"${file:PASS}\" }") => new((scene, _) => $$"""
        version: 1
        name: shop
        components:
        {{components.Replace("APP", scene.Uploads, StringComparison.Ordinal)}}
        repositories:
          one: { type: directory, path: {{scene.Folder["one"]}} }
        {{encryption.Replace("PASS", scene.Folder["passphrase"], StringComparison.Ordinal)}}
        """);

    [Fact]
    public async Task Configuration_comes_back_in_place_one_by_one_and_is_taken_back()
    {
        using var scene = Scene("  config: { type: config, paths: [APP/compose.yml, APP/secret/.env, APP/nginx, APP/enabled], outputs: { names: [sh, -c, \"echo A B\"], gone: [sh, -c, \"exit 3\"] } }");
        scene.File("compose.yml", "services: {}");
        scene.File("secret/.env", "A=1");
        scene.File("nginx/nginx.conf", "events {}");
        scene.File("available", "site");
        scene.Sh("ln -s available enabled; chmod 700 secret; chmod 600 secret/.env");
        string before = scene.Look(scene.Uploads);
        BackupReport backup = await scene.BackUpAsync();
        // An output that could not be had is missing, and everything else is there.
        Assert.Equal(RunStatus.Incomplete, backup.Status);
        Assert.Contains(backup.Warnings, w => w.Contains("gone", StringComparison.Ordinal) && w.Contains('3', StringComparison.Ordinal));

        RestoreReport nothing = await scene.RestoreAsync(new RestoreComponentOptions());
        Assert.Equal(0, nothing.Files);
        Assert.Equal(before, scene.Look(scene.Uploads));

        scene.File("secret/.env", "A=2");
        scene.Sh("rm -r nginx");
        string changed = scene.Look(scene.Uploads);
        DrpException refused = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions()));
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        Assert.Contains(".env changed since the backup", refused.Message, StringComparison.Ordinal);
        Assert.Equal(changed, scene.Look(scene.Uploads));
        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions { Force = true });
        Assert.Equal(2, report.Files);
        Assert.Equal("A=1", await File.ReadAllTextAsync(scene.Uploads + "/secret/.env"));
        Assert.StartsWith(scene.Uploads + "/secret/.env.before-", report.Previous, StringComparison.Ordinal);
        Assert.Contains(report.Warnings, w => w.Contains("changed since", StringComparison.Ordinal));
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal("A=2", await File.ReadAllTextAsync(scene.Uploads + "/secret/.env"));
        Assert.False(Directory.Exists(scene.Uploads + "/nginx"));

        // An empty machine: folders above come back with their rights, too.
        scene.Sh("rm -rf " + scene.Uploads, "/");
        await scene.RestoreAsync(new RestoreComponentOptions());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(scene.Uploads + "/secret"));
        Assert.Equal("site", await File.ReadAllTextAsync(scene.Uploads + "/enabled"));
        Assert.Equal("available", new FileInfo(scene.Uploads + "/enabled").LinkTarget);

        await scene.RestoreAsync(new RestoreComponentOptions { Destination = scene.Folder["beside"] });
        Assert.Equal("A B\n", await File.ReadAllTextAsync(scene.Folder["beside", "drp-made", "names.txt"]));
        Assert.Equal("A=1", await File.ReadAllTextAsync(scene.Folder["beside"] + scene.Uploads + "/secret/.env"));
        RestoreTestResult proof = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { NegativeControl = true }, default));
        Assert.True(proof is { Verdict: CheckVerdict.Ok, NegativeControl: true }, proof.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Join(scene.State, "tmp")));
    }

    [Fact]
    public async Task What_is_not_there_makes_a_set_incomplete_and_all_of_it_is_no_set()
    {
        using var scene = Scene("  config: { type: config, paths: [APP/a, APP/b] }");
        scene.File("a", "1");
        BackupReport part = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Incomplete, part.Status);
        Assert.Contains(part.Warnings, w => w.Contains("There is no", StringComparison.Ordinal));
        scene.Sh("rm a");
        DrpException none = await Assert.ThrowsAsync<DrpException>(scene.BackUpAsync);
        Assert.Equal(DrpError.Failed, none.Code);
    }

    [Fact]
    public async Task Nothing_is_readable_in_the_repository_and_no_value_in_the_manifest()
    {
        using var scene = Scene("  config: { type: config, paths: [APP/.env] }");
        scene.File(".env", "TOKEN=hunter2hunter2");
        await scene.BackUpAsync();
        Assert.Equal("", FilesScene.Run("grep", ["-rl", "hunter2", scene.Folder["one"], scene.State], "/", mayFail: true));
        using var open = Scene("  config: { type: config, paths: [APP/.env], allowUnencrypted: true }", "encryption: none");
        open.File(".env", "TOKEN=hunter2hunter2");
        Assert.Equal(RunStatus.Succeeded, (await open.BackUpAsync()).Status);
    }

    [SkippableFact]
    public async Task Open_modes_and_secrets_in_Git_are_told_with_what_to_do()
    {
        Requires.Programs("git");
        using var scene = Scene("  config: { type: config, paths: [APP], outputs: { x: [no-such-program] } }");
        foreach (string name in new[] { ".env", ".env.example", "sub/db.env", "compose.yml" }) scene.File(name, "A=1");
        scene.Sh("git init -q . && git add .env .env.example compose.yml && chmod 600 .env && chmod 640 sub/db.env");
        if (Environment.UserName == "root") scene.Sh("chown -R nobody .");
        PlanCheck[] checks = await scene.WithAsync(async s => { List<PlanCheck> all = []; await foreach (var c in s.CheckPlanAsync(default)) all.Add(c); return all.ToArray(); });
        PlanCheck mode = Assert.Single(checks, c => c.Check == "file modes");
        Assert.Contains("sub/db.env", mode.Message, StringComparison.Ordinal);
        Assert.Contains("0640", mode.Message, StringComparison.Ordinal);
        Assert.StartsWith("chmod 600 ", mode.Hint, StringComparison.Ordinal);
        PlanCheck tracked = Assert.Single(checks, c => c.Check == "not in Git");
        Assert.Contains("/.env holds secrets and is in Git", tracked.Message, StringComparison.Ordinal);
        Assert.Contains("rm --cached", tracked.Hint, StringComparison.Ordinal);
        Assert.Contains(checks, c => c is { Check: "outputs", Verdict: CheckVerdict.Failed });
    }
}
