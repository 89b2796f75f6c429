using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.Integration.Tests.PointInTime;

namespace AskTrust.Drp.Integration.Tests.Wal;

public sealed class WalWindowTests
{
    [SkippableFact]
    public async Task A_missing_segment_is_a_gap_and_a_damaged_one_is_named()
    {
        await using var scene = await WalScene.SetAsync();
        IReadOnlyList<string> names = await scene.SegmentsAsync(4);
        await scene.CatchUpAsync();
        Assert.All(await VerifyAsync(scene), r => Assert.Equal(CheckVerdict.Ok, r.Verdict));

        File.Delete(scene.PathOf("one", names[1] + "-"));
        string damaged = scene.PathOf("two", names[2] + "-");
        byte[] bytes = await File.ReadAllBytesAsync(damaged);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(damaged, bytes);

        List<RecoveryWindow> windows = await scene.Scene.WithAsync(s => s.RecoveryWindowAsync(null, default).ToListAsync());
        WalGap gap = Assert.Single(windows.Single(w => w.Repository == "one").Gaps);
        Assert.Equal((names[1], WalGapCause.Missing), (gap.First, gap.Cause));
        Assert.Empty(windows.Single(w => w.Repository == "two").Gaps);
        Assert.True(gap.After <= gap.Before);
        Assert.Contains(names[1], (await DrpProgram.RunAsync(scene.Scene, "wal", "window")).Output, StringComparison.Ordinal);

        IReadOnlyList<VerificationResult> results = await VerifyAsync(scene);
        Assert.All(results, r => Assert.Equal(DrpError.VerificationFailed, r.Code));
        Assert.Contains(names[1], Assert.Single(results.Single(r => r.Repository == "one").Problems), StringComparison.Ordinal);
        Assert.Contains(names[2], Assert.Single(results.Single(r => r.Repository == "two").Problems), StringComparison.Ordinal);

        // Each repository makes up for the other.
        foreach (string name in names) Assert.Equal(await File.ReadAllBytesAsync(Path.Join(scene.Scene.Cluster.Data, "pg_wal", name)), await scene.FetchAsync(name));
    }

    [SkippableFact]
    public async Task Prune_deletes_the_wal_that_no_base_needs_and_what_is_left_restores()
    {
        await using var scene = await WalScene.SetAsync("window: 1s");
        await scene.BaseAsync();
        IReadOnlyList<string> old = await scene.SegmentsAsync(3);
        await scene.CatchUpAsync();
        string newest = (await scene.BaseAsync()).Id;
        IReadOnlyList<string> kept = await scene.SegmentsAsync(2);
        await scene.SqlAsync("CREATE TABLE last_row AS SELECT 7 AS n");
        await scene.CatchUpAsync();
        DateTimeOffset taken = DateTimeOffset.UtcNow;
        await scene.UntilAsync(() => DateTimeOffset.UtcNow - taken > TimeSpan.FromSeconds(1.2));

        var decisions = await scene.Scene.WithAsync(async s => await s.RetainAsync(new RetentionOptions { Policy = new RetentionPolicy { Last = 1 } }, default).ToListAsync());

        Assert.Equal(2, decisions.Count(d => d is { Id: "wal/db", Action: RetentionAction.Delete, Planned: false }));
        foreach (string repository in (string[])["one", "two"])
        {
            Assert.DoesNotContain(scene.Segments(repository), old.Contains);
            Assert.All(kept, k => Assert.Contains(k, scene.Segments(repository)));
            await using RestoredServer restored = await scene.RestoreAsync(repository);
            Assert.Equal("7", await restored.SqlAsync("SELECT n FROM last_row", "shop"));
        }

        Assert.All(await scene.WindowsAsync(), w => Assert.Equal((newest, 0), (Assert.Single(w.Bases), w.Gaps.Count)));
        Assert.All(await VerifyAsync(scene), r => Assert.NotEqual(CheckVerdict.Failed, r.Verdict));
    }

    [SkippableFact]
    public async Task The_status_tells_whether_somebody_receives()
    {
        await using var scene = await WalScene.SetAsync();
        Assert.Equal(CheckVerdict.Failed, (await StatusAsync(scene)).Verdict);
        await using (await scene.ReceiveAsync())
        {
            await scene.UntilAsync(() => scene.Objects("one").Count > 0 && scene.Objects("two").Count > 0);
            for (var until = DateTime.UtcNow.AddSeconds(60); ; await Task.Delay(200))
            {
                ReplicationStatus now = await StatusAsync(scene);
                if (now is { Verdict: CheckVerdict.Ok, Active: true, LagBytes: 0, Repositories.Count: 2 }) break;
                Assert.True(DateTime.UtcNow < until, now.ToString());
            }
        }

        Assert.False((await StatusAsync(scene)).Active);
        Assert.Equal(1, (await DrpProgram.RunAsync(scene.Scene, "wal", "status")).Code);
    }

    private static Task<ReplicationStatus> StatusAsync(WalScene scene) => scene.Scene.WithAsync(async s => (await s.ReplicationAsync(null, default).ToListAsync())[0]);

    private static Task<IReadOnlyList<VerificationResult>> VerifyAsync(WalScene scene) => scene.Scene.WithAsync(async s =>
    {
        // No set was taken: that is the verifier's error, after the WAL.
        List<VerificationResult> results = [];
        try
        {
            await foreach (var result in s.VerifyAsync(new VerifyOptions { Depth = VerificationDepth.Content }, default)) results.Add(result);
        }
        catch (DrpException e) when (e.Code == DrpError.RepositoryMissing)
        {
            Assert.NotEmpty(results);
        }

        return (IReadOnlyList<VerificationResult>)results;
    });
}
