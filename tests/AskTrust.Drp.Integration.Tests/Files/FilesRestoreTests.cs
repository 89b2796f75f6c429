using System.Security.Cryptography;

namespace AskTrust.Drp.Integration.Tests.Files;

public sealed class FilesRestoreTests
{
    [Fact]
    public async Task In_place_keeps_the_old_content_and_undo_brings_it_back()
    {
        using var scene = new FilesScene();
        scene.File("a", "good");
        scene.File("sub/b", "good");
        await scene.BackUpAsync();
        scene.File("a", "bad");
        scene.File("new", "newer");
        string damaged = scene.Look(scene.Uploads);

        RestoreReport planned = await scene.RestoreAsync(new RestoreComponentOptions { DryRun = true });
        Assert.Equal(RunStatus.Planned, planned.Status);
        Assert.Contains("uploads.tar", planned.Steps[0], StringComparison.Ordinal);
        Assert.Contains(planned.Steps, s => s.Contains("--force", StringComparison.Ordinal));
        DrpException refused = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions()));
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        Assert.Equal(damaged, scene.Look(scene.Uploads));

        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions { Force = true });
        Assert.Equal(RunStatus.Succeeded, report.Status);
        Assert.Equal(["a", "sub/b"], FilesBackupTests.FilesOf(scene.Uploads));
        Assert.Equal(damaged, scene.Look(report.Previous!));

        RestoreReport undone = await scene.WithAsync(s => s.UndoAsync(new UndoOptions { RestoreId = report.RestoreId }, default));
        Assert.Equal(damaged, scene.Look(scene.Uploads));
        Assert.Equal(["a", "sub/b"], FilesBackupTests.FilesOf(undone.Previous!));
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal(["a", "sub/b"], FilesBackupTests.FilesOf(scene.Uploads));
    }

    [Fact]
    public async Task A_folder_that_is_gone_is_made_again_and_undo_puts_it_aside()
    {
        using var scene = new FilesScene();
        scene.File("a", "good");
        await scene.BackUpAsync();
        Directory.Delete(scene.Uploads, recursive: true);
        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions());
        Assert.Null(report.Previous);
        Assert.Equal(["a"], FilesBackupTests.FilesOf(scene.Uploads));
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.False(Directory.Exists(scene.Uploads));
    }

    [Fact]
    public async Task Only_what_is_asked_for_comes_back()
    {
        using var scene = new FilesScene();
        foreach (string name in new[] { "a.pdf", "x/b.pdf", "x/c.txt", "invoices/1", "x/invoices/2", "invoices2/3" }) scene.File(name, name);
        scene.Sh("ln x/c.txt z-other-name");
        await scene.BackUpAsync();
        await Check(["*.pdf", "/invoices"], ["a.pdf", "invoices/1", "x/b.pdf"]);
        await Check(["invoices"], ["invoices/1", "x/invoices/2"]);
        await Check(["/x/?.txt", "z-other-name"], ["x/c.txt", "z-other-name"]);
        // Which of two names comes first is the file system's choice: the other one cannot be had alone.
        List<string> refused = [];
        foreach (string name in new[] { "z-other-name", "x/c.txt" })
        {
            try
            {
                await Check(["/" + name], [name]);
            }
            catch (DrpException e)
            {
                refused.Add(e.Message);
            }
        }

        Assert.Contains("another name of", Assert.Single(refused), StringComparison.Ordinal);
        DrpException nothing = await Assert.ThrowsAsync<DrpException>(() => Check(["nowhere"], []));
        Assert.Equal(DrpError.RepositoryMissing, nothing.Code);
        Assert.False(Directory.Exists(scene.Folder["chosen"]));

        async Task Check(string[] include, string[] expected)
        {
            await scene.RestoreAsync(new RestoreComponentOptions { Destination = scene.Folder["chosen"], Include = include });
            Assert.Equal(expected, FilesBackupTests.FilesOf(scene.Folder["chosen"]));
            Directory.Delete(scene.Folder["chosen"], recursive: true);
        }
    }

    [Fact]
    public async Task A_flipped_bit_is_noticed_before_the_target_is_touched()
    {
        using var scene = new FilesScene((s, text) => text.Replace("encryption: { passphrase: \"${file:" + s.Folder["passphrase"] + "}\" }", "encryption: none\ncompression: none", StringComparison.Ordinal));
        scene.File("a", new string('a', 200_000));
        BackupReport backup = await scene.BackUpAsync();
        string archive = scene.Folder["one", "shop", "sets", backup.Id, "uploads.tar"];
        byte[] bytes = File.ReadAllBytes(archive);
        bytes[100_000] ^= 1;
        scene.Sh($"chmod 600 {archive}");
        File.WriteAllBytes(archive, bytes);
        scene.File("a", "now");
        DrpException damaged = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions { Force = true }));
        Assert.Equal(DrpError.VerificationFailed, damaged.Code);
        Assert.Equal("now", File.ReadAllText(scene.Folder["uploads", "a"]));
        Assert.Empty(Directory.GetDirectories(scene.Folder.Path, "uploads.restoring*"));
        RestoreTestResult proof = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions(), default));
        Assert.Equal(CheckVerdict.Failed, proof.Verdict);
    }

    [Fact]
    public async Task Killed_while_it_extracts_the_target_is_as_it_was_and_the_next_run_clears_up()
    {
        using var scene = new FilesScene();
        for (int i = 0; i < 40; i++) File.WriteAllBytes(scene.Folder["uploads", $"f{i}"], RandomNumberGenerator.GetBytes(2 << 20));
        await scene.BackUpAsync();
        scene.Sh("rm f1; printf changed > f2");
        string before = scene.Look(scene.Uploads);
        using (var drp = DrpAs.Start(scene, asNobody: false, "restore-component", "--force"))
        {
            for (var limit = DateTime.UtcNow.AddSeconds(60); Directory.GetDirectories(scene.Folder.Path, "uploads.restoring-*").Length == 0; await Task.Delay(1))
                Assert.True(DateTime.UtcNow < limit && !drp.HasExited, "it was faster, or never began");
            drp.Kill();
            await drp.WaitForExitAsync();
        }

        Assert.Equal(before, scene.Look(scene.Uploads));
        Assert.Single(Directory.GetDirectories(scene.Folder.Path, "uploads.restoring-*"));
        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions { Force = true });
        Assert.Equal(40, report.Files);
        Assert.Empty(Directory.GetDirectories(scene.Folder.Path, "uploads.restoring-*"));
        Assert.Equal(before, scene.Look(report.Previous!));
    }

    [Fact]
    public async Task Killed_between_the_two_renames_the_restored_content_takes_its_place()
    {
        using var scene = new FilesScene();
        scene.File("a", "good");
        await scene.BackUpAsync();
        scene.File("a", "bad");
        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions { Force = true });

        // As a kill just before the second rename leaves it: the journal says that folders are being exchanged, by a process that is gone.
        string staging = $"{scene.Uploads}.restoring-{report.RestoreId}";
        Directory.Move(scene.Uploads, staging);
        string journal = Directory.GetFiles(scene.State, $"{report.RestoreId}.json", SearchOption.AllDirectories).Single();
        string text = File.ReadAllText(journal);
        Assert.Contains("\"finished\": true", text, StringComparison.Ordinal);
        File.WriteAllText(journal, text.Replace("\"finished\": true", "\"finished\": false", StringComparison.Ordinal).Replace("\"swapping\": false", "\"swapping\": true", StringComparison.Ordinal)
            .Replace($"|{Environment.ProcessId}|", "|999999|", StringComparison.Ordinal));

        RestoreReport undone = await scene.WithAsync(s => s.UndoAsync(new UndoOptions { RestoreId = report.RestoreId }, default));
        Assert.Contains(scene.Heard.Texts, t => t.Contains("was killed while folders were exchanged", StringComparison.Ordinal));
        Assert.False(Directory.Exists(staging));
        Assert.Equal("bad", File.ReadAllText(scene.Folder["uploads", "a"]));
        Assert.Equal("good", File.ReadAllText(Path.Join(undone.Previous, "a")));
    }
}
