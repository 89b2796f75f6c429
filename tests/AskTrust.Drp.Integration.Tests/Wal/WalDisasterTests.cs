using System.Globalization;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.PointInTime;
using AskTrust.Drp.Integration.Tests.Repositories;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

/// <summary>The machine is gone under load, with server, receiver, spool and state directory. Only the repositories and the passphrase are left.</summary>
[Collection(nameof(RunsAlone))]
public sealed class WalDisasterTests
{
    /// <summary>The promise on a busy server.</summary>
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(2);

    [SkippableFact]
    public Task A_machine_lost_under_load_costs_two_seconds_at_most() => LoseAsync(rate: 300);

    [SkippableFact, Trait("Category", "Soak")]
    public async Task Twenty_machines_lost_under_full_load_cost_two_seconds_at_most()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("DRP_SOAK") == "1", "only in the long run: ./build.sh soak");
        for (int round = 0; round < 20; round++) await LoseAsync(rate: round % 2 == 0 ? 0 : 300);
    }

    /// <param name="rate">Transactions a second of the load; 0 = as many as it can.</param>
    private static async Task LoseAsync(int rate)
    {
        // The default of shipEvery, which is longer than the promise.
        await using var scene = await WalScene.SetAsync(plan: text => text.Replace("shipEvery: 1s", "shipEvery: 5s", StringComparison.Ordinal));
        PostgreSqlCluster cluster = scene.Scene.Cluster;
        await cluster.ToolAsync("pgbench", ["-i", "-s", "2", "-q"], "shop");
        await scene.BaseAsync();
        await using ChildProcess drp = DrpProgram.Start(scene.Scene, "wal", "receive");
        await WalScene.UntilAsync(() => drp.HasExited || scene.Objects("two").Count > 0, () => drp.Output);
        await using ChildProcess load = ChildProcess.Start(Path.Join(PostgreSqlCluster.Bin, "pgbench"),
        [
            "-n", "-c", "4", "-T", "600", .. rate > 0 ? ["-R", rate.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
            "-h", cluster.Socket, "-p", cluster.Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "shop",
        ]);
        await using AcknowledgedRows rows = await AcknowledgedRows.StartAsync(cluster);
#pragma warning disable CA5394 // A moment, not a secret.
        await Task.Delay(TimeSpan.FromSeconds(6 + (Random.Shared.NextDouble() * 3)));
#pragma warning restore CA5394
        Assert.False(load.HasExited || drp.HasExited, load.Output + drp.Output);

        var programs = DrpProgram.Descendants(drp);
        DateTimeOffset lost = DateTimeOffset.UtcNow;
        await DrpProgram.KillAloneAsync(drp);
        foreach (var (id, _) in programs.Where(DrpProgram.IsRunning)) await ChildProcess.RunAsync("kill", ["-KILL", id.ToString(CultureInfo.InvariantCulture)]);
        await cluster.KillAsync();
        long before = rows.Before(lost - s_most).Row;
        Directory.Delete(cluster.Data, recursive: true);
        Directory.Delete(scene.Spool, recursive: true);
        Directory.Delete(scene.Scene.State, recursive: true);

        await using RestoredServer restored = await scene.RestoreAsync();
        string[] found = (await restored.SqlAsync("SELECT count(*), coalesce(max(n), 0), coalesce(extract(epoch FROM max(at)), 0) FROM acknowledged", "shop")).Split('|');
        DateTimeOffset newest = DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(double.Parse(found[2], CultureInfo.InvariantCulture));
        Assert.True(before > 100, $"only {before} rows were acknowledged");
        Assert.Equal(found[0], found[1]);
        Assert.True(long.Parse(found[1], CultureInfo.InvariantCulture) >= before && lost - newest <= s_most,
            $"{found[1]} rows are back, {before} were acknowledged {s_most} before the loss; the newest is {lost - newest} old");
        // Every commit or none of it: the three sums of pgbench agree.
        Assert.Equal("t", await restored.SqlAsync(
            "SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(tbalance) FROM pgbench_tellers) AND (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT sum(delta) FROM pgbench_history)", "shop"));
    }
}
