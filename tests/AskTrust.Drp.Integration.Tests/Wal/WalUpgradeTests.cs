using System.Globalization;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.PointInTime;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

/// <summary><c>pg_upgrade</c> makes a new server of an old one: other system identifier, same address, same tables, and WAL that goes on where the old one's ended.</summary>
public sealed class WalUpgradeTests
{
    [SkippableFact]
    public async Task An_upgraded_server_begins_a_history_of_its_own_beside_that_of_the_former()
    {
        await using var scene = await WalScene.SetAsync("window: 1s");
        await scene.BaseAsync();
        DateTimeOffset begun = DateTimeOffset.UtcNow;
        await scene.SqlAsync("CREATE TABLE step AS SELECT 1 AS n; CREATE TABLE doomed AS SELECT 1 AS n");
        await scene.SqlAsync("DELETE FROM doomed");
        // A process of its own: its lease is over with it, also in a repository that is away.
        await using ChildProcess receiver = DrpProgram.Start(scene.Scene, "wal", "receive");
        await scene.UntilAsync(() => scene.Objects("one").Count > 0 && scene.Objects("two").Count > 0);
        scene.Away("two");
        await scene.SqlAsync("INSERT INTO step VALUES (2)");
        string former = await scene.SqlAsync("SELECT system_identifier FROM pg_control_system()"), before = await scene.SqlAsync("SELECT pg_current_wal_insert_lsn()");
        DateTimeOffset stopped = DateTimeOffset.UtcNow;

        string data = await UpgradeAsync(scene);
        await using RestoredServer upgraded = await RestoredServer.StartAsync(data, scene.Scene.Cluster.Port);
        string next = await upgraded.SqlAsync("SELECT system_identifier FROM pg_control_system()");
        Assert.NotEqual(former, next);

        // The receiver that ran beneath it notices; one that begins is refused, and says what it met and what to do.
        Assert.Equal(15, await EndAsync(receiver));
        string major = await upgraded.SqlAsync("SELECT current_setting('server_version_num')::int / 10000");
        Assert.Contains($"it was {former} (PostgreSQL {major}) and is {next} (PostgreSQL {major}) now", receiver.Output, StringComparison.Ordinal);
        var (code, said) = await DrpProgram.RunAsync(scene.Scene, "wal", "receive", "--catch-up");
        Assert.Equal(15, code);
        Assert.Contains($"{former} (PostgreSQL {major}), not {next} (PostgreSQL {major})", said, StringComparison.Ordinal);
        Assert.Contains("--new-system", said, StringComparison.Ordinal);
        Assert.Contains((await StatusAsync(scene)).Problems, p => p.Contains(former, StringComparison.Ordinal) && p.Contains(next, StringComparison.Ordinal));
        Assert.Equal("0", await upgraded.SqlAsync("SELECT count(*) FROM pg_replication_slots"));
        Assert.False(Directory.Exists(Folder(scene, next)));

        // What the spool held of the former reaches the repository that was away, as the former's.
        scene.Back("two");
        await NewSystemAsync(scene);
        Assert.False(Directory.Exists(Path.Join(scene.Spool, "received-" + former)));
        Assert.All((await scene.WindowsAsync()).Where(w => w.SystemIdentifier == former), w => Assert.True(w.LatestLsn >= Lsn.Parse(before) && w is { Gaps.Count: 0, Bases.Count: 1 } && w.FollowedBy == next, w.ToString()));
        Assert.DoesNotContain((await StatusAsync(scene)).Problems, p => p.Contains(former, StringComparison.Ordinal));
        var planned = await scene.Scene.WithAsync(s => s.RestoreAsync(new RestoreOptions { To = RecoveryTarget.Latest, DataDirectory = scene.Scene.Folder["planned"], DryRun = true }, default));
        Assert.Contains(planned.Warnings, w => w.Contains(next, StringComparison.Ordinal));

        string second = (await scene.BaseAsync()).Id;
        await upgraded.SqlAsync("INSERT INTO step VALUES (3); CREATE TABLE young AS SELECT 1 AS n", "shop");
        await upgraded.SqlAsync("DELETE FROM doomed; INSERT INTO doomed VALUES (1), (2)", "shop");
        await upgraded.SqlAsync("DELETE FROM doomed", "shop");
        await scene.CatchUpAsync();
        List<RecoveryWindow> windows = await scene.WindowsAsync();
        Assert.Equal([("one", former, next), ("one", next, null), ("two", former, next), ("two", next, null)], windows.Select(w => (w.Repository, w.SystemIdentifier, w.FollowedBy)));
        Assert.All(windows.Where(w => w.FollowedBy is null), w => Assert.Equal([second], w.Bases));
        string drawn = (await DrpProgram.RunAsync(scene.Scene, "wal", "window")).Output;
        Assert.Contains($"ended: server {next} took its place", drawn, StringComparison.Ordinal);

        // Both worlds: the newest, and that before the upgrade.
        await using (RestoredServer latest = await scene.RestoreAsync()) Assert.Equal("3", await latest.SqlAsync("SELECT max(n) FROM step", "shop"));
        await using (RestoredServer past = await scene.RestoreAsync("two", before))
            Assert.Equal($"2|{former}", await past.SqlAsync("SELECT max(n), (SELECT system_identifier FROM pg_control_system()) FROM step", "shop"));

        // What happened is found in both, and in the one that is asked for.
        Assert.Equal([2L, 1L], (await FindAsync(scene, "doomed", begun)).Select(c => c.Rows!.Value));
        Assert.Equal([1L], (await FindAsync(scene, "doomed", null, stopped)).Select(c => c.Rows!.Value));
        Assert.Empty(await FindAsync(scene, "young", begun));

        // WAL of today that got into the spool of yesterday goes nowhere.
        string segment = await upgraded.SqlAsync("SELECT pg_walfile_name(pg_current_wal_lsn())");
        Directory.CreateDirectory(Path.Join(scene.Spool, "received-" + former));
        File.Copy(Path.Join(data, "pg_wal", segment), Path.Join(scene.Spool, "received-" + former, segment));
        await scene.CatchUpAsync();
        Assert.Contains(scene.Scene.Heard.Texts, t => t.Contains($"was written by server {next}", StringComparison.Ordinal));
        Assert.DoesNotContain(Directory.EnumerateFiles(Folder(scene, former), "*", SearchOption.AllDirectories), f => Path.GetFileName(f).StartsWith(segment, StringComparison.Ordinal));

        // When the last base of the former goes, its WAL goes with it.
        await scene.Scene.WithAsync(async s => await s.RetainAsync(new RetentionOptions { Policy = new RetentionPolicy { Last = 1 } }, default).ToListAsync());
        Assert.All(await scene.WindowsAsync(), w => Assert.Equal((next, null, second, 0), (w.SystemIdentifier, w.FollowedBy, Assert.Single(w.Bases), w.Gaps.Count)));
        Assert.False(Directory.Exists(Folder(scene, former)));
    }

    /// <summary>As the manual of PostgreSQL has it: stop, <c>initdb</c>, <c>pg_upgrade</c>.</summary>
    private static async Task<string> UpgradeAsync(WalScene scene)
    {
        string old = scene.Scene.Cluster.Data, data = scene.Scene.Folder["upgraded"], work = scene.Scene.Folder.Sub("work");
        Directory.CreateDirectory(data);
        var options = new ChildOptions { RunAs = Environment.UserName == "root" ? "postgres" : null, Folder = work, Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LC_ALL"] = "C.UTF-8" } };
        if (options.RunAs is not null) await ChildProcess.RunAsync("chown", ["postgres", data, work]);
        await ChildProcess.RunAsync(Program("initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"], options);
        await File.AppendAllTextAsync(Path.Join(data, "postgresql.conf"), "fsync = off\n");
        await ChildProcess.RunAsync(Program("pg_ctl"), ["stop", "-D", old, "-m", "fast", "-w"], options);
        string port = scene.Scene.Cluster.Port.ToString(CultureInfo.InvariantCulture);
        await ChildProcess.RunAsync(Program("pg_upgrade"), ["-b", PostgreSqlCluster.Bin, "-B", PostgreSqlCluster.Bin, "-d", old, "-D", data, "-U", "postgres", "-s", scene.Scene.Cluster.Socket, "-p", port, "-P", port], options);
        return data;
    }

    private static async Task<int> EndAsync(ChildProcess receiver)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await receiver.WaitAsync(patience.Token);
    }

    private static string Program(string name) => Path.Join(PostgreSqlCluster.Bin, name);

    private static string Folder(WalScene scene, string system) => Path.Join(scene.Scene.Repository("one"), "shop", "wal", system);

    private static Task NewSystemAsync(WalScene scene) => scene.Scene.WithAsync(s => s.WalReceiveAsync(new WalReceiveOptions { CatchUp = true, NewSystem = true }, default));

    private static Task<ReplicationStatus> StatusAsync(WalScene scene) => scene.Scene.WithAsync(async s => (await s.ReplicationAsync(null, default).ToListAsync())[0]);

    private static Task<IReadOnlyList<RecoveryPointCandidate>> FindAsync(WalScene scene, string table, DateTimeOffset? after, DateTimeOffset? before = null) =>
        scene.Scene.WithAsync(s => s.FindRecoveryPointsAsync(new RecoveryPointOptions { Table = table, Actions = [TableAction.Delete], After = after, Before = before }, default));
}
