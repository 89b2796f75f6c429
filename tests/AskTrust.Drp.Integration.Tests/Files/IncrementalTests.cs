using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Integration.Tests.Files;

public sealed class IncrementalTests
{
    /// <summary>What may happen to a folder between two runs; each line to its own files.</summary>
    private static readonly string[] s_changes =
    [
        """
        printf changed > content; printf new > new; rm gone; rm -r gone-folder; touch -d 2001-01-01 times; chmod 600 mode
        printf secret2 > same-size-and-time; touch -r mode-ref same-size-and-time
        """,
        """
        mv big moved; rm -r folder-to-file; printf f > folder-to-file; rm file-to-folder; mkdir file-to-folder; printf x > file-to-folder/x
        ln -sfn /etc link; rm folder-to-link/a; rmdir folder-to-link; ln -s mode folder-to-link; rm link-to-folder; mkdir link-to-folder; printf l > link-to-folder/l
        printf 'a\nb' > "$(printf 'odd\n\351name')"; printf ' ' > ' -- lead'
        """,
        """
        ln hard-1 hard-4; rm hard-2; printf more >> hard-1; ln other hard-other; mv old-file old-renamed; cp -p mode-ref older; mv older content
        rm "$(printf 'odd\n\351name')"; rm -r moved/1*; mkdir -p new-folder/deep/er; chmod 0555 new-folder/deep; truncate -s 9M sparse
        """,
        "",
        "rm -r ./* ; printf last > last",
    ];

    private const string Begin = """
        for f in content gone times mode mode-ref same-size-and-time file-to-folder old-file other; do printf secret1 > $f; done
        touch -r mode-ref same-size-and-time; mkdir gone-folder folder-to-file folder-to-link big; printf 1 > gone-folder/a; printf 1 > folder-to-file/b; printf 1 > folder-to-link/a
        ln -s mode link; ln -s big link-to-folder; for i in $(seq 1 300); do printf $i > big/$i; done; printf h > hard-1; ln hard-1 hard-2; ln hard-1 hard-3; truncate -s 8M sparse
        """;

    [Fact]
    public async Task Every_point_of_a_chain_comes_back_as_it_was_also_without_us()
    {
        using FilesScene scene = IncrementalScene.Make();
        scene.Sh(Begin);
        await IncrementalScene.SettleAsync();
        List<(string Id, string Look)> points = [];
        foreach (string change in s_changes.Prepend(""))
        {
            scene.Sh(change);
            BackupReport report = await scene.BackUpAsync();
            Assert.Equal(RunStatus.Succeeded, report.Status);
            Assert.EndsWith(points.Count == 0 ? "-full" : "-incremental", report.Id, StringComparison.Ordinal);
            points.Add((report.Id, scene.Look(scene.Uploads)));
        }

        foreach (var (id, look) in points) Assert.Equal(look, await scene.RestoredAsync(id));
        VerificationResult[] verified = await scene.VerifyAsync(points[^1].Id);
        Assert.Equal(points.Count, verified.Length);
        Assert.All(verified, v => Assert.True(v.Verdict == CheckVerdict.Ok, string.Join("; ", v.Problems)));
        foreach (int point in new[] { 3, points.Count - 1 })
        {
            RestoreTestResult proof = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { Id = points[point].Id, NegativeControl = true }, default));
            Assert.True(proof is { Verdict: CheckVerdict.Ok, NegativeControl: true }, proof.Message);
        }

        foreach (int point in new[] { 3, 4 })
        {
            // As RESTORE.md says, with the usual programs only.
            string copy = scene.Folder["copy" + point];
            scene.Sh($"cp -r one/shop/sets {copy}", scene.Folder.Path);
            string set = Path.Combine(copy, points[point].Id);
            string[] blocks = [.. (await File.ReadAllTextAsync(Path.Combine(set, "RESTORE.md"))).Split("```sh\n").Skip(1).Select(b => b.Split("```")[0])];
            FilesScene.Run("sh", ["-c", string.Concat(blocks)], set);
            Assert.Equal(points[point].Look, scene.Look(Path.Combine(set, "restored", "uploads")));
        }

        Assert.Empty(Directory.GetDirectories(Path.Combine(scene.State, "tmp")));
    }

    [Fact]
    public async Task Only_what_changed_is_saved_and_what_changed_a_moment_ago_once_more()
    {
        using FilesScene scene = IncrementalScene.Make();
        scene.Sh("mkdir d; for i in $(seq 1 50); do printf $i > d/$i; done; ln d/1 other-name");
        // By a clock that is behind everything is young: it may change once more within the same tick.
        await using (var early = await DrpSession.OpenAsync(scene.Folder["drp.yaml"], new EngineOptions { StateDirectory = scene.State, Observer = scene.Heard, Clock = new Behind() }, default))
            await early.BackupAsync(new BackupOptions(), default);
        await IncrementalScene.SettleAsync();
        BackupReport again = await scene.BackUpAsync();
        Assert.Equal(53, scene.Archived(again.Id).Length);
        Assert.Empty(scene.Archived((await scene.BackUpAsync()).Id));

        scene.Sh("printf x > d/7; chmod 600 d/8; rm d/9");
        BackupReport changed = await scene.BackUpAsync();
        Assert.Equal(["./d/", "./d/7", "./d/8"], scene.Archived(changed.Id));
        BackupSet listed = (await scene.WithAsync(s => s.ListAsync(new BackupFilter(), default).ToListAsync().AsTask()))[0];
        Assert.Equal((50L, again.Id[..8]), (listed.Files!.Value, listed.Base![..8]));

        // A new name changes the file it is a name of: all of its names are saved together, so that none needs another archive.
        await IncrementalScene.SettleAsync();
        await scene.BackUpAsync();
        scene.Sh("ln d/2 third");
        Assert.Equal(["./", "./d/2", "./third"], scene.Archived((await scene.BackUpAsync()).Id));
    }

    [Fact]
    public async Task Without_what_it_builds_on_everything_is_saved_and_it_is_said()
    {
        using FilesScene scene = IncrementalScene.Make(encrypted: true, plan: (s, text) => text.Replace("repositories:", "repositories:\n  two: { type: directory, path: " + s.Folder["two"] + " }", StringComparison.Ordinal));
        scene.File("a", "1");
        BackupReport first = await scene.BackUpAsync();
        Assert.Empty(first.Warnings);
        Assert.EndsWith("-incremental", (await scene.BackUpAsync()).Id, StringComparison.Ordinal);

        string memory = Path.Combine(scene.State, "shop", "files", "uploads");
        string index = Directory.GetFiles(Directory.GetDirectories(memory).Single()).Single();
        await File.AppendAllTextAsync(index, "x");
        await Expect("lost or damaged");
        Directory.Delete(memory, recursive: true);
        await Expect("lost or damaged");

        BackupReport whole = await scene.BackUpAsync();
        Assert.EndsWith("-incremental", whole.Id, StringComparison.Ordinal);
        Directory.Delete(scene.Folder["two", "shop", "sets", whole.Id], recursive: true);
        await Expect("the repository two lacks " + whole.Id);
        BackupReport asked = await scene.WithAsync(s => s.BackupAsync(new BackupOptions { Kind = "full" }, default));
        Assert.EndsWith("-full", asked.Id, StringComparison.Ordinal);
        Assert.DoesNotContain(asked.Warnings, w => w.Contains("everything", StringComparison.Ordinal));
        BackupReport changes = await scene.BackUpAsync();
        Assert.EndsWith("-incremental", changes.Id, StringComparison.Ordinal);

        // Everything is asked for: a young set of changes does not count, a whole one does.
        var everything = new BackupOptions { Full = true, MaxAge = TimeSpan.FromHours(1) };
        Assert.Equal(asked.Id, (await scene.WithAsync(s => s.BackupAsync(everything, default))).Id);
        asked = await scene.WithAsync(s => s.BackupAsync(everything with { MaxAge = null }, default));
        Assert.Equal((RunStatus.Succeeded, true), (asked.Status, asked.Id.EndsWith("-full", StringComparison.Ordinal)));
        string next = (await scene.BackUpAsync()).Id;
        Assert.Equal(asked.Id, (await scene.WithAsync(s => s.ListAsync(new BackupFilter { Ids = [next] }, default).ToListAsync().AsTask()))[0].Base);

        // Where every set is whole it means nothing, and that is said.
        using FilesScene plain = new();
        var refused = await Assert.ThrowsAsync<DrpException>(() => plain.WithAsync(s => s.BackupAsync(everything, default)));
        Assert.Equal(DrpError.PlanInvalid, refused.Code);
        Assert.Contains("uploads", refused.Message, StringComparison.Ordinal);

        async Task Expect(string why)
        {
            BackupReport report = await scene.BackUpAsync();
            Assert.EndsWith("-full", report.Id, StringComparison.Ordinal);
            Assert.Contains(report.Warnings, w => w.Contains(why, StringComparison.Ordinal));
            Assert.EndsWith("-incremental", (await scene.BackUpAsync()).Id, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_a_kept_set_builds_on_is_kept_and_a_broken_chain_does_not_list()
    {
        using FilesScene scene = IncrementalScene.Make();
        List<string> ids = [];
        foreach (string name in new[] { "a", "b", "c", "d" })
        {
            scene.File(name, name);
            ids.Add((await scene.BackUpAsync()).Id);
        }

        // Two are wanted; both need the others.
        var kept = await scene.WithAsync(s => s.RetainAsync(new RetentionOptions { Policy = new RetentionPolicy { Last = 1 } }, default).ToListAsync().AsTask());
        Assert.All(kept, d => Assert.Equal(RetentionAction.Keep, d.Action));
        Assert.Contains(kept[0].Reasons, r => r.Contains(ids[3] + " builds on it", StringComparison.Ordinal));
        RetentionDecision refused = (await scene.WithAsync(s => s.RemoveAsync(new RemoveOptions { Ids = [ids[1]] }, default).ToListAsync().AsTask())).Single();
        Assert.Equal(RetentionAction.Keep, refused.Action);

        BackupReport full = await scene.WithAsync(s => s.BackupAsync(new BackupOptions { Kind = "full" }, default));
        var gone = await scene.WithAsync(s => s.RetainAsync(new RetentionOptions { Policy = new RetentionPolicy { Last = 1 } }, default).ToListAsync().AsTask());
        Assert.Equal(ids, gone.Where(d => d.Action == RetentionAction.Delete).Select(d => d.Id));

        scene.File("e", "e");
        BackupReport next = await scene.BackUpAsync();
        Assert.Equal([next.Id, full.Id], (await scene.WithAsync(s => s.ListAsync(new BackupFilter(), default).ToListAsync().AsTask())).Select(s => s.Id));
        File.Delete(scene.Folder["one", "shop", "sets", full.Id, "uploads.tar.zst"]);
        Assert.Empty(await scene.WithAsync(s => s.ListAsync(new BackupFilter(), default).ToListAsync().AsTask()));
        Assert.Contains(await scene.VerifyAsync(next.Id), v => v.Id == full.Id && v.Verdict == CheckVerdict.Failed);
    }

    [Fact]
    public async Task Selected_files_of_a_chain_come_from_where_they_are_and_undo_takes_a_chain_back()
    {
        using FilesScene scene = IncrementalScene.Make(encrypted: true);
        scene.File("old/a", "1");
        scene.File("old/b", "1");
        await scene.BackUpAsync();
        scene.File("new/a", "2");
        BackupReport second = await scene.BackUpAsync();
        scene.File("third", "3");
        await scene.BackUpAsync();
        string now = scene.Look(scene.Uploads);

        RestoreReport some = await scene.RestoreAsync(new RestoreComponentOptions { Destination = scene.Folder["some"], Include = ["a"] });
        Assert.Equal((2L, "1"), (some.Files!.Value, await File.ReadAllTextAsync(scene.Folder["some", "old", "a"])));
        Assert.Equal(["new/a", "old/a"], FilesBackupTests.FilesOf(scene.Folder["some"]));

        await scene.RestoreAsync(new RestoreComponentOptions { Id = second.Id, Force = true });
        Assert.Equal(["new/a", "old/a", "old/b"], FilesBackupTests.FilesOf(scene.Uploads));
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal(now, scene.Look(scene.Uploads));
    }

    [Fact]
    public async Task Killed_at_any_moment_nothing_lists_that_does_not_restore()
    {
        using FilesScene scene = IncrementalScene.Make(encrypted: true);
        scene.Sh("for d in $(seq 1 20); do mkdir $d; for i in $(seq 1 100); do head -c 3000 /dev/urandom > $d/$i; done; done");
        await scene.BackUpAsync();
        string sets = scene.Folder["one", "shop", "sets"];
        foreach (string seen in new[] { "*-incremental", "uploads.tar*", "uploads.index*", "manifest.json.copy" })
        {
            scene.Sh("for d in $(seq 1 20); do head -c 200000 /dev/urandom > $d/changed; done; rm -f 3/5*");
            string[] before = Directory.GetFileSystemEntries(sets, seen, SearchOption.AllDirectories);
            using var drp = DrpAs.Start(scene, asNobody: false, "backup");
            for (var limit = DateTime.UtcNow.AddSeconds(60); !drp.HasExited && Directory.GetFileSystemEntries(sets, seen, SearchOption.AllDirectories).Length == before.Length; await Task.Delay(1))
                Assert.True(DateTime.UtcNow < limit, seen);
            if (!drp.HasExited) drp.Kill();
            await drp.WaitForExitAsync();
            BackupSet latest = (await scene.WithAsync(s => s.ListAsync(new BackupFilter { Latest = true }, default).ToListAsync().AsTask())).Single();
            await scene.RestoreAsync(new RestoreComponentOptions { Id = latest.Id, Destination = scene.Folder["look"] });
            FilesScene.Run("rm", ["-rf", scene.Folder["look"]], "/");
        }

        string now = scene.Look(scene.Uploads);
        BackupReport last = await scene.BackUpAsync();
        Assert.Equal(now, await scene.RestoredAsync(last.Id));
        Assert.Empty(Directory.GetDirectories(Path.Combine(scene.State, "tmp")));
    }

    private sealed class Behind : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddMinutes(-30);
    }
}
