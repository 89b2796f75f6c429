namespace AskTrust.Drp.Integration.Tests.Files;

public sealed class FilesInPlaceTests
{
    private const string Odd = "\"$(printf 'odd\\n\\351name')\"";

    [Fact]
    public async Task Selected_files_take_their_place_one_by_one_and_come_back_out()
    {
        using var scene = new FilesScene();
        scene.Sh($"mkdir -p in/deep way keep; printf good | tee a.txt in/b.txt in/deep/c.txt in/other way/w.txt > /dev/null; printf good > {Odd}.txt; ln -s a.txt link.txt");
        await scene.BackUpAsync();
        // A folder became a link out, a file a folder; one is changed, one gone, others are newer and not asked for.
        scene.Sh($"printf bad > a.txt; rm -r in/deep; ln -s /etc in/deep; rm -r way; printf file > way; printf newer > in/other; printf new > keep/new.txt; rm {Odd}.txt link.txt; mkdir link.txt; printf x > link.txt/x");
        string damaged = scene.Look(scene.Uploads);

        DrpException refused = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions { Include = ["*.txt"] }));
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        RestoreReport planned = await scene.RestoreAsync(new RestoreComponentOptions { Include = ["*.txt"], DryRun = true });
        Assert.Contains(planned.Steps, s => s.Contains("name by name", StringComparison.Ordinal));
        Assert.Equal(damaged, scene.Look(scene.Uploads));

        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions { Include = ["*.txt"], Force = true });
        Assert.Equal(5, report.Files);
        Assert.Equal("good good good good newer new", scene.Sh($"echo $(cat a.txt) $(cat in/deep/c.txt) $(cat way/w.txt) $(cat {Odd}.txt) $(cat in/other) $(cat keep/new.txt)").Trim());
        Assert.Equal("a.txt", scene.Sh("readlink link.txt").Trim());
        Assert.Equal("/etc", scene.Sh("readlink in/deep", report.Previous!).Trim());
        Assert.Empty(Directory.GetDirectories(scene.Folder.Path, "*restoring*"));
        string restored = scene.Sh("find . -type f -o -type l | sort | xargs -d '\\n' cat 2>/dev/null || true");

        RestoreReport undone = await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal(WithoutTimesOfFolders(damaged), WithoutTimesOfFolders(scene.Look(scene.Uploads)));
        Assert.NotNull(undone.Previous);
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal(restored, scene.Sh("find . -type f -o -type l | sort | xargs -d '\\n' cat 2>/dev/null || true"));
    }

    [Fact]
    public async Task Killed_in_between_it_is_finished_by_the_next_run()
    {
        using var scene = new FilesScene();
        foreach (string name in new[] { "a", "b", "new" }) scene.File(name, "good");
        await scene.BackUpAsync();
        scene.File("a", "bad");
        scene.File("b", "bad");
        File.Delete(scene.Folder["uploads", "new"]);
        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions { Include = ["a", "b", "new"], Force = true });

        // As a kill leaves it that came between the two renames of b: a is done, new is not.
        string staging = $"{scene.Uploads}.restoring-{report.RestoreId}";
        Directory.CreateDirectory(staging);
        File.Move(scene.Folder["uploads", "b"], Path.Join(staging, "b"));
        File.Move(scene.Folder["uploads", "new"], Path.Join(staging, "new"));
        string journal = Directory.GetFiles(scene.State, $"{report.RestoreId}.json", SearchOption.AllDirectories).Single();
        File.WriteAllText(journal, File.ReadAllText(journal).Replace("\"finished\": true", "\"finished\": false", StringComparison.Ordinal).Replace("\"swapping\": false", "\"swapping\": true", StringComparison.Ordinal)
            .Replace($"|{Environment.ProcessId}|", "|999999|", StringComparison.Ordinal));

        await scene.RestoreAsync(new RestoreComponentOptions { Destination = scene.Folder["elsewhere"] });
        Assert.Equal("good good good", scene.Sh("for f in a b new; do echo $(cat $f); done").ReplaceLineEndings(" ").Trim());
        Assert.False(Directory.Exists(staging));
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions { RestoreId = report.RestoreId }, default));
        Assert.Equal("bad bad", scene.Sh("for f in a b; do echo $(cat $f); done").ReplaceLineEndings(" ").Trim());
        Assert.False(File.Exists(scene.Folder["uploads", "new"]));
    }

    [Fact]
    public async Task The_folder_of_a_set_and_an_archive_of_anybody_will_do()
    {
        using FilesScene scene = IncrementalScene.Make(encrypted: true);
        scene.File("a", "1");
        await scene.BackUpAsync();
        scene.File("b", "2");
        BackupReport second = await scene.BackUpAsync();
        // A chain, carried here on a stick; the repository is gone.
        scene.Sh($"mv one/shop/sets copied; mv copied/{second.Id} copied/renamed; rm -r one state", scene.Folder.Path);
        await scene.RestoreAsync(new RestoreComponentOptions { Path = scene.Folder["copied", "renamed"], Destination = scene.Folder["beside"] });
        Assert.Equal(["a", "b"], FilesBackupTests.FilesOf(scene.Folder["beside"]));

        scene.Sh("ln -s /etc out; tar -czf ../foreign.tar.gz .; tar --transform 's,^./a,../evil,' -cf ../hostile.tar ./a; rm out");
        RestoreReport foreign = await scene.RestoreAsync(new RestoreComponentOptions { Path = scene.Folder["foreign.tar.gz"], Destination = scene.Folder["foreign"], Include = ["b", "out"] });
        Assert.Equal((1L, "2"), (foreign.Files!.Value, File.ReadAllText(scene.Folder["foreign", "b"])));
        DrpException hostile = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions { Path = scene.Folder["hostile.tar"], Destination = scene.Folder["hostile"] }));
        Assert.Equal(DrpError.VerificationFailed, hostile.Code);
        Assert.False(File.Exists(scene.Folder["evil"]));
        Assert.Equal(DrpError.RepositoryMissing, (await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions { Path = scene.Uploads }))).Code);
    }

    /// <summary>Names come and go in a folder, which then is younger; everything else must be as it was.</summary>
    private static string WithoutTimesOfFolders(string look) =>
        string.Join('\n', look.Split('\n').Select(l => l.StartsWith("d ", StringComparison.Ordinal) ? l[..l.LastIndexOf(' ')] : l));
}
