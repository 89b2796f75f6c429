using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Primary;

public sealed class PatroniSwitchTests
{
    [SkippableFact]
    public async Task Patroni_does_it_and_we_wait_until_it_is_done()
    {
        await using PatroniCluster cluster = await PatroniCluster.StartAsync();
        using var folder = new TestFolder("patroniplan");
        folder.Write("api", PatroniCluster.Password);
        Write(folder, cluster, "api");

        // A member that answers is told of in the cluster's own list a moment later.
        await PairScene.UntilAsync(async () => (await StatusAsync(folder)).Verdict == CheckVerdict.Ok);
        PrimaryStatus status = await StatusAsync(folder);
        Assert.Equal((CheckVerdict.Ok, "patroni", "n1", "n2"), (status.Verdict, status.Manager, status.Primary, status.Standby));
        PrimarySwitchReport report = await SwitchAsync(folder, new PrimarySwitchOptions { DryRun = true });
        Assert.Equal((RunStatus.Planned, "n1", "n2"), (report.Status, report.From, report.To));
        Assert.True(await cluster.IsAsync("n1", "leader"));

        report = await SwitchAsync(folder);
        Assert.Equal((RunStatus.Succeeded, "n2", true, 2u), (report.Status, report.To, report.LossFree, report.Timeline));
        Assert.True(await cluster.IsAsync("n2", "leader"));
        Assert.True(await cluster.IsAsync("n1", "replica"));
        Assert.Equal(DrpError.PlanInvalid, (await Assert.ThrowsAsync<DrpException>(() => SwitchAsync(folder, new PrimarySwitchOptions { To = "n2" }))).Code);
        Assert.Equal(DrpError.PlanInvalid, (await Assert.ThrowsAsync<DrpException>(() => SwitchAsync(folder, new PrimarySwitchOptions { To = "n3" }))).Code);

        // Without its password it refuses, and nothing changes.
        Write(folder, cluster, null);
        Assert.Equal(DrpError.KeyOrPassphrase, (await Assert.ThrowsAsync<DrpException>(() => SwitchAsync(folder))).Code);
        Assert.True(await cluster.IsAsync("n2", "leader"));

        // One that is down is seen by whoever still answers.
        Write(folder, cluster, "api");
        await cluster.KillAsync("n1");
        await PairScene.UntilAsync(async () => (await StatusAsync(folder)).Verdict == CheckVerdict.Failed);
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => SwitchAsync(folder))).Code);
    }

    private static void Write(TestFolder folder, PatroniCluster cluster, string? user)
    {
        string login = user is null ? "" : $", user: {user}, password: \"${{file:{folder["api"]}}}\"";
        folder.Write("drp.yaml", $$"""
            version: 1
            name: shop
            components:
              db:
                type: postgresql
                url: {{cluster.Url("n1")}}
                pair:
                  patience: 30s
                  patroni: { urls: ["{{cluster.Api("n1")}}", "{{cluster.Api("n2")}}"]{{login}} }
            repositories:
              one: { type: directory, path: {{folder["one"]}} }
            encryption: none
            """);
    }

    private static async Task<PrimaryStatus> StatusAsync(TestFolder folder)
    {
        await using DrpSession session = await OpenAsync(folder);
        return (await session.PrimaryAsync(null, default).ToListAsync()).Single();
    }

    private static async Task<PrimarySwitchReport> SwitchAsync(TestFolder folder, PrimarySwitchOptions? options = null)
    {
        await using DrpSession session = await OpenAsync(folder);
        return await session.SwitchPrimaryAsync(options ?? new PrimarySwitchOptions(), default);
    }

    private static Task<DrpSession> OpenAsync(TestFolder folder) => DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"] }, default);
}
