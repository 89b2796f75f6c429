using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Redis;

public sealed class RedisTests
{
    [SkippableFact]
    public async Task A_server_is_saved_over_the_wire_counted_proven_and_brought_back_and_back_again()
    {
        await using RedisScene scene = await RedisScene.SetAsync(null, "--appendonly", "yes");
        await scene.FillAsync();
        BackupReport backup = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Succeeded, backup.Status);
        Assert.Empty(backup.Warnings);

        var health = await scene.WithAsync(s => s.HealthAsync(new HealthOptions { Kinds = [HealthKind.Redis] }, default).ToListAsync());
        Assert.Equal(["cache", "cache connections", "cache persistence"], health.Select(c => c.Name).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(health, c => c.Status == CheckVerdict.Failed);
        RedisDiagnostics look = (await scene.WithAsync(s => s.DiagnosticsAsync(new DiagnosticOptions { Timeout = TimeSpan.FromSeconds(20) }, default))).Redis[0];
        Assert.Equal((2388, "master", "ok"), (look.Keys, look.Role, look.Persistence));

        // Nothing of the server's is on its disk or ours, and no password in anything written.
        foreach (string file in Directory.EnumerateFiles(scene.Folder["one"], "*.json", SearchOption.AllDirectories)) Assert.DoesNotContain(RedisScene.Password, File.ReadAllText(file), StringComparison.Ordinal);
        List<VerificationResult> verified = await scene.WithAsync(s => s.VerifyAsync(new VerifyOptions { Depth = VerificationDepth.Archive }, default).ToListAsync());
        Assert.All(verified, v => Assert.Equal(CheckVerdict.Ok, v.Verdict));

        RestoreTestResult proof = await scene.TryAsync(control: true);
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);
        Assert.True(proof.NegativeControl);
        Assert.Equal("2311", proof.Assertions.Single(a => a.Name.EndsWith('0')).Actual);
        Assert.Equal("77", proof.Assertions.Single(a => a.Name.EndsWith('3')).Actual);
        Assert.Equal(2388, proof.Keys);
        Assert.Empty(Scene.ProcessesNaming(scene.Folder["state"]));

        // The classic trap: a server with append-only files does not look at an RDB. And one that runs would write over it.
        await scene.Server.CliAsync("FLUSHALL");
        await scene.Server.CliAsync("SET", "later", "1");
        DrpException running = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions { Force = true }));
        Assert.Equal(DrpError.UnsafeTarget, running.Code);
        await scene.Server.StopAsync();
        DrpException full = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions()));
        Assert.Equal(DrpError.UnsafeTarget, full.Code);
        RestoreReport planned = await scene.RestoreAsync(new RestoreComponentOptions { DryRun = true });
        Assert.Contains(planned.Steps, s => s.Contains("drp-restoring-", StringComparison.Ordinal));
        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions { Force = true });
        Assert.Equal(2388, report.Keys);
        await scene.Server.StartAsync();
        Assert.Equal("2311", await scene.Server.CliAsync("DBSIZE"));
        Assert.Equal("77", await scene.Server.CliAsync("-n", "3", "DBSIZE"));
        Assert.Equal("400", await scene.Server.CliAsync("ZCARD", "z"));
        await scene.Server.StopAsync();

        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        await scene.Server.StartAsync();
        Assert.Equal("later", await scene.Server.CliAsync("KEYS", "*"));
    }

    [SkippableFact]
    public async Task Append_only_files_are_of_one_moment_however_busy_the_server_is()
    {
        await using RedisScene scene = await RedisScene.SetAsync(
            s => $"{{ type: redis, url: \"{s.Server.Url}\", password: \"${{env:DRP_TEST_REDIS}}\", dataDirectory: {s.Data}, appendOnlyFiles: true }}", "--appendonly", "yes");
        await scene.FillAsync();
        using var stop = new CancellationTokenSource();
        Task writing = WriteAsync(scene, stop.Token);
        try
        {
            for (int round = 0; round < 2; round++)
            {
                Assert.Equal(RunStatus.Succeeded, (await scene.BackUpAsync()).Status);
                // aof-load-truncated is off in the test: a torn transaction would not load.
                RestoreTestResult proof = await scene.TryAsync();
                Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);
                Assert.Contains(proof.Assertions, a => a.Name.Contains("append-only", StringComparison.Ordinal));
            }
        }
        finally
        {
            await stop.CancelAsync();
            await writing;
        }

        await scene.Server.DisposeAsync();
        Directory.Delete(scene.Data, recursive: true);
        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions());
        await scene.Server.StartAsync();
        long keys = long.Parse(await scene.Server.CliAsync("DBSIZE"), System.Globalization.CultureInfo.InvariantCulture) + 77;
        Assert.InRange(keys, report.Keys!.Value - 300, report.Keys.Value);
    }

    [SkippableFact]
    public async Task Faults_say_what_is_wrong_and_leave_the_set_out()
    {
        await using RedisScene scene = await RedisScene.SetAsync();
        await scene.FillAsync();
        Environment.SetEnvironmentVariable("DRP_TEST_REDIS_WRONG", "wrong");
        scene.Plan($"{{ type: redis, url: \"{scene.Server.Url}\", password: \"${{env:DRP_TEST_REDIS_WRONG}}\" }}");
        DrpException wrong = await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync());
        Assert.Equal(DrpError.KeyOrPassphrase, wrong.Code);
        Assert.Contains("WRONGPASS", wrong.Message, StringComparison.Ordinal);
        PlanCheck check = (await scene.WithAsync(s => s.CheckPlanAsync(default).ToListAsync())).First(c => c.Subject == "component cache" && c.Code == DrpError.KeyOrPassphrase);
        Assert.Equal(CheckVerdict.Failed, check.Verdict);

        scene.Plan($"{{ type: redis, url: \"{scene.Server.Url}\", password: \"${{env:DRP_TEST_REDIS}}\" }}");
        // A user without the right to replicate.
        await scene.Server.CliAsync("ACL", "SETUSER", "weak", "on", ">weak", "~*", "+info", "+config|get", "+acl|list");
        Environment.SetEnvironmentVariable("DRP_TEST_REDIS_WEAK", "weak");
        scene.Plan($"{{ type: redis, url: \"{scene.Server.Url.Replace("//", "//weak@", StringComparison.Ordinal)}\", password: \"${{env:DRP_TEST_REDIS_WEAK}}\" }}");
        DrpException weak = await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync());
        Assert.Contains("+psync", weak.Hint, StringComparison.Ordinal);

        await scene.Server.StopAsync();
        scene.Plan($"{{ type: redis, url: \"{scene.Server.Url}\", password: \"${{env:DRP_TEST_REDIS}}\" }}");
        HealthCheck dead = (await scene.WithAsync(s => s.HealthAsync(new HealthOptions { Kinds = [HealthKind.Redis] }, default).ToListAsync())).Single();
        Assert.Equal((CheckVerdict.Failed, DrpError.Unreachable), (dead.Status, dead.Code));
        DrpException down = await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync());
        Assert.Equal(DrpError.Unreachable, down.Code);
        Assert.Empty(Directory.Exists(scene.Folder["one"]) ? Directory.EnumerateFiles(scene.Folder["one"], "*.rdb*", SearchOption.AllDirectories) : []);
    }

    private static async Task WriteAsync(RedisScene scene, CancellationToken stop)
    {
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            await scene.Server.LuaAsync($"for i = 1, 200 do redis.call('SET', 'w' .. i .. '-{i}', string.rep('w', 500)) end");
            if (i % 5 == 0) await scene.Server.CliAsync("BGREWRITEAOF");
        }
    }
}
