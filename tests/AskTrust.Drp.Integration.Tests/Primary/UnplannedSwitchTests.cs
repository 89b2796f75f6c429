namespace AskTrust.Drp.Integration.Tests.Primary;

public sealed class UnplannedSwitchTests
{
    private static readonly PrimarySwitchOptions s_loss = new() { AllowDataLoss = true };

    [SkippableFact]
    public async Task A_killed_primary_is_replaced_only_by_agreement_and_comes_back_rewound()
    {
        await using PairScene scene = await PairScene.SetAsync();
        await scene.SqlAsync("a", "INSERT INTO work VALUES (1)");
        Func<Task> mend = await scene.CutAsync("b");
        // More than the network holds: this the standby never gets.
        await scene.SqlAsync("a", "INSERT INTO work SELECT generate_series(2, 300000)");
        Assert.True((await scene.StatusAsync()).LagBytes > 1 << 20);
        await scene.KillAsync("a");
        await mend();
        await PairScene.UntilAsync(async () => await scene.SqlAsync("b", "SELECT count(*) FROM pg_stat_wal_receiver") == "0");

        RecoveryOption advised = await AdvisedAsync(scene);
        Assert.True(advised is { Recommended: true, Method: RecoveryMethod.Failover, Predicted: null }, advised.ToString());
        DrpException refused = await scene.RefusedAsync();
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        Assert.Contains("known to be lost", refused.Message, StringComparison.Ordinal);
        Assert.Equal("t", await scene.SqlAsync("b", "SELECT pg_is_in_recovery()"));

        PrimarySwitchReport report = await scene.SwitchAsync(s_loss);
        Assert.Equal((RunStatus.Succeeded, "b", false, "stopped"), (report.Status, report.To, report.LossFree, report.FencedBy));
        Assert.True(report.LossBytes > 1 << 20, $"{report.LossBytes}");
        Assert.NotNull(report.LastCommit);
        Assert.Equal(StandbyOutcome.Rewound, report.Standby);
        Assert.Equal("1", await scene.SqlAsync("b", "SELECT count(*) FROM work"));
        await PairScene.UntilAsync(async () => await scene.SqlAsync("a", "SELECT count(*) FROM work") == "1");
        // Its own settings are there again: a rewind brings those of the other.
        Assert.Equal($"{scene.PortA}", await scene.SqlAsync("a", "SHOW port"));
        Assert.Equal(CheckVerdict.Ok, (await scene.StatusAsync()).Verdict);
        PrimarySwitchReport back = await scene.SwitchAsync();
        Assert.Equal(RunStatus.Succeeded, back.Status);

        // The next time it is known how long that takes, and the command that is advised does it.
        await scene.KillAsync("a");
        advised = await AdvisedAsync(scene);
        Assert.True(advised is { Recommended: true, Method: RecoveryMethod.Failover, Measurements: 2 }, advised.ToString());
        Assert.InRange(advised.Predicted!.Value, TimeSpan.FromSeconds(0.1), report.Duration + back.Duration + TimeSpan.FromSeconds(5));
        // The helper names the plan itself.
        var (code, said) = await scene.DrpAsync([.. advised.Command.Split(' ')[1..^2]]);
        Assert.True(code == 0, said);
        Assert.Equal("b", (await scene.StatusAsync()).Primary);
    }

    [SkippableFact]
    public async Task Without_a_fence_nothing_is_promoted_and_who_comes_back_is_known_and_brought_to_follow()
    {
        await using PairScene scene = await PairScene.SetAsync(Unreachable);
        await scene.StatusAsync();
        await scene.KillAsync("a");
        DrpException refused = await scene.RefusedAsync(s_loss);
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        // What the switch refuses is not advised, and said.
        DamageReport damage = await scene.WithAsync(s => s.AssessDamageAsync(new DamageOptions(), default));
        Assert.Empty(damage.Options);
        Assert.Contains(damage.Findings, f => f is { Kind: DamageKind.StandbyUnfit, Subject: "b", Verdict: CheckVerdict.Warning });
        // A command of the plan that fails is no fence either.
        scene.Write((s, text) => Fence(Unreachable(s, text), "exit 1"));
        refused = await scene.RefusedAsync(s_loss);
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        Assert.Equal("t", await scene.SqlAsync("b", "SELECT pg_is_in_recovery()"));

        scene.Write((s, text) => Fence(Unreachable(s, text), $"echo $1 > {s.Folder["fenced"]}"));
        PrimarySwitchReport report = await scene.SwitchAsync(s_loss);
        Assert.Equal((RunStatus.Incomplete, "command", StandbyOutcome.Left), (report.Status, report.FencedBy, report.Standby));
        Assert.Equal("a\n", await File.ReadAllTextAsync(scene.Folder["fenced"]));

        // It comes back, and takes writes: the number of the switch gives it away.
        await scene.WithAsync(async s => { await s.GuardPrimaryAsync("b", null, default); return true; });
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => scene.WithAsync(async s => { await s.GuardPrimaryAsync("a", null, default); return true; }))).Code);
        await scene.StartAsync("a");
        await scene.SqlAsync("a", "INSERT INTO work VALUES (666)");
        PrimaryStatus status = await scene.StatusAsync();
        Assert.Equal((CheckVerdict.Failed, "b"), (status.Verdict, status.Primary));
        Assert.Equal(NodeRole.Stale, status.Nodes.Single(n => n.Node == "a").Role);
        Assert.Equal(DrpError.UnsafeTarget, (await scene.RefusedAsync()).Code);

        scene.Write();
        PrimarySwitchReport planned = await scene.RepairAsync(new StandbyRepairOptions { DryRun = true });
        Assert.Equal((RunStatus.Planned, "a", "b"), (planned.Status, planned.From, planned.To));
        Assert.Equal("f", await scene.SqlAsync("a", "SELECT pg_is_in_recovery()"));
        PrimarySwitchReport repaired = await scene.RepairAsync();
        Assert.Equal((RunStatus.Succeeded, StandbyOutcome.Rewound), (repaired.Status, repaired.Standby));
        Assert.True(repaired.LossBytes > 0);
        Assert.Equal("0", await scene.SqlAsync("a", "SELECT count(*) FROM work"));
        Assert.Equal(CheckVerdict.Ok, (await scene.StatusAsync()).Verdict);
        Assert.Equal(RunStatus.Skipped, (await scene.RepairAsync()).Status);
        await scene.WithAsync(async s => { await s.GuardPrimaryAsync("a", null, default); return true; });
    }

    [SkippableFact]
    public async Task A_primary_out_of_reach_is_overridden_only_with_a_reason_and_refuses_writes_as_far_as_it_can()
    {
        await using PairScene scene = await PairScene.SetAsync(Unreachable);
        DrpException refused = await scene.RefusedAsync();
        Assert.Equal(DrpError.Unreachable, refused.Code);
        PrimarySwitchReport report = await scene.SwitchAsync(new PrimarySwitchOptions { AllowDataLoss = true, UnfencedReason = "the rack is on fire", LeaveOld = true });
        Assert.Equal((RunStatus.Succeeded, null, "the rack is on fire"), (report.Status, report.FencedBy, report.UnfencedReason));
        Assert.Equal("on", await scene.SqlAsync("a", "SHOW default_transaction_read_only"));
        Assert.Equal(NodeRole.Stale, (await scene.StatusAsync()).Nodes.Single(n => n.Node == "a").Role);

        scene.Write();
        Assert.Equal(RunStatus.Succeeded, (await scene.RepairAsync()).Status);
        Assert.Equal("off", await scene.SqlAsync("a", "SHOW default_transaction_read_only"));
    }

    [SkippableFact]
    public async Task Where_a_rewind_is_impossible_it_is_copied_anew_when_that_is_asked_for()
    {
        await using PairScene scene = await PairScene.SetAsync(checksums: false);
        Func<Task> mend = await scene.CutAsync("b");
        await scene.SqlAsync("a", "INSERT INTO work SELECT generate_series(1, 300000)");
        await scene.KillAsync("a");
        await mend();
        PrimarySwitchReport report = await scene.SwitchAsync(s_loss);
        Assert.Equal((RunStatus.Incomplete, StandbyOutcome.Left), (report.Status, report.Standby));
        Assert.True(scene.Marked("a"));
        DrpException refused = await Assert.ThrowsAsync<DrpException>(() => scene.RepairAsync());
        Assert.Contains("--reseed", refused.Hint, StringComparison.Ordinal);
        report = await scene.RepairAsync(new StandbyRepairOptions { Reseed = true });
        Assert.Equal((RunStatus.Succeeded, StandbyOutcome.Reseeded), (report.Status, report.Standby));
        Assert.True(Directory.Exists(report.Previous));
        Assert.Equal($"{scene.PortA}", await scene.SqlAsync("a", "SHOW port"));
        Assert.Equal(CheckVerdict.Ok, (await scene.StatusAsync()).Verdict);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(scene.Folder["d"]), f => f.Contains("brief", StringComparison.Ordinal) || f.EndsWith("keep", StringComparison.Ordinal));
    }

    private static async Task<RecoveryOption> AdvisedAsync(PairScene scene) => (await scene.WithAsync(s => s.AssessDamageAsync(new DamageOptions(), default))).Options[0];

    private static string Unreachable(PairScene scene, string text) =>
        text.Replace($"dataDirectory: {scene.Data("a")}", $"dataDirectory: {scene.Data("a")}, ssh: {{ host: 127.0.0.1, port: 1 }}", StringComparison.Ordinal);

    private static string Fence(string text, string script) => text.Replace("patience: 20s", $"patience: 20s\n      fence: [sh, -c, '{script}', fence]", StringComparison.Ordinal);
}
