using System.Globalization;
using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>kill -9 at random moments: never a set that lists and is not good, never an older set harmed, never a lock that stays.</summary>
public sealed class KillTests
{
    private static readonly KillTarget[] s_mix =
    [
        KillTarget.Backup, KillTarget.Sync, KillTarget.Prune, KillTarget.Restore, KillTarget.Backup, KillTarget.RestoreTest,
        KillTarget.Restore, KillTarget.Sync, KillTarget.Backup, KillTarget.Prune, KillTarget.Restore, KillTarget.Backup,
    ];

    [SkippableFact]
    public Task A_run_killed_at_any_moment_harms_nothing_and_is_in_nobodys_way() => RunAsync(s_mix.Length);

    [SkippableFact, Trait("Category", "Soak")]
    public Task A_hundred_runs_killed_at_any_moment_harm_nothing()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("DRP_SOAK") == "1", "only in the long run: ./build.sh soak");
        return RunAsync(int.TryParse(Environment.GetEnvironmentVariable("DRP_SOAK_ROUNDS"), CultureInfo.InvariantCulture, out int rounds) ? rounds : 100);
    }

    private static async Task RunAsync(int count)
    {
        await using var scene = await Scene.SetAsync();
        var rounds = await KillRounds.PrepareAsync(scene, Environment.TickCount);
        for (int i = 0; i < count; i++)
        {
            await rounds.RunAsync(s_mix[i % s_mix.Length], i);
            if (i % 10 == 9 || i == count - 1) await rounds.ProveAsync();
        }

        // A suite that only ever came too late would show nothing.
        Assert.True(rounds.Killed > count / 2, $"only {rounds.Killed} of {count} were killed in time");
    }
}
