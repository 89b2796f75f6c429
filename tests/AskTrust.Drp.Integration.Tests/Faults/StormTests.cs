using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>An S3 store that misbehaves beside a folder that does not: the run ends as incomplete and names it, and a later sync completes it.</summary>
public sealed class StormTests
{
    [SkippableTheory]
    [InlineData("server errors")]
    [InlineData("slow down")]
    [InlineData("never answers")]
    public Task A_store_in_a_storm_is_left_out_and_completed_by_sync(string storm) => RunAsync(storm);

    /// <summary>Each try moves some bytes, so none is a stall: all retries are sat out, which takes minutes.</summary>
    [SkippableFact, Trait("Category", "Soak")]
    public Task A_store_that_cuts_every_upload_is_left_out_and_completed_by_sync()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("DRP_SOAK") == "1", "only in the long run: ./build.sh soak");
        return RunAsync("cuts uploads");
    }

    private static async Task RunAsync(string storm)
    {
        CephRgw rgw = await CephRgw.SharedAsync();
        string bucket = await rgw.BucketAsync();
        await using FaultProxy proxy = FaultProxy.Before(rgw.Port);
        await using var scene = await SetAsync(proxy.Endpoint, bucket, patience: "1s");
        ProxyFault fault = storm switch
        {
            "server errors" => new ProxyFault.Answer(500, "InternalError"),
            "slow down" => new ProxyFault.Answer(503, "SlowDown"),
            "never answers" => new ProxyFault.Hang(),
            _ => new ProxyFault.CutRequest(100),
        };
        // Every upload of a set, and as long as it lasts: no retry gets through.
        proxy.Decide = r => r.Method is "PUT" or "POST" && r.Target.Contains("/sets/", StringComparison.Ordinal) ? fault : null;
        var report = await scene.BackUpAsync();
        AssertIncomplete(report, report.Repositories.Single(r => r.Repository == "two").Code);
        Assert.Contains(proxy.Requests, r => r.Method == "PUT" && r.Target.Contains("/sets/", StringComparison.Ordinal));

        await AssertOnlyOneAsync(scene);
        proxy.Decide = null;
        // A store on a busy machine may take longer than that.
        await File.WriteAllTextAsync(scene.PlanFile, (await File.ReadAllTextAsync(scene.PlanFile)).Replace("stallTimeout: 1s", "stallTimeout: 1m", StringComparison.Ordinal));
        await AssertSyncCompletesAsync(scene);
    }

    [SkippableFact]
    public async Task Refused_credentials_leave_the_store_out_until_they_are_right()
    {
        CephRgw rgw = await CephRgw.SharedAsync();
        await using var scene = await SetAsync(rgw.Endpoint, await rgw.BucketAsync());
        scene.Folder.Write("secret", "not-the-secret-key");
        var report = await scene.BackUpAsync();
        AssertIncomplete(report, DrpError.KeyOrPassphrase);
        Assert.All(scene.Heard.Texts, t => Assert.DoesNotContain("not-the-secret-key", t));

        await AssertOnlyOneAsync(scene);
        scene.Folder.Write("secret", CephRgw.SecretKey);
        await AssertSyncCompletesAsync(scene);
    }

    internal static Task<Scene> SetAsync(string endpoint, string bucket, string patience = "1m") => Scene.SetAsync((scene, plan) =>
    {
        scene.Folder.Write("access", CephRgw.AccessKey);
        scene.Folder.Write("secret", CephRgw.SecretKey);
        string two = $"two: {{ type: directory, path: {scene.Repository("two")} }}";
        Assert.Contains(two, plan);
        return plan.Replace(two, $$"""
            two:
                type: s3
                bucket: {{bucket}}
                endpoint: {{endpoint}}
                accessKey: ${file:{{scene.Folder["access"]}}}
                secretKey: ${file:{{scene.Folder["secret"]}}}
                stallTimeout: {{patience}}
            """, StringComparison.Ordinal);
    });

    private static void AssertIncomplete(BackupReport report, DrpError expected)
    {
        Assert.Equal(RunStatus.Incomplete, report.Status);
        Assert.Equal(RunStatus.Succeeded, report.Repositories.Single(r => r.Repository == "one").Status);
        var two = report.Repositories.Single(r => r.Repository == "two");
        Assert.Equal(RunStatus.Failed, two.Status);
        Assert.False(string.IsNullOrWhiteSpace(two.Message));
        Assert.Equal(expected, two.Code);
        Assert.NotEqual(DrpError.None, two.Code);
        Assert.Contains(report.Warnings, w => w.Contains("two", StringComparison.Ordinal));
    }

    private static async Task AssertOnlyOneAsync(Scene scene)
    {
        var set = Assert.Single(await scene.WithAsync(async s => await s.ListAsync(new BackupFilter(), default).ToListAsync()));
        Assert.Equal(["one"], set.Repositories);
    }

    private static async Task AssertSyncCompletesAsync(Scene scene)
    {
        var copied = await scene.WithAsync(async s => await s.SyncAsync(new SyncOptions(), default).ToListAsync());
        Assert.All(copied, c => Assert.True(c.Status == RunStatus.Succeeded, c.Message));
        var set = Assert.Single(await scene.WithAsync(async s => await s.ListAsync(new BackupFilter(), default).ToListAsync()));
        Assert.Equal(["one", "two"], set.Repositories.Order(StringComparer.Ordinal));
        var verified = await scene.WithAsync(async s => await s.VerifyAsync(new VerifyOptions { Depth = VerificationDepth.Content }, default).ToListAsync());
        Assert.Equal(2, verified.Count);
        Assert.All(verified, v => Assert.True(v.Verdict == CheckVerdict.Ok, string.Join("; ", v.Problems)));
    }
}
