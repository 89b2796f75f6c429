using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>A clock that is set back, between runs and in the middle of one.</summary>
public sealed class ClockTests
{
    [SkippableFact]
    public async Task A_clock_set_back_between_runs_never_makes_a_newer_set_look_older()
    {
        await using var scene = await Scene.SetAsync();
        var clock = new MovableClock();
        List<BackupReport> made = [];
        foreach (double hours in (double[])[0, -3, -3.5])
        {
            clock.Offset = TimeSpan.FromHours(hours);
            await scene.Cluster.SqlAsync("INSERT INTO customer (name) VALUES ('one more')", "shop");
            made.Add(await WithAsync(scene, clock, s => s.BackupAsync(new BackupOptions(), default)));
        }

        Assert.All(made, m => Assert.Equal(RunStatus.Succeeded, m.Status));
        Assert.Equal(made.Select(m => m.Id), made.Select(m => m.Id).Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal));
        Assert.Empty(made[0].Warnings);
        Assert.NotEmpty(made[1].Warnings);
        var listed = await WithAsync(scene, clock, s => s.ListAsync(new BackupFilter(), default).ToListAsync());
        Assert.Equal(made.Select(m => m.Id).Reverse(), listed.Select(l => l.Id));
        await WithAsync(scene, clock, s => s.RestoreAsync(new RestoreOptions { Id = "latest", Database = "copy" }, default));
        Assert.Equal("2003", await scene.Cluster.SqlAsync("SELECT count(*) FROM customer", "copy"));

        var kept = await WithAsync(scene, clock, s => s.RetainAsync(new RetentionOptions { Policy = new RetentionPolicy { Last = 1 } }, default).ToListAsync());
        Assert.All(kept.Where(d => d.Id == made[2].Id), d => Assert.Equal(RetentionAction.Keep, d.Action));
        Assert.All((string[])["one", "two"], r => Assert.Contains(made[2].Id, RepositoryBytes.Sets(scene, r)));
        var evidence = await WithAsync(scene, clock, s => s.TestEvidenceAsync(default).ToListAsync());
        Assert.All(evidence, e => Assert.True(e.Verdict == CheckVerdict.Ok, string.Join("; ", e.Problems)));
    }

    [SkippableFact]
    public async Task A_clock_set_back_in_the_middle_of_a_run_neither_breaks_it_nor_locks_the_next_out()
    {
        await using var scene = await Scene.SetAsync();
        var clock = new MovableClock();
        await WithAsync(scene, clock, s => s.BackupAsync(new BackupOptions(), default));
        var report = await WithAsync(scene, clock, s => s.BackupAsync(new BackupOptions(), default), new SettingBack(clock));
        Assert.Equal(TimeSpan.FromHours(-2), clock.Offset);
        Assert.Equal(RunStatus.Succeeded, report.Status);
        Assert.InRange(report.Duration, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Assert.Equal(RunStatus.Succeeded, (await WithAsync(scene, clock, s => s.BackupAsync(new BackupOptions(), default))).Status);
        var verified = await WithAsync(scene, clock, s => s.VerifyAsync(new VerifyOptions(), default).ToListAsync());
        Assert.Equal(6, verified.Count);
        Assert.All(verified, v => Assert.True(v.Verdict == CheckVerdict.Ok, string.Join("; ", v.Problems)));
    }

    private static async Task<T> WithAsync<T>(Scene scene, MovableClock clock, Func<DrpSession, Task<T>> act, IDrpObserver? observer = null)
    {
        await using var session = await DrpSession.OpenAsync(scene.PlanFile, new EngineOptions { StateDirectory = scene.State, Observer = observer ?? scene.Heard, Clock = clock }, default);
        return await act(session);
    }

    /// <summary>The system's clock, set forward or back; time that passes is not touched.</summary>
    private sealed class MovableClock : TimeProvider
    {
        private long _offset;

        public TimeSpan Offset
        {
            get => TimeSpan.FromTicks(Interlocked.Read(ref _offset));
            set => Interlocked.Exchange(ref _offset, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
    }

    /// <summary>Sets the clock back as soon as bytes flow.</summary>
    private sealed class SettingBack(MovableClock clock) : IDrpObserver
    {
        public void On(DrpEvent happening)
        {
            if (happening is DrpProgress) clock.Offset = TimeSpan.FromHours(-2);
        }
    }
}
