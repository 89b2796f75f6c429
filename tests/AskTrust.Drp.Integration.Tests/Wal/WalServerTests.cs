using System.Security.Cryptography;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.PointInTime;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

/// <summary>The server changes under the receiver: another takes over, a copy turns up, a new one stands at its address.</summary>
public sealed class WalServerTests
{
    [SkippableFact]
    public async Task A_standby_that_is_promoted_is_followed_onto_its_timeline()
    {
        await using var scene = await WalScene.SetAsync();
        string data = await StandbyAsync(scene);
        await using RestoredServer standby = await RestoredServer.StartAsync(data);
        await scene.SqlAsync("CREATE TABLE step AS SELECT 1 AS n");
        await PlanAsync(scene, standby.Url("shop"));
        await scene.BaseAsync();
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("two").Count > 0);

        await standby.SqlAsync("SELECT pg_promote()");
        await scene.Scene.Cluster.KillAsync();
        await standby.SqlAsync("INSERT INTO step VALUES (2); SELECT pg_switch_wal()", "shop");
        await standby.SqlAsync("INSERT INTO step VALUES (3)", "shop");
        await ReachedAsync(scene, await standby.SqlAsync("SELECT pg_current_wal_lsn()"));

        await BothTimelinesAsync(scene, "3");
    }

    [SkippableFact]
    public async Task A_standby_that_takes_over_the_address_is_followed_without_a_gap()
    {
        await using var scene = await WalScene.SetAsync();
        string data = await StandbyAsync(scene);
        await scene.BaseAsync();
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("two").Count > 0);
        await scene.SqlAsync("CREATE TABLE step AS SELECT 1 AS n");
        RestoredServer standby = await RestoredServer.StartAsync(data);
        string written = await scene.SqlAsync("SELECT pg_current_wal_flush_lsn()");
        await scene.UntilAsync(async () => await standby.SqlAsync($"SELECT pg_last_wal_replay_lsn() >= '{written}'") == "t");
        await standby.DisposeAsync();

        await scene.Scene.Cluster.KillAsync();
        File.Delete(Path.Join(data, "postmaster.pid"));
        await using RestoredServer taken = await RestoredServer.StartAsync(data, scene.Scene.Cluster.Port);
        await taken.SqlAsync("SELECT pg_promote()");
        await taken.SqlAsync("INSERT INTO step VALUES (2)", "shop");
        await ReachedAsync(scene, await taken.SqlAsync("SELECT pg_current_wal_lsn()"));

        await BothTimelinesAsync(scene, "2");
    }

    [SkippableFact]
    public async Task A_copy_of_the_server_with_the_same_slot_is_refused()
    {
        await using var scene = await WalScene.SetAsync();
        await scene.CatchUpAsync();
        await scene.Scene.Cluster.KillAsync();
        string copy = scene.Scene.Folder["copy"];
        await ChildProcess.RunAsync("cp", ["-a", scene.Scene.Cluster.Data, copy]);
        File.Delete(Path.Join(copy, "postmaster.pid"));
        await scene.Scene.Cluster.StartServerAsync();
        await using RestoredServer cloned = await RestoredServer.StartAsync(copy);
        string other = scene.Scene.Folder.Write("other.yaml", (await File.ReadAllTextAsync(scene.Scene.PlanFile))
            .Replace(scene.Scene.Cluster.Url("shop"), $"\"{cloned.Url("shop")}\"", StringComparison.Ordinal).Replace(scene.Spool, scene.Scene.Folder["other-spool"], StringComparison.Ordinal));

        // While the true one is received …
        await using (await scene.ReceiveAsync())
        {
            IReadOnlyList<string> names = await scene.SegmentsAsync(2);
            await scene.UntilAsync(() => names.All(n => scene.Segments("one").Contains(n) && scene.Segments("two").Contains(n)));
            Assert.Equal(DrpError.Locked, (await RefusedAsync()).Code);
        }

        // … and afterwards: it wrote something else under the same names.
        Dictionary<string, string> before = Bytes(scene);
        await cloned.SqlAsync("CREATE TABLE of_the_copy AS SELECT i FROM generate_series(1, 1000) i", "shop");
        await cloned.SqlAsync("SELECT pg_switch_wal()");
        DrpException different = await RefusedAsync();
        Assert.Equal(DrpError.VerificationFailed, different.Code);
        Assert.Contains(scene.Segments("one"), name => different.Message.Contains(name, StringComparison.Ordinal));
        Dictionary<string, string> after = Bytes(scene);
        Assert.All(before, b => Assert.Equal(b.Value, after.GetValueOrDefault(b.Key)));
        Assert.All(await scene.WindowsAsync(), w => Assert.Empty(w.Gaps));

        async Task<DrpException> RefusedAsync()
        {
            await using var session = await DrpSession.OpenAsync(other, new EngineOptions { StateDirectory = scene.Scene.Folder["other-state"], Observer = scene.Scene.Heard }, default);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            return await Assert.ThrowsAsync<DrpException>(() => session.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, patience.Token));
        }
    }

    [SkippableFact]
    public async Task A_receiver_on_another_machine_is_refused_and_the_first_goes_on()
    {
        await using var scene = await WalScene.SetAsync();
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("two").Count > 0);
        string stream = await StreamAsync(scene);

        // With another state directory, but the same spool …
        Assert.Equal(DrpError.Locked, await RefusedAsync("other-state"));
        // … and with a spool of its own, as on another machine.
        await File.WriteAllTextAsync(scene.Scene.PlanFile, (await File.ReadAllTextAsync(scene.Scene.PlanFile)).Replace(scene.Spool, scene.Scene.Folder["other-spool"], StringComparison.Ordinal));
        Assert.Equal(DrpError.Locked, await RefusedAsync("other-state"));

        // Not even where no repository can tell them apart: there is no lease, and the stream is not taken from one that may live.
        scene.Away("one");
        scene.Away("two");
        Assert.Equal(DrpError.Locked, await RefusedAsync("third-state"));
        scene.Back("one");
        scene.Back("two");
        Assert.Equal(stream, await StreamAsync(scene));
        IReadOnlyList<string> names = await scene.SegmentsAsync(1);
        await scene.UntilAsync(() => names.All(n => scene.Segments("one").Contains(n) && scene.Segments("two").Contains(n)));

        async Task<DrpError> RefusedAsync(string state)
        {
            await using var other = await scene.ReceiveAsync(state: scene.Scene.Folder[state]);
            return (await Assert.ThrowsAsync<DrpException>(() => other.Running.WaitAsync(TimeSpan.FromSeconds(60)))).Code;
        }
    }

    [SkippableFact]
    public async Task A_server_made_anew_at_the_address_is_refused()
    {
        await using var scene = await WalScene.SetAsync();
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("two").Count > 0);
        await scene.Scene.Cluster.KillAsync();
        string data = scene.Scene.Folder["anew"];
        Directory.CreateDirectory(data);
        await ChildProcess.RunAsync("chown", ["postgres", data]);
        await ChildProcess.RunAsync(Path.Join(PostgreSqlCluster.Bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], new ChildOptions { RunAs = "postgres", Folder = "/" });
        await using RestoredServer anew = await RestoredServer.StartAsync(data, scene.Scene.Cluster.Port);
        await anew.SqlAsync("CREATE DATABASE shop");

        // What follows once it is said to be meant: WalUpgradeTests. The receiver that was running notices …
        DrpException noticed = await Assert.ThrowsAsync<DrpException>(() => receiver.Running.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(DrpError.UnsafeTarget, noticed.Code);
        Assert.Contains(await anew.SqlAsync("SELECT system_identifier FROM pg_control_system()"), noticed.Message, StringComparison.Ordinal);
        // … and so does one that begins.
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => scene.CatchUpAsync())).Code);
        Assert.Equal("0", await anew.SqlAsync("SELECT count(*) FROM pg_replication_slots"));
    }

    private static async Task<string> StandbyAsync(WalScene scene)
    {
        // The bed saves these; without them nothing that a standby gives could be trusted.
        await scene.Scene.Cluster.SqlAsync("ALTER SYSTEM SET full_page_writes = on");
        await scene.Scene.Cluster.SqlAsync("SELECT pg_reload_conf(); SELECT pg_sleep(0.5)");
        await scene.Scene.Cluster.SqlAsync("CHECKPOINT");
        string data = scene.Scene.Folder["standby"];
        await scene.Scene.Cluster.ToolAsync("pg_basebackup", ["-D", data, "-R", "-X", "stream", "-c", "fast"]);
        return data;
    }

    private static async Task PlanAsync(WalScene scene, string url) =>
        await File.WriteAllTextAsync(scene.Scene.PlanFile, (await File.ReadAllTextAsync(scene.Scene.PlanFile)).Replace(scene.Scene.Cluster.Url("shop"), $"\"{url}\"", StringComparison.Ordinal)
            .Replace("canary: true", "canary: false", StringComparison.Ordinal));

    private static Task ReachedAsync(WalScene scene, string lsn) =>
        scene.UntilAsync(async () => (await scene.WindowsAsync()).All(w => w.Timeline == 2 && w.LatestLsn >= Lsn.Parse(lsn)));

    private static async Task BothTimelinesAsync(WalScene scene, string row)
    {
        foreach (RecoveryWindow window in await scene.WindowsAsync())
        {
            Assert.Empty(window.Gaps);
            Assert.Equal((2, 1), (Assert.Single(window.Forks).Timeline, window.Forks[0].Parent));
            Assert.Equal([1L, 2L], window.Ranges.Select(r => r.Timeline).Distinct());
        }

        Assert.Contains(scene.Objects("one").Concat(Directory.EnumerateFiles(scene.Scene.Repository("one"), "00000002.history-*", SearchOption.AllDirectories)), n => n.Contains("00000002.history", StringComparison.Ordinal));
        await using RestoredServer restored = await scene.RestoreAsync();
        Assert.Equal(row, await restored.SqlAsync("SELECT max(n) FROM step", "shop"));
    }

    private static Dictionary<string, string> Bytes(WalScene scene) => new[] { "one", "two" }
        .SelectMany(r => Directory.EnumerateFiles(Path.Join(scene.Scene.Repository(r), "shop", "wal"), "0*", SearchOption.AllDirectories))
        .Where(f => !f.Contains("/locks/", StringComparison.Ordinal)).ToDictionary(f => f, f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))), StringComparer.Ordinal);

    private static Task<string> StreamAsync(WalScene scene) => scene.SqlAsync("SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'drp_shop_db'");
}
