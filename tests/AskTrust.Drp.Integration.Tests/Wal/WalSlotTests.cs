using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.PointInTime;

namespace AskTrust.Drp.Integration.Tests.Wal;

/// <summary>The slot and the spool: what happens where one of them is at its end.</summary>
public sealed class WalSlotTests
{
    private const long MiB = 1 << 20;

    [SkippableFact]
    public async Task A_slot_above_its_limit_is_given_up_and_a_new_base_follows_the_hole()
    {
        await using var scene = await WalScene.SetAsync("spoolLimit: 64MiB, slotLimit: 48MiB, slotPolicy: drop-above-limit");
        await scene.BaseAsync();
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("two").Count > 0);
        scene.Away("one");
        scene.Away("two");
        IReadOnlyList<string> written = await scene.SegmentsAsync(10);

        await scene.UntilAsync(async () => await SlotsAsync(scene) == "0");
        // The server is free to forget, and does.
        await scene.SqlAsync("CHECKPOINT");
        await scene.SegmentsAsync(1);
        await scene.SqlAsync("CHECKPOINT");
        Assert.False(File.Exists(Path.Join(scene.Scene.Cluster.Data, "pg_wal", written[8])));
        Assert.Equal("0", await SlotsAsync(scene));
        scene.Back("one");
        scene.Back("two");

        await scene.UntilAsync(async () => (await scene.WindowsAsync()).All(w => w.Bases.Count == 2 && w.Gaps.Count == 1));
        await scene.SqlAsync("CREATE TABLE behind AS SELECT 42 AS n");
        string flushed = await scene.SqlAsync("SELECT pg_switch_wal()");
        foreach (RecoveryWindow window in await scene.WindowsAsync())
        {
            Assert.Equal(WalGapCause.SlotGivenUp, window.Gaps[0].Cause);
            // What was in the spool is in the archive.
            Assert.Contains(window.Gaps[0].First, written.Skip(1));
        }

        await scene.UntilAsync(async () => (await scene.WindowsAsync()).All(w => w.LatestLsn >= Lsn.Parse(flushed)));
        await receiver.StopAsync();
        await using (RestoredServer restored = await scene.RestoreAsync()) Assert.Equal("42", await restored.SqlAsync("SELECT n FROM behind", "shop"));
        Assert.Contains("slot-given-up", (await DrpProgram.RunAsync(scene.Scene, "wal", "window")).Output + string.Join(' ', Directory.EnumerateFiles(scene.Scene.Repository("one"), "*.hole-*", SearchOption.AllDirectories)), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task One_repository_that_is_down_for_long_has_its_own_hole()
    {
        await using var scene = await WalScene.SetAsync("spoolLimit: 64MiB, slotLimit: 48MiB, slotPolicy: drop-above-limit");
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("two").Count > 0);
        scene.Away("two");
        await scene.SegmentsAsync(10);
        await scene.UntilAsync(async () => await SlotsAsync(scene) == "0");
        await scene.SqlAsync("CHECKPOINT");
        await scene.SegmentsAsync(1);
        await scene.SqlAsync("CHECKPOINT");

        // The other one goes on, with a base of its own, though this one is still silent.
        await scene.UntilAsync(async () => (await scene.WindowsAsync()).Single(w => w.Repository == "one").Bases.Count == 1);
        scene.Back("two");
        await scene.UntilAsync(async () => (await scene.WindowsAsync()).All(w => w.Gaps.Count == 1 && w.Gaps[0].Cause == WalGapCause.SlotGivenUp));
        var windows = await scene.WindowsAsync();
        Assert.True(windows.Single(w => w.Repository == "two").Gaps[0].Start <= windows.Single(w => w.Repository == "one").Gaps[0].Start);
    }

    [SkippableFact]
    public async Task What_the_server_had_no_more_is_a_hole_with_that_cause()
    {
        await using var scene = await WalScene.SetAsync("baseAfterHole: false");
        await scene.SegmentsAsync(1);
        await scene.CatchUpAsync();
        await scene.SqlAsync("SELECT pg_drop_replication_slot('drp_shop_db')");
        await scene.SegmentsAsync(3);
        await scene.SqlAsync("CHECKPOINT");
        await scene.SegmentsAsync(1);
        await scene.SqlAsync("CHECKPOINT");

        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(async () => (await scene.WindowsAsync()).All(w => w.Gaps.Count == 1));

        Assert.All(await scene.WindowsAsync(), w => Assert.Equal(WalGapCause.SlotLost, w.Gaps[0].Cause));
        Assert.Contains(scene.Scene.Heard.Texts, t => t.Contains("drp backup --kind base", StringComparison.Ordinal));
        Assert.All(await scene.WindowsAsync(), w => Assert.Empty(w.Bases));
    }

    [SkippableFact]
    public async Task A_slot_that_vanished_is_made_again_and_there_is_no_hole_where_the_server_still_has_the_wal()
    {
        await using var scene = await WalScene.SetAsync();
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("two").Count > 0);

        await scene.UntilAsync(async () =>
        {
            await scene.SqlAsync("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active");
            await scene.SqlAsync("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active");
            return await SlotsAsync(scene) == "0";
        });
        IReadOnlyList<string> names = await scene.SegmentsAsync(3);
        await scene.UntilAsync(() => names.All(n => scene.Segments("one").Contains(n) && scene.Segments("two").Contains(n)));

        Assert.Equal("1", await SlotsAsync(scene));
        Assert.All(await scene.WindowsAsync(), w => Assert.Empty(w.Gaps));
        Assert.All(await scene.WindowsAsync(), w => Assert.Empty(w.Bases));
    }

    [SkippableFact]
    public async Task The_spool_stays_below_its_limit_and_nothing_is_lost()
    {
        await using var scene = await WalScene.SetAsync("spoolLimit: 64MiB");
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("two").Count > 0);
        scene.Away("one");
        scene.Away("two");

        IReadOnlyList<string> names = await scene.SegmentsAsync(8);
        await scene.UntilAsync(() => scene.Scene.Heard.Texts.Any(t => t.Contains("of at most", StringComparison.Ordinal)) && Used(scene) >= 32 * MiB);
        for (int look = 0; look < 30; look++)
        {
            Assert.InRange(Used(scene), 0, 64 * MiB);
            await Task.Delay(100);
        }

        Assert.Equal("1", await SlotsAsync(scene));
        scene.Back("one");
        scene.Back("two");
        await scene.UntilAsync(() => names.All(n => scene.Segments("one").Contains(n) && scene.Segments("two").Contains(n)));
        Assert.All(await scene.WindowsAsync(), w => Assert.Empty(w.Gaps));
        await receiver.StopAsync();
    }

    [SkippableFact]
    public async Task A_spool_too_small_to_work_is_refused()
    {
        await using var scene = await WalScene.SetAsync("spoolLimit: 40MiB");
        DrpException e = await Assert.ThrowsAsync<DrpException>(() => scene.CatchUpAsync());
        Assert.Equal(DrpError.PlanInvalid, e.Code);
        Assert.Equal("0", await SlotsAsync(scene));
    }

    private static Task<string> SlotsAsync(WalScene scene) => scene.SqlAsync("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'drp_shop_db'");

    private static long Used(WalScene scene) => new DirectoryInfo(scene.Spool).EnumerateFiles("0*", SearchOption.AllDirectories).Sum(f => f.Exists ? f.Length : 0);
}
