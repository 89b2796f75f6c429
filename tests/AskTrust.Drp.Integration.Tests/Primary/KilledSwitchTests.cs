using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Primary;

public sealed class KilledSwitchTests
{
    [SkippableFact]
    public async Task Killed_at_any_step_it_is_gone_on_with()
    {
        await using PairScene scene = await PairScene.SetAsync();
        foreach (string mark in (string[])["fenceBegan", "Fenced", "Promoting", "Promoted"])
        {
            PrimaryStatus status = await KillAtAsync(scene, mark);
            // Never two that take writes, whatever the moment.
            Assert.InRange(status.Nodes.Count(n => n.Role is NodeRole.Primary or NodeRole.Stale), 0, 1);
            PrimarySwitchReport report = await scene.SwitchAsync();
            Assert.Equal((RunStatus.Succeeded, true), (report.Status, report.LossFree));
            status = await scene.StatusAsync();
            Assert.Equal((CheckVerdict.Ok, report.To, null, report.Epoch), (status.Verdict, status.Primary, status.Unfinished, status.Epoch));
        }
    }

    /// <summary>Kills a switch there; one that was faster has changed places, and the next one is killed.</summary>
    private static async Task<PrimaryStatus> KillAtAsync(PairScene scene, string mark)
    {
        for (int attempt = 0; attempt < 8; attempt++)
        {
            string to = (await scene.StatusAsync()).Standby!;
            // What it waits for does not come, so that it is killed there and nowhere else.
            bool held = mark is "fenceBegan" or "Fenced";
            if (held) await scene.SqlAsync(to, "SELECT pg_wal_replay_pause()");
            await KillAsync(scene, mark);
            if (held) await scene.SqlAsync(to, "SELECT pg_wal_replay_resume()");
            PrimaryStatus status = await scene.StatusAsync();
            if (status.Unfinished is not null) return status;
        }

        throw new InvalidOperationException($"never killed at {mark}");
    }

    [SkippableFact]
    public async Task Killed_before_the_promotion_it_can_be_taken_back_and_not_turned_elsewhere()
    {
        await using PairScene scene = await PairScene.SetAsync();
        await scene.SqlAsync("b", "SELECT pg_wal_replay_pause()");
        await KillAsync(scene, "Fenced");
        await scene.SqlAsync("b", "SELECT pg_wal_replay_resume()");
        Assert.True(scene.Marked("a"));
        PrimaryStatus status = await scene.StatusAsync();
        Assert.Equal(CheckVerdict.Failed, status.Verdict);
        Assert.Contains("nothing is promoted", status.Unfinished, StringComparison.Ordinal);
        Assert.Equal(DrpError.Locked, (await scene.RefusedAsync(new PrimarySwitchOptions { To = "a" })).Code);
        Assert.Equal(DrpError.Locked, (await Assert.ThrowsAsync<DrpException>(() => scene.RepairAsync())).Code);
        PrimarySwitchReport report = await scene.SwitchAsync(new PrimarySwitchOptions { Abort = true });
        Assert.Equal((RunStatus.Succeeded, "a"), (report.Status, report.To));
        await scene.SqlAsync("a", "INSERT INTO work VALUES (1)");
        Assert.False(scene.Marked("a"));
        await PairScene.UntilAsync(async () => (await scene.StatusAsync()) is { Verdict: CheckVerdict.Ok, Epoch: 0 });
        Assert.Equal(DrpError.PlanInvalid, (await scene.RefusedAsync(new PrimarySwitchOptions { Abort = true })).Code);
    }

    [SkippableFact]
    public async Task Cancelled_before_the_promotion_it_takes_itself_back()
    {
        await using PairScene scene = await PairScene.SetAsync();
        using var cancel = new CancellationTokenSource();
        var observer = new OnStep("Wait until", cancel.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.WithAsync(s => s.SwitchPrimaryAsync(new PrimarySwitchOptions(), cancel.Token), observer));
        Assert.Equal("f", await scene.SqlAsync("a", "SELECT pg_is_in_recovery()"));
        Assert.False(scene.Marked("a"));
        Assert.Null((await scene.StatusAsync()).Unfinished);
    }

    /// <summary>Runs drp and kills it alone as soon as its journal says this.</summary>
    private static async Task KillAsync(PairScene scene, string mark)
    {
        await using ChildProcess drp = scene.Drp("primary", "switch");
        string journal = Path.Join(scene.State, "shop", "switch", "db.json");
        for (var until = DateTime.UtcNow.AddSeconds(30); !Says(journal, mark) && !drp.HasExited; await Task.Delay(1)) Assert.True(DateTime.UtcNow < until, drp.Output);
        await DrpProgram.KillAloneAsync(drp);
    }

    private static bool Says(string journal, string mark)
    {
        try
        {
            using var document = System.Text.Json.JsonDocument.Parse(File.ReadAllText(journal));
            return document.RootElement.GetProperty("stage").GetString() == mark || (document.RootElement.TryGetProperty(mark, out var value) && value.ValueKind == System.Text.Json.JsonValueKind.String);
        }
        catch (IOException)
        {
            // Not begun yet.
            return false;
        }
    }

    private sealed class OnStep(string step, Action act) : IDrpObserver
    {
        public void On(DrpEvent happening)
        {
            if (happening is DrpProgress progress && progress.Step.StartsWith(step, StringComparison.Ordinal)) act();
        }
    }
}
