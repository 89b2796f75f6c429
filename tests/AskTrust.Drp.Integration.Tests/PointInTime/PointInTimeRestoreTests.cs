using System.Formats.Tar;
using System.Text;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

public sealed class PointInTimeRestoreTests
{
    private static readonly BackupOptions s_base = new() { Kind = "base" };

    [SkippableFact]
    public async Task A_base_alone_returns_to_its_end_and_undo_brings_back_what_was_there()
    {
        await using var scene = await Scene.SetAsync();
        await scene.BackUpAsync(s_base);
        await scene.Cluster.SqlAsync("DELETE FROM purchase", "shop");
        string data = Folder(scene);
        var report = await RestoreAsync(scene, data, "immediate");
        Assert.Equal(RunStatus.Succeeded, report.Status);
        Assert.Contains("consistency", report.Recovery!.Reached, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(data, "recovery.signal")));
        await using (var server = await RestoredServer.StartAsync(data)) Assert.Equal("9000", await server.SqlAsync("SELECT count(*) FROM purchase", "shop"));
        File.WriteAllText(Path.Combine(data, "of-the-first"), "");
        File.Delete(Path.Combine(data, "postmaster.pid"));

        var refused = await Assert.ThrowsAsync<DrpException>(() => RestoreAsync(scene, data, "immediate"));
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        var again = await RestoreAsync(scene, data, "immediate", o => o with { Force = true });
        Assert.True(File.Exists(Path.Combine(again.Previous!, "of-the-first")));
        Assert.False(File.Exists(Path.Combine(data, "of-the-first")));
        var undone = await scene.WithAsync(s => s.UndoAsync(new UndoOptions { RestoreId = again.RestoreId }, default));
        Assert.True(File.Exists(Path.Combine(data, "of-the-first")));
        Assert.True(Directory.Exists(undone.Previous));
    }

    [SkippableFact]
    public async Task Each_kind_of_target_is_reached_and_no_row_more()
    {
        await using var scene = await Scene.SetAsync();
        var wal = new WalScene(scene);
        await scene.BackUpAsync(s_base);
        var sql = scene.Cluster;
        await sql.SqlAsync("CREATE TABLE step (n int); INSERT INTO step VALUES (1)", "shop");
        string time = await sql.SqlAsync("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')");
        await sql.SqlAsync("INSERT INTO step VALUES (2)", "shop");
        string lsn = await sql.SqlAsync("SELECT pg_current_wal_insert_lsn()");
        await sql.SqlAsync("INSERT INTO step VALUES (3)", "shop");
        await sql.SqlAsync("SELECT pg_create_restore_point('before release')");
        string xid = (await sql.SqlAsync("BEGIN; INSERT INTO step VALUES (4); SELECT pg_current_xact_id(); COMMIT", "shop")).Trim();
        await wal.ShipAsync();
        await sql.SqlAsync("INSERT INTO step VALUES (5)", "shop");
        await wal.ShipAsync();
        (string Target, bool Exclusive, string Rows)[] cases = [(time, false, "1"), (lsn, false, "2"), ("name:before release", false, "3"), ($"xid:{xid}", false, "4"), ($"xid:{xid}", true, "3"), ("latest", false, "5")];
        foreach (var (target, exclusive, rows) in cases)
        {
            string data = Folder(scene);
            var report = await RestoreAsync(scene, data, target, o => o with { Exclusive = exclusive });
            await using var server = await RestoredServer.StartAsync(data);
            string found = await server.SqlAsync("SELECT max(n) FROM step", "shop");
            // Of an LSN, the record that ends there is the last; the row after it must not be there.
            Assert.True(found == rows, $"{target}: {found}, {report.Recovery!.Reached}");
            Assert.Equal("f", await server.SqlAsync("SELECT pg_is_in_recovery()"));
            Assert.Equal("", await server.SqlAsync("SHOW restore_command"));
        }

        var replayed = scene.Heard.Events.OfType<DrpProgress>().Where(p => p.Activity.Contains("WAL", StringComparison.Ordinal)).ToList();
        Assert.All(replayed, p => Assert.InRange(p.Done, 1, p.Total!.Value));
        Assert.Equal(cases.Length, replayed.Count(p => p.Finished && p.Done == p.Total));
    }

    [SkippableFact]
    public async Task Targets_that_the_repositories_do_not_hold_are_refused_before_anything_is_touched()
    {
        await using var scene = await Scene.SetAsync();
        var wal = new WalScene(scene);
        string data = Folder(scene);
        Assert.Equal(DrpError.RepositoryMissing, (await RefusedAsync(scene, data, "latest")).Code);
        await scene.BackUpAsync(s_base);
        Assert.Contains("No archived WAL", (await RefusedAsync(scene, data, "latest")).Message, StringComparison.Ordinal);
        await scene.Cluster.SqlAsync("CREATE TABLE a AS SELECT 1", "shop");
        await wal.ShipAsync();
        Assert.Contains("too early", (await RefusedAsync(scene, data, "2001-01-01 00:00")).Message, StringComparison.Ordinal);
        Assert.Contains("too early", (await RefusedAsync(scene, data, "0/28")).Message, StringComparison.Ordinal);
        Assert.Contains("too late", (await RefusedAsync(scene, data, "2101-01-01 00:00")).Message, StringComparison.Ordinal);
        Assert.Contains("too late", (await RefusedAsync(scene, data, "FF/0")).Message, StringComparison.Ordinal);
        Assert.Contains("Timeline 7", (await RefusedAsync(scene, data, "latest", o => o with { Timeline = 7 })).Message, StringComparison.Ordinal);
        await scene.Cluster.SqlAsync("CREATE TABLE b AS SELECT 1", "shop");
        string missing = await wal.SegmentAsync();
        await wal.ShipAsync(name => name == missing);
        await scene.Cluster.SqlAsync("CREATE TABLE c AS SELECT 1", "shop");
        string lsn = await scene.Cluster.SqlAsync("SELECT pg_current_wal_insert_lsn()");
        await wal.ShipAsync(name => name == missing);
        var gap = await RefusedAsync(scene, data, lsn);
        Assert.Contains(missing, gap.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));

        // A name that the WAL does not hold is known only at its end.
        var unreached = await RefusedAsync(scene, data, "name:never");
        Assert.Contains("ends before", unreached.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [SkippableFact]
    public async Task A_moment_of_an_idle_server_is_the_end_of_its_wal()
    {
        await using var scene = await Scene.SetAsync();
        await scene.BackUpAsync(s_base);
        await scene.Cluster.SqlAsync("CREATE TABLE step AS SELECT 1 AS n", "shop");
        string time = await scene.Cluster.SqlAsync("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')");
        // No commit comes any more; only that the WAL is shipped later shows that it holds everything up to the moment.
        await Task.Delay(20);
        await new WalScene(scene).ShipAsync();
        string data = Folder(scene);
        var report = await RestoreAsync(scene, data, time);
        Assert.Equal(RunStatus.Succeeded, report.Status);
        await using var server = await RestoredServer.StartAsync(data);
        Assert.Equal("1", await server.SqlAsync("SELECT count(*) FROM step", "shop"));
    }

    [SkippableFact]
    public async Task What_the_receiver_shipped_of_the_open_segment_is_replayed_too()
    {
        await using var scene = await Scene.SetAsync(plan => plan.Replace("canary: true", "canary: true\n    pointInTime: {}", StringComparison.Ordinal));
        Task ReceiveAsync() => scene.WithAsync(s => s.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, default));
        await ReceiveAsync();
        await scene.BackUpAsync(s_base);
        await scene.Cluster.SqlAsync("CREATE TABLE step AS SELECT 1 AS n", "shop");
        string time = await scene.Cluster.SqlAsync("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')");
        await scene.Cluster.SqlAsync("INSERT INTO step VALUES (2)", "shop");
        await ReceiveAsync();
        foreach (var (target, rows) in ((string, string)[])[(time, "1"), ("latest", "2")])
        {
            string data = Folder(scene);
            var report = await RestoreAsync(scene, data, target);
            await using var server = await RestoredServer.StartAsync(data);
            string found = await server.SqlAsync("SELECT count(*) FROM step", "shop");
            Assert.True(found == rows, $"{target}: {found}, {report.Recovery!.Reached}");
        }

        var late = await RefusedAsync(scene, Folder(scene), "2101-01-01 00:00");
        Assert.Contains("too late", late.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_segment_that_cannot_be_read_stops_the_recovery_and_does_not_end_it()
    {
        await using var scene = await Scene.SetAsync();
        var wal = new WalScene(scene);
        await scene.BackUpAsync(s_base);
        await scene.Cluster.SqlAsync("CREATE TABLE a AS SELECT 1", "shop");
        string segment = await wal.SegmentAsync();
        await wal.ShipAsync();
        await scene.Cluster.SqlAsync("CREATE TABLE b AS SELECT 1", "shop");
        await wal.ShipAsync();
        foreach (string repository in (string[])["one", "two"])
        {
            string file = Assert.Single(Directory.EnumerateFiles(scene.Repository(repository), segment + "-*", SearchOption.AllDirectories));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            byte[] bytes = await File.ReadAllBytesAsync(file);
            bytes[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(file, bytes);
        }

        string data = Folder(scene);
        var refused = await RefusedAsync(scene, data, "latest");
        Assert.Equal(DrpError.VerificationFailed, refused.Code);
        Assert.Contains("stopped", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [SkippableFact]
    public async Task Tablespaces_go_where_they_are_told()
    {
        await using var scene = await Scene.SetAsync();
        using var place = new TestFolder("ts");
        await ChildProcess.RunAsync("chown", ["postgres", place.Path]);
        await scene.Cluster.SqlAsync($"CREATE TABLESPACE fast LOCATION '{place.Path}'");
        await scene.Cluster.SqlAsync("CREATE TABLE stock TABLESPACE fast AS SELECT i FROM generate_series(1, 5000) i", "shop");
        await scene.BackUpAsync(s_base);
        string data = Folder(scene);
        Assert.Equal(DrpError.UnsafeTarget, (await RefusedAsync(scene, data, "immediate")).Code);
        string moved = Path.Combine(scene.Folder.Path, "moved");
        await RestoreAsync(scene, data, "immediate", o => o with { Tablespaces = new Dictionary<string, string> { ["fast"] = moved } });
        await using var server = await RestoredServer.StartAsync(data);
        Assert.Equal("5000", await server.SqlAsync("SELECT count(*) FROM stock", "shop"));
        Assert.Equal(moved, await server.SqlAsync("SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'fast'"));
        var proof = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { To = RecoveryTarget.Immediate }, default));
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);
    }

    [SkippableFact]
    public async Task A_test_proves_the_chain_and_measures_the_recovery_point()
    {
        await using var scene = await Scene.SetAsync();
        var report = await scene.BackUpAsync(s_base);
        await new WalScene(scene).ShipAsync();
        var alone = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { Id = report.Id, NegativeControl = true }, default));
        Assert.True(alone.Verdict == CheckVerdict.Ok, alone.Message);
        Assert.True(alone.NegativeControl);
        var chain = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { To = RecoveryTarget.Latest }, default));
        Assert.True(chain.Verdict == CheckVerdict.Ok, chain.Message);
        Assert.NotNull(chain.MeasuredRpo);
        Assert.Contains(chain.Assertions, a => a.Name == "pg_verifybackup");
        Assert.Contains(chain.Phases, p => p.Name == "recover");
        Assert.Empty(Scene.ProcessesNaming(Path.Combine(scene.State, "tmp")));
    }

    [SkippableFact]
    public async Task A_full_disk_leaves_nothing_behind()
    {
        await using var scene = await Scene.SetAsync();
        await scene.BackUpAsync(s_base);
        await using var disk = await Tmpfs.MountAsync(scene.Folder["small"], 20);
        var refused = await RefusedAsync(scene, Path.Combine(disk.Path, "data"), "immediate");
        Assert.Equal(DrpError.NotEnoughSpace, refused.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Path));
    }

    [SkippableFact]
    public async Task A_wrong_key_is_named_and_nothing_is_made()
    {
        await using var scene = await Scene.SetAsync();
        await scene.BackUpAsync(s_base);
        File.WriteAllText(scene.Folder["passphrase"], "another");
        string data = Folder(scene);
        Assert.Equal(DrpError.KeyOrPassphrase, (await RefusedAsync(scene, data, "immediate")).Code);
        Assert.False(Directory.Exists(data));
    }

    [Theory]
    [InlineData("../outside", TarEntryType.RegularFile), InlineData("/tmp/outside", TarEntryType.RegularFile), InlineData("base/../../outside", TarEntryType.RegularFile)]
    [InlineData("base", TarEntryType.SymbolicLink), InlineData("pipe", TarEntryType.Fifo), InlineData("base/x", TarEntryType.HardLink)]
    public async Task An_entry_that_does_not_belong_there_is_refused(string name, TarEntryType type)
    {
        using var folder = new TestFolder("hostile");
        using var memory = new MemoryStream();
        await using (var writer = new TarWriter(memory, TarEntryFormat.Ustar, leaveOpen: true))
        {
            var entry = new UstarTarEntry(type, name);
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink) entry.LinkName = "/etc/passwd";
            if (type == TarEntryType.RegularFile) entry.DataStream = new MemoryStream(Encoding.ASCII.GetBytes("x"));
            await writer.WriteEntryAsync(entry);
        }

        memory.Position = 0;
        string target = folder.Sub("target");
        var refused = await Assert.ThrowsAsync<DrpException>(() => new BaseExtraction(new LocalFiles(null), _ => { }).ExtractAsync(memory, target, default));
        Assert.Equal(DrpError.VerificationFailed, refused.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(target));
        Assert.Equal(["target"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    private static string Folder(Scene scene) => Path.Combine(scene.Folder.Path, $"restored-{Guid.NewGuid().ToString("N")[..6]}");

    private static Task<RestoreReport> RestoreAsync(Scene scene, string data, string target, Func<RestoreOptions, RestoreOptions>? change = null)
    {
        Assert.True(RecoveryTarget.TryParse(target, out var to));
        var options = new RestoreOptions { To = to, DataDirectory = data };
        return scene.WithAsync(s => s.RestoreAsync(change?.Invoke(options) ?? options, default));
    }

    private static Task<DrpException> RefusedAsync(Scene scene, string data, string target, Func<RestoreOptions, RestoreOptions>? change = null) =>
        Assert.ThrowsAnyAsync<DrpException>(() => RestoreAsync(scene, data, target, change));
}
