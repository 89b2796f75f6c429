using System.Globalization;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.PointInTime;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

/// <summary>kill -9 of the receiver: never a gap, and every row that was acknowledged can be had again, from each repository alone.</summary>
public sealed class WalKillTests
{
    [SkippableFact]
    public Task A_receiver_killed_again_and_again_leaves_no_gap() => KillAsync(5);

    [SkippableFact, Trait("Category", "Soak")]
    public Task A_receiver_killed_fifty_times_and_more_leaves_no_gap()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("DRP_SOAK") == "1", "only in the long run: ./build.sh soak");
        return KillAsync(int.TryParse(Environment.GetEnvironmentVariable("DRP_SOAK_ROUNDS"), CultureInfo.InvariantCulture, out int rounds) ? Math.Max(50, rounds) : 50);
    }

    private static async Task KillAsync(int rounds)
    {
        await using var scene = await WalScene.SetAsync();
        int seed = Environment.TickCount, working = 0;
        Random random = new(seed);
        await scene.BaseAsync();
        await using AcknowledgedRows rows = await AcknowledgedRows.StartAsync(scene.Scene.Cluster);
        for (int round = 0; round < rounds; round++)
        {
            await using ChildProcess drp = DrpProgram.Start(scene.Scene, "wal", "receive");
            int before = scene.Objects("one").Count;
            if (round % 2 == 0)
            {
                // Killed somewhere in the middle of its work …
                await scene.SegmentsAsync(1 + random.Next(3));
                await WalScene.UntilAsync(() => drp.HasExited || scene.Objects("one").Count > before, () => drp.Output);
                await Task.Delay(random.Next(400));
            }
            else
            {
                // … or at any moment, also while it begins.
                await Task.Delay(random.Next(1500));
            }

            Assert.False(drp.HasExited, $"seed {seed}, round {round}: {drp.Output}");
            if (scene.Objects("one").Count > before) working++;
            await DrpProgram.KillAloneAsync(drp);
        }

        // A test that only ever came too early would show nothing.
        Assert.True(working >= rounds / 2, $"only {working} of {rounds} rounds were at work");
        long last = rows.Last.Row;
        Assert.True(last > 0);
        await scene.CatchUpAsync();
        // What the killed ones encrypted with is gone with the next start.
        Assert.Empty(Directory.EnumerateDirectories(Path.Join(scene.Scene.State, "tmp")));
        foreach (RecoveryWindow window in await scene.WindowsAsync()) Assert.True(window.Gaps.Count == 0, $"seed {seed}: {window}");
        foreach (string repository in (string[])["one", "two"])
        {
            await using RestoredServer restored = await scene.RestoreAsync(repository);
            long[] found = [.. (await restored.SqlAsync("SELECT count(*), max(n) FROM acknowledged", "shop")).Split('|').Select(t => long.Parse(t, CultureInfo.InvariantCulture))];
            Assert.True(found[0] == found[1] && found[1] >= last, $"seed {seed}: {repository} has {found[0]} rows up to {found[1]}, {last} were acknowledged");
        }
    }
}
