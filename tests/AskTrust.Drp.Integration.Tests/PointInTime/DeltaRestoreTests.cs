using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>A return to a moment over the cluster that is there: only what differs is written.</summary>
public sealed class DeltaRestoreTests
{
    [SkippableFact]
    public async Task Only_what_differs_is_written_and_what_does_not_belong_goes()
    {
        await using var scene = await Scene.SetAsync();
        using var place = new TestFolder("ts");
        await ChildProcess.RunAsync("chown", ["postgres", place.Path]);
        await scene.Cluster.SqlAsync($"CREATE TABLESPACE fast LOCATION '{place.Path}'");
        await scene.Cluster.SqlAsync("CREATE TABLE stock TABLESPACE fast AS SELECT i FROM generate_series(1, 50000) i", "shop");
        await scene.BackUpAsync(new BackupOptions { Kind = "base" });
        string data = scene.Folder["restored"], moved = scene.Folder["moved"];
        var first = await RestoreAsync(scene, data, moved, o => o with { Delta = false });
        Assert.Null(first.Delta);
        await using (var server = await RestoredServer.StartAsync(data))
        {
            await server.SqlAsync("CREATE TABLE alien AS SELECT i FROM generate_series(1, 1000) i; DELETE FROM purchase WHERE id < 50; DELETE FROM stock WHERE i < 100; CHECKPOINT", "shop");
        }

        File.WriteAllText(Path.Combine(data, "base", "alien"), "x");
        Directory.CreateDirectory(Path.Combine(data, "alien", "deep"));
        File.Delete(Path.Combine(data, "pg_ident.conf"));
        Directory.CreateDirectory(Path.Combine(moved, "of-another-cluster"));
        var wal = Directory.EnumerateFiles(Path.Combine(data, "pg_wal")).Select(Path.GetFileName).ToList();

        var report = await RestoreAsync(scene, data, moved);
        Assert.Equal(RunStatus.Succeeded, report.Status);
        Assert.Null(report.Previous);
        Assert.True(report.Delta!.KeptBytes > 5 * report.Delta.RewrittenBytes, report.Delta.ToString());
        Assert.True(report.Delta.Removed > 2, report.Delta.ToString());
        Assert.False(File.Exists(Path.Combine(data, "base", "alien")) || Directory.Exists(Path.Combine(data, "alien")));
        Assert.True(Directory.Exists(Path.Combine(moved, "of-another-cluster")));
        Assert.NotEmpty(wal);
        await using (var server = await RestoredServer.StartAsync(data))
        {
            Assert.Equal("9000|50000|", await server.SqlAsync("SELECT (SELECT count(*) FROM purchase), (SELECT count(*) FROM stock), to_regclass('alien')", "shop"));
        }

        var undo = await Assert.ThrowsAsync<DrpException>(() => scene.WithAsync(s => s.UndoAsync(new UndoOptions { RestoreId = report.RestoreId }, default)));
        Assert.Contains("--delta", undo.Hint, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_delta_is_refused_where_it_could_do_harm()
    {
        await using var scene = await Scene.SetAsync();
        await scene.BackUpAsync(new BackupOptions { Kind = "base" });
        string data = scene.Folder["restored"];
        Assert.Contains("no cluster", (await RefusedAsync(scene, data)).Message, StringComparison.Ordinal);
        await RestoreAsync(scene, data, null, o => o with { Delta = false });
        string control = Path.Combine(data, "global", "pg_control");
        byte[] before = await File.ReadAllBytesAsync(control);

        Assert.Contains("nobody said yes", (await RefusedAsync(scene, data, o => o with { Confirmed = false })).Message, StringComparison.Ordinal);
        var planned = await RestoreAsync(scene, data, null, o => o with { Confirmed = false, DryRun = true });
        Assert.Contains(planned.Steps, s => s.Contains("only what differs", StringComparison.Ordinal));
        await using (var server = await RestoredServer.StartAsync(data))
        {
            Assert.Contains("server runs", (await RefusedAsync(scene, data)).Message, StringComparison.Ordinal);
            // As it looks from outside when the server is in a container: its process id means nothing here, only its lock file is the same.
            string lockFile = Path.Combine(data, "postmaster.pid");
            string[] lines = await File.ReadAllLinesAsync(lockFile);
            await File.WriteAllLinesAsync(lockFile, ["1", .. lines[1..]]);
            Assert.Contains("server runs", (await RefusedAsync(scene, data)).Message, StringComparison.Ordinal);
            await File.WriteAllLinesAsync(lockFile, lines);
        }

        before = await File.ReadAllBytesAsync(control);
        byte[] other = [.. before];
        other[0] ^= 1;
        await File.WriteAllBytesAsync(control, other);
        Assert.Contains("system identifier", (await RefusedAsync(scene, data)).Message, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(control, before);

        // The key is wrong: nothing was written, so the old cluster is there as it was.
        string passphrase = await File.ReadAllTextAsync(scene.Folder["passphrase"]);
        await File.WriteAllTextAsync(scene.Folder["passphrase"], "another");
        Assert.Equal(DrpError.KeyOrPassphrase, (await RefusedAsync(scene, data)).Code);
        Assert.Equal(before, await File.ReadAllBytesAsync(control));
        await File.WriteAllTextAsync(scene.Folder["passphrase"], passphrase);
    }

    [SkippableFact]
    public async Task Cut_off_half_way_it_cannot_be_started_and_running_it_again_completes_it()
    {
        await using var scene = await Scene.SetAsync();
        await scene.BackUpAsync(new BackupOptions { Kind = "base" });
        string data = scene.Folder["restored"], control = Path.Combine(data, "global", "pg_control");
        await RestoreAsync(scene, data, null, o => o with { Delta = false });
        await using (var server = await RestoredServer.StartAsync(data)) await server.SqlAsync("DELETE FROM purchase; CHECKPOINT", "shop");

        await CutOffAsync(scene, data, 10 << 20);
        Assert.False(File.Exists(control));
        // A second one that fails before it writes anything must not take the old control file for a whole cluster's.
        string passphrase = await File.ReadAllTextAsync(scene.Folder["passphrase"]);
        await File.WriteAllTextAsync(scene.Folder["passphrase"], "another");
        await RefusedAsync(scene, data);
        Assert.False(File.Exists(control));
        Assert.Contains(scene.Heard.Texts, t => t.Contains("neither the old cluster nor the new one", StringComparison.Ordinal));
        await File.WriteAllTextAsync(scene.Folder["passphrase"], passphrase);

        var report = await RestoreAsync(scene, data, null);
        Assert.Equal(RunStatus.Succeeded, report.Status);
        await using var restored = await RestoredServer.StartAsync(data);
        Assert.Equal("9000", await restored.SqlAsync("SELECT count(*) FROM purchase", "shop"));
    }

    [SkippableFact]
    public async Task The_server_of_a_recovery_that_was_killed_is_stopped_by_the_next()
    {
        await using var scene = await Scene.SetAsync();
        // Whoever logs in to a server restored from this base waits for ten minutes: drp cannot get through before it is killed, and the server has no reason to end.
        await scene.Cluster.SqlAsync("ALTER SYSTEM SET post_auth_delay = '600s'");
        string slow = (await scene.BackUpAsync(new BackupOptions { Kind = "base" })).Id;
        await scene.Cluster.SqlAsync("ALTER SYSTEM RESET post_auth_delay");
        await scene.BackUpAsync(new BackupOptions { Kind = "base" });
        string data = scene.Folder["restored"], lockFile = Path.Combine(data, "postmaster.pid");
        await using (var drp = DrpProgram.Start(scene, "restore", slow, "--to", "immediate", "--data-directory", data))
        {
            bool IsReady() => File.Exists(lockFile) && File.ReadAllText(lockFile).Contains("ready", StringComparison.Ordinal);
            for (var until = DateTime.UtcNow.AddSeconds(120); !IsReady() && !drp.HasExited && DateTime.UtcNow < until;) await Task.Delay(10);
            Assert.True(IsReady(), drp.Output);
            await DrpProgram.KillAloneAsync(drp);
        }

        Assert.True(File.Exists(lockFile));
        Assert.Equal(RunStatus.Succeeded, (await RestoreAsync(scene, data, null)).Status);
        Assert.Empty(Scene.ProcessesNaming(data));
        await using var restored = await RestoredServer.StartAsync(data);
        Assert.Equal("9000", await restored.SqlAsync("SELECT count(*) FROM purchase", "shop"));
    }

    private static RestoreOptions Options(string data) => new() { To = RecoveryTarget.Immediate, DataDirectory = data, Delta = true, Confirmed = true };

    private static Task<RestoreReport> RestoreAsync(Scene scene, string data, string? space, Func<RestoreOptions, RestoreOptions>? change = null)
    {
        var options = Options(data);
        if (space is not null) options = options with { Tablespaces = new Dictionary<string, string> { ["fast"] = space } };
        return scene.WithAsync(s => s.RestoreAsync(change?.Invoke(options) ?? options, default));
    }

    private static Task<DrpException> RefusedAsync(Scene scene, string data, Func<RestoreOptions, RestoreOptions>? change = null) =>
        Assert.ThrowsAnyAsync<DrpException>(() => RestoreAsync(scene, data, null, change));

    private static async Task CutOffAsync(Scene scene, string data, long after)
    {
        using var stop = new CancellationTokenSource();
        var options = new EngineOptions { StateDirectory = scene.State, Observer = new Stopper(stop, after) };
        await using var session = await DrpSession.OpenAsync(scene.PlanFile, options, default);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session.RestoreAsync(Options(data), stop.Token));
    }
}
