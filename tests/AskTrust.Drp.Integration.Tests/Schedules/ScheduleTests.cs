using System.Text;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Schedules;

/// <summary>Timers that systemd checks, and a real crontab: that of the system's user “backup”, who has none.</summary>
public sealed class ScheduleTests : IAsyncLifetime
{
    private const string User = "backup";
    private const string Jobs = """
        nightly: { schedule: "0 3 * * *", timeZone: Europe/Paris, jitter: 10m, keep: { daily: 30 } }
        often: { schedule: "*/15 * * * *", keep: { last: 4 } }
        proof: { schedule: "0 5 1 * 1", do: [test-restore] }
        asked: { keep: { last: 2 } }
        """;

    private readonly ScheduleScene _scene = new(Jobs, "odd $na%me");
    private bool _crontab;

    [SkippableFact]
    public async Task The_timers_are_ones_systemd_takes_in_the_zone_of_the_job()
    {
        Requires.Programs("systemd-analyze");
        var options = new ScheduleOptions { Manager = ScheduleManager.Systemd, Folder = _scene.Folder["units"], Program = "/bin/true" };
        ScheduleReport report = await RegisterAsync(options);

        Assert.Equal((RunStatus.Succeeded, 6), (report.Status, report.Steps.Count));
        string[] timers = Directory.GetFiles(options.Folder!, "*.timer");
        Assert.Equal("", (await ChildProcess.RunAsync("systemd-analyze", ["verify", "--man=no", "--generators=no", .. timers])).Trim());
        string timer = await File.ReadAllTextAsync(_scene.Folder["units/drp-job-shop-nightly.timer"]);
        Assert.Contains("\nRandomizedDelaySec=600s\n", timer, StringComparison.Ordinal);
        Assert.Contains("\nPersistent=true\n", timer, StringComparison.Ordinal);
        string service = await File.ReadAllTextAsync(_scene.Folder["units/drp-job-shop-nightly.service"]);
        Assert.Contains("--plan \"" + _scene.Folder["odd $$na%%me/drp.yaml"] + "\"", service, StringComparison.Ordinal);

        // systemd and we agree on when a job is due, also on the days on which clocks change.
        foreach (var (schedule, day) in new[] { ("*-*-* 03:00:00 Europe/Paris", "2026-10-24 12:00:00 UTC"), ("*-*-* 03:00:00 Europe/Paris", "2026-03-28 12:00:00 UTC") })
        {
            string said = await ChildProcess.RunAsync("systemd-analyze", ["calendar", "--base-time=" + day, schedule]);
            _scene.Time.Set(DateTimeOffset.Parse(day.Replace(" UTC", "Z", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture));
            ScheduleStatus status = (await _scene.ListAsync(options with { Jobs = ["nightly"] }))[0];
            Assert.Contains(status.NextRun.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture) + " UTC", said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Again_it_changes_nothing_and_what_the_plan_has_no_more_goes()
    {
        var options = new ScheduleOptions { Manager = ScheduleManager.Systemd, Folder = _scene.Folder["units"], Program = "/bin/true" };
        Assert.Equal(RunStatus.Planned, (await RegisterAsync(options with { DryRun = true })).Status);
        Assert.False(Directory.Exists(options.Folder));
        await RegisterAsync(options);
        Assert.Equal(RunStatus.Skipped, (await RegisterAsync(options)).Status);

        string plan = await File.ReadAllTextAsync(_scene.Plan);
        await File.WriteAllTextAsync(_scene.Plan, plan.Replace("*/15", "*/10", StringComparison.Ordinal).Replace("proof: { schedule", "evidence: { schedule", StringComparison.Ordinal));
        Assert.Equal([ServiceFileState.Current, ServiceFileState.Outdated, ServiceFileState.Missing], (await _scene.ListAsync(options)).Select(s => s.State));
        Assert.Equal(RunStatus.Succeeded, (await RegisterAsync(options)).Status);
        Assert.Equal(["evidence", "nightly", "often"], Directory.GetFiles(options.Folder!, "*.timer").Select(f => Path.GetFileNameWithoutExtension(f)["drp-job-shop-".Length..]).Order(StringComparer.Ordinal));

        await File.WriteAllTextAsync(_scene.Folder["units/drp-job-shop-often.timer"], "[Timer]\n");
        DrpException foreign = await Assert.ThrowsAsync<DrpException>(() => RegisterAsync(options with { Program = "/bin/sh" }));
        Assert.Equal(DrpError.UnsafeTarget, foreign.Code);
        Assert.DoesNotContain("/bin/sh", await File.ReadAllTextAsync(_scene.Folder["units/drp-job-shop-nightly.service"]), StringComparison.Ordinal);
        Assert.Equal(DrpError.PlanInvalid, (await Assert.ThrowsAsync<DrpException>(() => RegisterAsync(options with { Jobs = ["asked"] }))).Code);
    }

    [SkippableFact]
    public async Task In_a_crontab_every_other_line_stays_byte_for_byte()
    {
        var options = await CrontabAsync();
        byte[] others = [.. Encoding.UTF8.GetBytes("# père\nMAILTO=\"\"\n"), 0xE9, 0xFF, .. "x=1\n*/5 * * * * /bin/true % a\n\n"u8];
        await PutAsync(others);

        ScheduleReport report = await RegisterAsync(options);
        byte[] with = await GetAsync();
        Assert.True(with.AsSpan().StartsWith(others));
        Assert.Equal(RunStatus.Skipped, (await RegisterAsync(options)).Status);
        Assert.Contains(report.Warnings, w => w.Contains("--when-due", StringComparison.Ordinal));
        string ours = Encoding.UTF8.GetString(with);
        Assert.Contains("\n0 1,2 * * * set -a;", ours, StringComparison.Ordinal);
        Assert.Contains("\n*/15 * * * * set -a;", ours, StringComparison.Ordinal);

        // Edited by hand: before us, behind us, and one of our lines.
        await PutAsync([.. "# first\n"u8, .. Encoding.UTF8.GetBytes(ours.Replace("*/15 * * * * set", "*/30 * * * * set", StringComparison.Ordinal))[..], .. "# last\n"u8]);
        Assert.Equal([ServiceFileState.Current, ServiceFileState.Outdated, ServiceFileState.Current], (await _scene.ListAsync(options)).Select(s => s.State));
        Assert.Equal(RunStatus.Succeeded, (await RegisterAsync(options with { Jobs = ["often"] })).Status);
        Assert.Equal("# first\n" + ours + "# last\n", Encoding.UTF8.GetString(await GetAsync()));

        await UnregisterAsync(options with { Jobs = ["nightly", "proof"] });
        Assert.Equal(["often"], (await _scene.ListAsync(options)).Where(s => s.State == ServiceFileState.Current).Select(s => s.Job));
        await UnregisterAsync(options);
        Assert.Equal("# first\n" + Encoding.UTF8.GetString(others) + "# last\n", Encoding.UTF8.GetString(await GetAsync()));
        Assert.Equal(RunStatus.Skipped, (await UnregisterAsync(options)).Status);
    }

    [SkippableFact]
    public async Task A_crontab_with_broken_marks_is_left_alone()
    {
        var options = await CrontabAsync();
        await RegisterAsync(options);
        string whole = Encoding.UTF8.GetString(await GetAsync());
        string[] lines = whole.Split('\n');
        string[] broken =
        [
            whole.Replace(lines[^2] + "\n", "", StringComparison.Ordinal),
            whole + lines[0] + "\n",
            string.Join('\n', lines.SkipLast(1).Reverse()) + "\n",
            whole.Replace(lines[1], "0 1 * * * somebody else's\n" + lines[1], StringComparison.Ordinal),
        ];
        foreach (string text in broken)
        {
            await PutAsync(Encoding.UTF8.GetBytes(text));
            Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => RegisterAsync(options))).Code);
            Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => UnregisterAsync(options))).Code);
            Assert.Equal(text, Encoding.UTF8.GetString(await GetAsync()));
        }
    }

    [SkippableFact]
    public async Task An_entry_of_cron_runs_the_job_as_cron_would_run_it()
    {
        Requires.Programs("tar");
        string drp = _scene.Folder["d'r%p"];
        await File.WriteAllTextAsync(drp, $"#!/bin/sh\nexec {DrpProgram.ShellLine} \"$@\"\n");
        File.SetUnixFileMode(drp, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await RegisterAsync(new ScheduleOptions { Manager = ScheduleManager.CronFolder, Folder = _scene.Folder["cron.d"], Program = drp, Jobs = ["often"] });
        string entry = (await File.ReadAllLinesAsync(_scene.Folder["cron.d/drp-shop"]))[^1];
        Assert.StartsWith("*/15 * * * * root ", entry, StringComparison.Ordinal);

        // To cron a percent sign is a line break unless a backslash stands before it, which it takes away.
        string command = entry["*/15 * * * * root ".Length..];
        Assert.DoesNotMatch(@"(?<!\\)%", command);
        await ChildProcess.RunAsync("env", ["-i", "HOME=/root", "LOGNAME=root", "SHELL=/bin/sh", "PATH=/usr/bin:/bin", "/bin/sh", "-c", command.Replace("\\%", "%", StringComparison.Ordinal)]);

        ScheduleStatus status = (await _scene.ListAsync(new ScheduleOptions { Manager = ScheduleManager.CronFolder, Folder = _scene.Folder["cron.d"], Jobs = ["often"] }))[0];
        Assert.Equal((ServiceFileState.Current, RunStatus.Succeeded), (status.State, status.LastStatus));
        Assert.Contains("often, backup: ", await File.ReadAllTextAsync(_scene.Folder["state/log/shop.log"]), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Missed_times_are_found_in_the_evidence()
    {
        Requires.Programs("tar");
        var options = new ScheduleOptions { Manager = ScheduleManager.CronFolder, Folder = _scene.Folder["cron.d"], Program = "/bin/true", Jobs = ["nightly"] };
        _scene.Time.Set(new DateTimeOffset(2027, 1, 10, 12, 0, 0, TimeSpan.Zero));
        await RegisterAsync(options);
        Assert.Empty((await _scene.ListAsync(options))[0].Missed);

        _scene.Time.Set(new DateTimeOffset(2027, 1, 11, 2, 3, 0, TimeSpan.Zero));
        await _scene.WithAsync(s => s.RunJobAsync(new JobOptions { Name = "nightly" }, default));
        _scene.Time.Set(new DateTimeOffset(2027, 1, 13, 2, 5, 0, TimeSpan.Zero));
        ScheduleStatus status = (await _scene.ListAsync(options))[0];

        // That of the 11th ran, that of the 12th did not, that of the 13th may still come.
        Assert.Equal([new DateTimeOffset(2027, 1, 12, 2, 0, 0, TimeSpan.Zero)], status.Missed);
        Assert.Equal(new DateTimeOffset(2027, 1, 14, 2, 0, 0, TimeSpan.Zero), status.NextRun);

        // Ten minutes are waited for, and the jitter, which is ten more.
        _scene.Time.Set(new DateTimeOffset(2027, 1, 13, 2, 19, 0, TimeSpan.Zero));
        Assert.Single((await _scene.ListAsync(options))[0].Missed);
        _scene.Time.Set(new DateTimeOffset(2027, 1, 13, 2, 21, 0, TimeSpan.Zero));
        Assert.Equal(2, (await _scene.ListAsync(options))[0].Missed.Count);

        // 03:00 in Paris is 02:00Z, and from the day on which summer time begins 01:00Z.
        _scene.Time.Set(new DateTimeOffset(2027, 3, 28, 12, 0, 0, TimeSpan.Zero));
        Assert.Equal([new DateTimeOffset(2027, 3, 27, 2, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 3, 28, 1, 0, 0, TimeSpan.Zero)], (await _scene.ListAsync(options))[0].Missed.Order().TakeLast(2));
    }

    [Fact]
    public async Task A_task_of_Windows_is_xml_with_the_times_of_the_job()
    {
        var options = new ScheduleOptions { Manager = ScheduleManager.Windows, Folder = _scene.Folder["tasks"], Program = "C:/drp.exe", Jobs = ["proof"] };
        await File.WriteAllTextAsync(_scene.Folder["drp.exe"], "");
        await RegisterAsync(options with { Program = _scene.Folder["drp.exe"] });

        // Every kind of trigger, each as the published schema of tasks has it.
        await File.AppendAllTextAsync(_scene.Plan, "\n  dawn: { schedule: \"0 4 * 1,7 1-5\", jitter: 90m, keep: { last: 2 } }\n  daily: { schedule: \"30 4 * * *\", keep: { last: 2 } }\n");
        await RegisterAsync(options with { Program = _scene.Folder["drp.exe"], Jobs = ["dawn", "daily"] });
        Assert.All(["proof", "dawn", "daily"], job => Assert.Empty(TaskSchema.Problems(_scene.Folder[$"tasks/drp-job-shop-{job}.xml"])));
        var task = System.Xml.Linq.XDocument.Load(_scene.Folder["tasks/drp-job-shop-proof.xml"]);
        string[] starts = [.. task.Descendants().Where(e => e.Name.LocalName == "StartBoundary").Select(e => e.Value)];
        Assert.Equal(["2024-01-01T05:00:00Z", "2024-01-01T05:00:00Z"], starts);
        Assert.Equal(["ScheduleByWeek", "ScheduleByMonth"], task.Descendants().Where(e => e.Name.LocalName.StartsWith("ScheduleBy", StringComparison.Ordinal)).Select(e => e.Name.LocalName));
        Assert.Equal(ServiceFileState.Current, (await _scene.ListAsync(options))[0].State);
        Assert.Equal(DrpError.PlanInvalid, (await Assert.ThrowsAsync<DrpException>(() => RegisterAsync(options with { Program = _scene.Folder["drp.exe"], Jobs = ["often"] }))).Code);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _scene.Dispose();
        if (_crontab) await ChildProcess.RunAsync("sh", ["-c", $"crontab -u {User} -r || true"]);
    }

    private Task<ScheduleReport> RegisterAsync(ScheduleOptions options) => _scene.WithAsync(s => s.RegisterScheduleAsync(options, default));

    private Task<ScheduleReport> UnregisterAsync(ScheduleOptions options) => _scene.WithAsync(s => s.UnregisterScheduleAsync(options, default));

    private async Task<ScheduleOptions> CrontabAsync()
    {
        Requires.Programs("crontab");
        Requires.That(Environment.IsPrivilegedProcess, "only root may write another user's crontab");
        _crontab = true;
        await PutAsync([]);
        return new ScheduleOptions { Manager = ScheduleManager.Crontab, User = User, Program = "/bin/true" };
    }

    private async Task PutAsync(byte[] text)
    {
        string file = _scene.Folder["crontab"];
        await File.WriteAllBytesAsync(file, text);
        await ChildProcess.RunAsync("crontab", ["-u", User, file]);
    }

    private async Task<byte[]> GetAsync()
    {
        await ChildProcess.RunAsync("sh", ["-c", "crontab -u \"$0\" -l > \"$1\"", User, _scene.Folder["got"]]);
        return await File.ReadAllBytesAsync(_scene.Folder["got"]);
    }
}
