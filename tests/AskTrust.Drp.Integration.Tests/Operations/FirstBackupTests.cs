using System.Diagnostics;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Operations;

/// <summary>The main road: back up, list, verify, restore, prove.</summary>
public sealed class FirstBackupTests
{
    [SkippableFact]
    public async Task A_backup_lies_in_both_repositories_and_counts_every_row()
    {
        await using var scene = await Scene.SetAsync();
        var report = await scene.BackUpAsync(new BackupOptions { Reason = "first" });
        Assert.Equal(RunStatus.Succeeded, report.Status);
        Assert.Equal(["one", "two"], report.Repositories.Where(r => r.Status == RunStatus.Succeeded).Select(r => r.Repository));
        Assert.Equal(2000 + 9000 + 1, report.Rows);
        var sets = await scene.WithAsync(async s => await s.ListAsync(new BackupFilter(), default).ToListAsync());
        var set = Assert.Single(sets);
        Assert.Equal(report.Id, set.Id);
        Assert.Equal("first", set.Reason);
        Assert.Equal(["one", "two"], set.Repositories);
        Assert.All(set.Artifacts, a => Assert.EndsWith(".zst.gpg", a.Name));
        Assert.DoesNotContain(Scene.Password, File.ReadAllText(scene.Folder["one", "shop", "sets", set.Id, "manifest.json"]));
    }

    [SkippableFact]
    public async Task A_lost_table_comes_back_and_undo_takes_the_restore_back()
    {
        await using var scene = await Scene.SetAsync();
        var backup = await scene.BackUpAsync();
        await scene.Cluster.SqlAsync("DROP TABLE purchase; INSERT INTO customer (name) VALUES ('after')", "shop");

        var refused = await Assert.ThrowsAsync<DrpException>(() => scene.WithAsync(s => s.RestoreAsync(new RestoreOptions { Id = "latest" }, default)));
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        var restored = await scene.WithAsync(s => s.RestoreAsync(new RestoreOptions { Id = backup.Id, Force = true }, default));
        Assert.Equal(RunStatus.Succeeded, restored.Status);
        Assert.NotNull(restored.SafetyId);
        Assert.Equal("9000", (await scene.Cluster.SqlAsync("SELECT count(*) FROM purchase", "shop")).Trim());
        Assert.Equal("0", (await scene.Cluster.SqlAsync("SELECT count(*) FROM customer WHERE name = 'after'", "shop")).Trim());

        var undone = await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal(RunStatus.Succeeded, undone.Status);
        Assert.Equal("1", (await scene.Cluster.SqlAsync("SELECT count(*) FROM customer WHERE name = 'after'", "shop")).Trim());
        Assert.Equal("", (await scene.Cluster.SqlAsync("SELECT relname FROM pg_class WHERE relname = 'purchase'", "shop")).Trim());
    }

    [SkippableFact]
    public async Task A_restore_test_proves_the_set_measures_and_can_fail()
    {
        await using var scene = await Scene.SetAsync();
        await scene.BackUpAsync();
        var proof = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { NegativeControl = true }, default));
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);
        Assert.True(proof.NegativeControl);
        Assert.NotNull(proof.MeasuredRpo);
        Assert.Contains(proof.Phases, p => p.Name == "restore" && p.Elapsed > TimeSpan.Zero);
        Assert.Contains(proof.Assertions, a => a.Name.Contains("customers", StringComparison.Ordinal));
        var set = (await scene.WithAsync(async s => await s.ListAsync(new BackupFilter { Latest = true }, default).ToListAsync()))[0];
        Assert.NotNull(set.Proven);
        // An agent that was told to end takes a moment to do so on a busy machine.
        for (int i = 0; i < 100 && Scene.ProcessesNaming(scene.State).Count > 0; i++) await Task.Delay(200);
        Assert.Empty(Scene.ProcessesNaming(scene.State));
        var evidence = await scene.WithAsync(async s => await s.TestEvidenceAsync(default).ToListAsync());
        Assert.All(evidence, e => Assert.Equal(CheckVerdict.Ok, e.Verdict));
    }

    [SkippableFact]
    public async Task A_repository_that_cannot_be_written_makes_the_run_incomplete_and_sync_completes_it()
    {
        await using var scene = await Scene.SetAsync();
        await File.WriteAllTextAsync(scene.Repository("two"), "a file where a folder should be");
        var report = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Incomplete, report.Status);
        Assert.Equal(RunStatus.Failed, report.Repositories.Single(r => r.Repository == "two").Status);
        File.Delete(scene.Repository("two"));
        var copied = await scene.WithAsync(async s => await s.SyncAsync(new SyncOptions(), default).ToListAsync());
        Assert.Equal(RunStatus.Succeeded, Assert.Single(copied).Status);
        var verified = await scene.WithAsync(async s => await s.VerifyAsync(new VerifyOptions { Depth = VerificationDepth.Archive }, default).ToListAsync());
        Assert.Equal(2, verified.Count);
        Assert.All(verified, v => Assert.True(v.Verdict == CheckVerdict.Ok, string.Join("; ", v.Problems)));
    }

    [SkippableFact]
    public async Task The_guide_of_a_set_restores_it_with_nothing_but_standard_programs()
    {
        await using var scene = await Scene.SetAsync();
        var report = await scene.BackUpAsync();
        await scene.Cluster.SqlAsync("DROP DATABASE shop");
        string folder = scene.Folder["one", "shop", "sets", report.Id];
        string guide = await File.ReadAllTextAsync(Path.Combine(folder, "RESTORE.md"));
        string script = string.Join('\n', guide.Split("```sh\n").Skip(1).Select(b => b[..b.IndexOf("```", StringComparison.Ordinal)]))
            // Only for the test: nobody is there to type the passphrase.
            .Replace("gpg --decrypt", $"gpg --quiet --batch --pinentry-mode loopback --passphrase-file '{scene.Folder["passphrase"]}' --decrypt", StringComparison.Ordinal);
        var start = new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["PGHOST"] = "127.0.0.1";
        start.Environment["PGPORT"] = scene.Cluster.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = "postgres";
        start.Environment["PGPASSWORD"] = Scene.Password;
        start.Environment["GNUPGHOME"] = scene.Folder.Sub("g");
        using var sh = Process.Start(start)!;
        string errors = await sh.StandardError.ReadToEndAsync();
        await sh.WaitForExitAsync();
        Assert.True(sh.ExitCode == 0, errors);
        Assert.Equal("9000", (await scene.Cluster.SqlAsync("SELECT count(*) FROM purchase", "shop")).Trim());
    }

    [SkippableFact]
    public async Task A_dry_run_says_what_would_be_done_and_touches_nothing()
    {
        await using var scene = await Scene.SetAsync();
        var planned = await scene.BackUpAsync(new BackupOptions { DryRun = true });
        Assert.Equal(RunStatus.Planned, planned.Status);
        Assert.Equal(["Back up db", "Make the folder of repository one", "Make the folder of repository two", "Store set", "Store set"], planned.Steps.Zip([10, 33, 33, 9, 9], (s, n) => s[..n]));
        Assert.Empty(planned.Warnings);
        Assert.False(Directory.Exists(scene.Repository("one")) || Directory.Exists(scene.Repository("two")));

        // Beside one that cannot be reached, a new one is enough.
        string plan = await File.ReadAllTextAsync(scene.PlanFile);
        await File.WriteAllTextAsync(scene.PlanFile, plan.Replace("path: " + scene.Repository("two") + " }", "path: " + scene.Folder["not", "mounted"] + " }", StringComparison.Ordinal));
        planned = await scene.BackUpAsync(new BackupOptions { DryRun = true });
        Assert.Equal([RunStatus.Planned, RunStatus.Failed], planned.Repositories.Select(r => r.Status));
        Assert.False(Directory.Exists(scene.Repository("one")));
        // It says what the run would be: incomplete, and why.
        Assert.Equal((RunStatus.Planned, DrpError.Incomplete), (planned.Status, planned.Code));
        Assert.Contains("two would not get the set", Assert.Single(planned.Warnings), StringComparison.Ordinal);
        Assert.DoesNotContain(planned.Steps, s => s.Contains(" two ", StringComparison.Ordinal));

        // Where nothing could be saved it fails as the run would: without a repository, without the server.
        await File.WriteAllTextAsync(scene.PlanFile, plan.Replace("path: " + scene.Folder.Path, "path: " + scene.Folder["not", "mounted"], StringComparison.Ordinal));
        var dry = await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync(new BackupOptions { DryRun = true }));
        var real = await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync());
        Assert.Equal((real.Code, real.Message), (dry.Code, dry.Message));
        await File.WriteAllTextAsync(scene.PlanFile, plan.Replace($":{scene.Cluster.Port}/", $":{FreePort.Take()}/", StringComparison.Ordinal));
        Assert.Equal(DrpError.Unreachable, (await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync(new BackupOptions { DryRun = true }))).Code);
        Assert.False(Directory.Exists(scene.Repository("one")));
        await File.WriteAllTextAsync(scene.PlanFile, plan);

        // Beside one that is there: its sets count, and nothing in it is touched.
        await scene.BackUpAsync(new BackupOptions { Repositories = ["two"] });
        string[] before = Everything();
        planned = await scene.BackUpAsync(new BackupOptions { DryRun = true });
        Assert.DoesNotContain(planned.Steps, s => s.StartsWith("Make the folder of repository two", StringComparison.Ordinal));
        Assert.Equal(before, Everything());
        Assert.False(Directory.Exists(scene.Repository("one")));

        string[] Everything() => [.. new DirectoryInfo(scene.Repository("two")).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Prepend(new DirectoryInfo(scene.Repository("two"))).Select(f => $"{f.FullName} {f.LastWriteTimeUtc:O}").Order(StringComparer.Ordinal)];
    }

    [SkippableFact]
    public async Task A_pinned_set_survives_retention_until_the_pin_is_lifted()
    {
        await using var scene = await Scene.SetAsync(plan => plan.Replace("keep: { last: 2 }", "keep: { last: 1 }", StringComparison.Ordinal));
        var first = await scene.BackUpAsync(new BackupOptions { Job = "regular" });
        await scene.WithAsync(async s => await s.PinAsync(new PinOptions { Ids = [first.Id], Pinned = true, Reason = "keep" }, default).ToListAsync());
        await scene.BackUpAsync(new BackupOptions { Job = "regular" });
        var kept = await scene.WithAsync(async s => await s.RetainAsync(new RetentionOptions(), default).ToListAsync());
        Assert.All(kept, d => Assert.Equal(RetentionAction.Keep, d.Action));
        await scene.WithAsync(async s => await s.PinAsync(new PinOptions { Ids = [first.Id], Pinned = false }, default).ToListAsync());
        var dry = await scene.WithAsync(async s => await s.RetainAsync(new RetentionOptions { DryRun = true }, default).ToListAsync());
        var real = await scene.WithAsync(async s => await s.RetainAsync(new RetentionOptions(), default).ToListAsync());
        Assert.Equal(dry.Select(d => (d.Id, d.Repository, d.Action)), real.Select(d => (d.Id, d.Repository, d.Action)));
        Assert.Equal(2, real.Count(d => d.Action == RetentionAction.Delete && d.Id == first.Id));
    }
}
