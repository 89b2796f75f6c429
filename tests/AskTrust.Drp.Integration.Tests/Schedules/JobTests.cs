using AskTrust.Drp.Integration.Tests.Primary;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Schedules;

public sealed class JobTests
{
    [SkippableFact]
    public async Task A_job_does_all_the_plan_says_with_one_record_and_one_code()
    {
        Requires.Programs("tar");
        using var scene = new ScheduleScene("nightly: { schedule: \"0 3 * * *\", do: [backup, verify, test-restore, prune], keep: { last: 1 } }");
        string log = scene.Folder["log/shop.log"];

        await scene.WithAsync(s => s.RunJobAsync(new JobOptions { Name = "nightly" }, default));
        scene.Time.Ahead += TimeSpan.FromSeconds(2);
        JobReport report = await scene.WithAsync(s => s.RunJobAsync(new JobOptions { Name = "nightly", Reason = "because" }, default), log);

        Assert.Equal((RunStatus.Succeeded, DrpError.None), (report.Status, report.Code));
        Assert.Equal([JobAction.Backup, JobAction.Verify, JobAction.TestRestore, JobAction.Prune], report.Steps.Select(s => s.Action));
        Assert.All(report.Steps, s => Assert.Equal(RunStatus.Succeeded, s.Status));
        var set = Assert.Single(await scene.WithAsync(async s => await s.ListAsync(new BackupFilter(), default).ToListAsync()));
        Assert.Equal((report.Id, "because"), (set.Id, set.Reason));
        Assert.NotNull(set.Proven);
        Assert.Equal(4, (await File.ReadAllLinesAsync(log)).Length);
        Assert.Contains(" INFO nightly, backup: " + report.Id, await File.ReadAllTextAsync(log), StringComparison.Ordinal);
        Assert.All(await scene.WithAsync(async s => await s.TestEvidenceAsync(default).ToListAsync()), v => Assert.Equal(CheckVerdict.Ok, v.Verdict));
    }

    [SkippableFact]
    public async Task After_a_step_that_failed_nothing_is_deleted()
    {
        Requires.Programs("tar");
        using var scene = new ScheduleScene("nightly: { keep: { last: 1 } }");
        await scene.WithAsync(s => s.RunJobAsync(new JobOptions { Name = "nightly" }, default));
        Directory.Delete(Path.Join(scene.Root, "files"), recursive: true);

        JobReport report = await scene.WithAsync(s => s.RunJobAsync(new JobOptions { Name = "nightly" }, default));

        Assert.Equal(RunStatus.Failed, report.Status);
        Assert.NotEqual(DrpError.None, report.Code);
        Assert.Equal([RunStatus.Failed, RunStatus.Skipped], report.Steps.Select(s => s.Status));
        Assert.Single(await scene.WithAsync(async s => await s.ListAsync(new BackupFilter(), default).ToListAsync()));
    }

    [SkippableFact]
    public async Task A_dry_run_ends_with_the_code_the_run_would_have()
    {
        Requires.Programs("tar");
        using var scene = new ScheduleScene("nightly: { keep: { last: 1 } }");
        // Also before the first one, when there are no repositories yet.
        Assert.Equal(DrpError.None, (await scene.WithAsync(s => s.RunJobAsync(new JobOptions { Name = "nightly", DryRun = true }, default))).Code);
        await File.WriteAllTextAsync(scene.Plan, (await File.ReadAllTextAsync(scene.Plan)).Replace("repositories:", $"repositories:\n  away: {{ type: directory, path: {scene.Folder["not/mounted"]} }}", StringComparison.Ordinal));
        JobReport report = await scene.WithAsync(s => s.RunJobAsync(new JobOptions { Name = "nightly", DryRun = true }, default));
        Assert.Equal((RunStatus.Planned, DrpError.Incomplete), (report.Status, report.Code));
        Assert.Contains("away would not get the set", report.Steps[0].Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(scene.Folder.Path, "sets", SearchOption.AllDirectories));
    }

    [SkippableFact]
    public async Task Two_at_once_do_not_collide()
    {
        Requires.Programs("tar");
        using var scene = new ScheduleScene("nightly: { schedule: \"@daily\", jitter: 1s, keep: { last: 9 } }");
        // 3 MB at 1 MB/s hold the first one while the second comes.
        await File.WriteAllBytesAsync(Path.Join(scene.Root, "files", "big"), System.Security.Cryptography.RandomNumberGenerator.GetBytes(3_000_000));
        await File.WriteAllTextAsync(scene.Plan, (await File.ReadAllTextAsync(scene.Plan)).Replace("one }", "one, uploadLimit: 1MB/s }", StringComparison.Ordinal));
        await scene.WithAsync(s => s.RegisterScheduleAsync(new ScheduleOptions { Manager = ScheduleManager.Systemd, Folder = scene.Folder["units"], Program = "/bin/true" }, default));

        Task<JobReport> first = scene.WithAsync(s => s.RunJobAsync(new JobOptions { Name = "nightly" }, default));
        string held = scene.Folder["state/locks/job-shop-nightly.lock.holder"];
        await PairScene.UntilAsync(() => Task.FromResult(File.Exists(held)));
        DrpException second = await Assert.ThrowsAsync<DrpException>(() => scene.WithAsync(s => s.RunJobAsync(new JobOptions { Name = "nightly", Scheduled = true }, default)));

        Assert.Equal(DrpError.Locked, second.Code);
        Assert.Equal(RunStatus.Succeeded, (await first).Status);
        // What was refused was no run.
        ScheduleStatus status = (await scene.ListAsync(new ScheduleOptions { Manager = ScheduleManager.Systemd, Folder = scene.Folder["units"] }))[0];
        Assert.Equal((RunStatus.Succeeded, DrpError.None), (status.LastStatus, status.LastCode));
    }

    [SkippableFact]
    public async Task By_a_cron_of_another_zone_it_runs_only_when_due()
    {
        Requires.Programs("tar");
        using var scene = new ScheduleScene("nightly: { schedule: \"0 3 * * *\", timeZone: Europe/Paris }");

        async Task<RunStatus> AtAsync(string time)
        {
            scene.Time.Set(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture));
            return (await scene.WithAsync(s => s.RunJobAsync(new JobOptions { Name = "nightly", WhenDue = true }, default))).Status;
        }

        // In winter 03:00 in Paris is 02:00Z, in summer 01:00Z; cron comes at both.
        Assert.Equal(RunStatus.Skipped, await AtAsync("2027-01-10T01:00:02Z"));
        Assert.Equal(RunStatus.Succeeded, await AtAsync("2027-01-10T02:00:02Z"));
        Assert.Equal(RunStatus.Succeeded, await AtAsync("2027-07-10T01:00:02Z"));
        Assert.Equal(RunStatus.Skipped, await AtAsync("2027-07-10T02:00:02Z"));
    }
}
