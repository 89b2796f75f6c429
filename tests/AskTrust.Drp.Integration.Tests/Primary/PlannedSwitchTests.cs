namespace AskTrust.Drp.Integration.Tests.Primary;

public sealed class PlannedSwitchTests
{
    [SkippableFact]
    public async Task Under_load_nothing_acknowledged_is_lost_and_the_old_primary_follows_there_and_back()
    {
        await using PairScene scene = await PairScene.SetAsync();
        await using var writers = new Writers(scene);
        await writers.MoreAsync(200);

        PrimarySwitchReport report = await scene.SwitchAsync();
        Assert.Equal((RunStatus.Succeeded, "a", "b", true, 1L, 2u), (report.Status, report.From, report.To, report.LossFree, report.Epoch, report.Timeline));
        Assert.Equal((StandbyOutcome.Following, "stopped"), (report.Standby, report.FencedBy));
        Assert.Equal(["look", "slots", "fence", "catch up", "epoch", "promote", "verify", "rejoin"], report.Steps.Select(s => s.Step));
        Assert.All(report.Steps, s => Assert.True(s is { Status: RunStatus.Succeeded, Started: not null, Elapsed: not null }));
        Assert.InRange(report.Downtime!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(20));
        await writers.MoreAsync(200);

        report = await scene.SwitchAsync();
        Assert.Equal((RunStatus.Succeeded, "b", "a", true, 2L, 3u), (report.Status, report.From, report.To, report.LossFree, report.Epoch, report.Timeline));
        await writers.MoreAsync(200);
        IReadOnlyList<long> acknowledged = await writers.EndAsync();
        HashSet<string> there = [.. (await scene.SqlAsync("a", "SELECT id FROM work")).Split('\n')];
        Assert.DoesNotContain(acknowledged, id => !there.Contains(id.ToString(System.Globalization.CultureInfo.InvariantCulture)));

        PrimaryStatus status = await scene.StatusAsync();
        Assert.Equal((CheckVerdict.Ok, "a", "b", 2L), (status.Verdict, status.Primary, status.Standby, status.Epoch));
        await PairScene.UntilAsync(async () => await scene.SqlAsync("b", "SELECT count(*) FROM work") == there.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        // No slot is left that would keep WAL on the standby, and no password stands in its settings.
        Assert.Equal("", await scene.SqlAsync("b", "SELECT string_agg(slot_name, ' ') FROM pg_replication_slots"));
        Assert.Equal("drp_b", await scene.SqlAsync("a", "SELECT string_agg(slot_name, ' ') FROM pg_replication_slots"));
        Assert.DoesNotContain("password", await scene.SqlAsync("b", "SHOW primary_conninfo"), StringComparison.Ordinal);
        Assert.Equal(["primary-switch", "primary-switch"], scene.Operations());
    }

    [SkippableFact]
    public async Task A_dry_run_shows_each_step_and_touches_nothing()
    {
        await using PairScene scene = await PairScene.SetAsync();
        await scene.StatusAsync();
        string before = await scene.TraceAsync();
        PrimarySwitchReport report = await scene.SwitchAsync(new PrimarySwitchOptions { DryRun = true, AllowDataLoss = true, Reseed = true });
        Assert.Equal(RunStatus.Planned, report.Status);
        Assert.Equal(["slots", "fence", "catch up", "epoch", "promote", "verify", "rejoin"], report.Steps.Select(s => s.Step));
        Assert.Contains(scene.Data("a"), report.Steps[1].Text, StringComparison.Ordinal);
        Assert.Equal(before, await scene.TraceAsync());
        Assert.Equal("f", await scene.SqlAsync("a", "SELECT pg_is_in_recovery()"));
    }

    [SkippableFact]
    public async Task A_standby_that_lags_is_refused_before_and_after_the_stop()
    {
        await using PairScene scene = await PairScene.SetAsync((_, text) => text.Replace("patience: 20s", "patience: 3s", StringComparison.Ordinal));
        // It gets everything, but does not replay it: only after the stop this shows, and the old primary goes on.
        await scene.SqlAsync("b", "SELECT pg_wal_replay_pause()");
        await scene.SqlAsync("a", "INSERT INTO work SELECT generate_series(1, 10)");
        DrpException refused = await scene.RefusedAsync();
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        Assert.Equal("f", await scene.SqlAsync("a", "SELECT pg_is_in_recovery()"));
        Assert.Equal("t", await scene.SqlAsync("b", "SELECT pg_is_in_recovery()"));
        Assert.False(scene.Marked("a"));
        Assert.Equal("0", await scene.SqlAsync("b", "SELECT count(*) FROM pg_replication_slots"));
        Assert.Null((await scene.StatusAsync()).Unfinished);
        await scene.SqlAsync("b", "SELECT pg_wal_replay_resume()");

        // It does not get it: refused at once.
        await PairScene.UntilAsync(async () => await scene.SqlAsync("b", "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'") == "1");
        Func<Task> mend = await scene.CutAsync("b");
        await scene.SqlAsync("a", "INSERT INTO work SELECT generate_series(11, 100000)");
        refused = await scene.RefusedAsync();
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        Assert.Contains("behind", refused.Message, StringComparison.Ordinal);
        Assert.Equal("f", await scene.SqlAsync("a", "SELECT pg_is_in_recovery()"));
        await mend();
        await PairScene.UntilAsync(async () => (await scene.StatusAsync()) is { Verdict: CheckVerdict.Ok, LagBytes: 0 });
        Assert.Equal(RunStatus.Succeeded, (await scene.SwitchAsync(new PrimarySwitchOptions { To = "b" })).Status);
        Assert.Equal("100000", await scene.SqlAsync("b", "SELECT count(*) FROM work"));
    }

    [SkippableFact]
    public async Task Production_is_asked_for_and_one_switch_runs_at_a_time()
    {
        await using PairScene scene = await PairScene.SetAsync((_, text) => text.Replace("type: postgresql", "type: postgresql\n    production: true", StringComparison.Ordinal));
        Assert.Equal(DrpError.UnsafeTarget, (await scene.RefusedAsync()).Code);
        Assert.Equal(DrpError.PlanInvalid, (await scene.RefusedAsync(new PrimarySwitchOptions { To = "a", Confirmed = true })).Code);
        Assert.Equal(DrpError.PlanInvalid, (await scene.RefusedAsync(new PrimarySwitchOptions { To = "c", Confirmed = true })).Code);
        Task<PrimarySwitchReport> first = Task.Run(() => scene.SwitchAsync(new PrimarySwitchOptions { Confirmed = true, To = "b" }));
        Task<PrimarySwitchReport> second = Task.Run(() => scene.SwitchAsync(new PrimarySwitchOptions { Confirmed = true, To = "b" }));
        await Task.WhenAll(first, second).ContinueWith(_ => { }, TaskScheduler.Default);
        DrpException refused = Assert.IsType<DrpException>((first.Exception ?? second.Exception)!.InnerException);
        Assert.True(refused.Code is DrpError.Locked or DrpError.PlanInvalid, refused.Message);
        Assert.Equal(1, (await scene.StatusAsync()).Epoch);
    }
}
