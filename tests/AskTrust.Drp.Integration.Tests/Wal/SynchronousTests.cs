using System.Globalization;
using AskTrust.Drp.Integration.Tests.PointInTime;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

public sealed class SynchronousTests
{
    [SkippableFact]
    public async Task No_commit_that_was_confirmed_is_lost_with_the_server()
    {
        await using var scene = await WalScene.SetAsync("synchronous: true");
        await scene.SqlAsync("CREATE TABLE confirmed (id bigint PRIMARY KEY, t text)");
        await scene.Scene.BackUpAsync(new BackupOptions { Kind = "base" });
        // Naming the slot before anybody receives would make every commit wait.
        PointInTimeReport early = await EnableAsync(scene);
        Assert.Equal(("", RunStatus.Incomplete), (await scene.SqlAsync("SHOW synchronous_standby_names"), early.Status));
        Assert.Contains("slot", Assert.Single(early.Steps), StringComparison.Ordinal);

        Receiver receiver = await scene.ReceiveAsync();
        await using var _ = receiver;
        await scene.UntilAsync(() => scene.Objects("one").Count > 0);
        PointInTimeReport ready = await EnableAsync(scene);
        Assert.Contains("ALTER SYSTEM SET synchronous_standby_names = 'drp_shop_db'", ready.Steps);
        Assert.Equal("sync", await scene.SqlAsync("SELECT sync_state FROM pg_stat_replication WHERE application_name = 'drp_shop_db'"));

        // Each number comes out when its commit is confirmed.
        var confirmed = new List<long>();
        ChildProcess[] writers = [.. Enumerable.Range(0, 3).Select(w => Write(scene, w))];
        try
        {
            await WalScene.UntilAsync(() => writers.All(w => Numbers(w).Count > 100), () => string.Join('\n', writers.Select(w => w.Output)));
            await scene.Scene.Cluster.KillAsync();
            foreach (ChildProcess writer in writers) await writer.WaitAsync(new CancellationTokenSource(20_000).Token);
            foreach (ChildProcess writer in writers) confirmed.AddRange(Numbers(writer));
        }
        finally
        {
            foreach (ChildProcess writer in writers) await writer.DisposeAsync();
        }

        Directory.Delete(scene.Scene.Cluster.Data, recursive: true);
        await receiver.StopAsync();
        string data = scene.Scene.Folder["restored"];
        await scene.Scene.WithAsync(s => s.RestoreAsync(new RestoreOptions { To = RecoveryTarget.Latest, DataDirectory = data }, default));
        await using RestoredServer restored = await RestoredServer.StartAsync(data);
        HashSet<long> there = [.. (await restored.SqlAsync("SELECT id FROM confirmed", "shop")).Split('\n').Select(l => long.Parse(l, CultureInfo.InvariantCulture))];
        Assert.True(confirmed.Count > 300);
        Assert.Equal([], confirmed.Except(there));
    }

    [SkippableFact]
    public async Task Disabled_no_commit_waits_any_more_and_a_running_receiver_is_ended_only_when_forced()
    {
        await using var scene = await WalScene.SetAsync("synchronous: true");
        await using Receiver receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("one").Count > 0);
        await EnableAsync(scene);
        DrpException refused = await Assert.ThrowsAsync<DrpException>(() => scene.Scene.WithAsync(s => s.DisablePointInTimeAsync(new DisableOptions(), default)));
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        Assert.Equal("drp_shop_db", await scene.SqlAsync("SHOW synchronous_standby_names"));
        await receiver.StopAsync();

        PointInTimeReport off = await scene.Scene.WithAsync(s => s.DisablePointInTimeAsync(new DisableOptions(), default));

        Assert.Equal("ALTER SYSTEM RESET synchronous_standby_names", off.Steps[0]);
        Assert.Equal("", await scene.SqlAsync("SHOW synchronous_standby_names"));
        await scene.SqlAsync("SET synchronous_commit = on; CREATE TABLE goes_on (n int)");
    }

    private static Task<PointInTimeReport> EnableAsync(WalScene scene) => scene.Scene.WithAsync(s => s.EnablePointInTimeAsync(new EnableOptions(), default));

    private static ChildProcess Write(WalScene scene, int writer)
    {
        string script = scene.Scene.Folder[string.Create(CultureInfo.InvariantCulture, $"writer{writer}.sql")];
        File.WriteAllLines(script, Enumerable.Range(0, 50_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"INSERT INTO confirmed VALUES ({(writer * 1_000_000) + i}, repeat('x', 100)) RETURNING id;"))
            .Prepend("SET synchronous_commit = on;"));
        return ChildProcess.Start(Path.Join(PostgreSqlCluster.Bin, "psql"),
            ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", scene.Scene.Cluster.Socket, "-p", scene.Scene.Cluster.Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-d", "shop", "-f", script]);
    }

    private static List<long> Numbers(ChildProcess writer)
    {
        string output = writer.Output;
        // The last line may still be on its way.
        return [.. output[..(output.LastIndexOf('\n') + 1)].Split('\n').Where(l => l.Length > 0 && l.All(char.IsAsciiDigit)).Select(l => long.Parse(l, CultureInfo.InvariantCulture))];
    }
}
