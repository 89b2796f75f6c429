using System.Globalization;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Volumes;

public sealed class AroundTests
{
    [SkippableFact]
    public async Task Commands_and_services_around_a_component_come_and_go_in_order_whatever_happens()
    {
        await using VolumeScene scene = await VolumeScene.SetAsync();
        string log = scene.Folder["log"], look = $"docker container inspect --format '{{{{.State.Status}}}}' {scene.App} >> {log}";
        string Around(string during) => $$"""
                before: [ { run: [ sh, -c, "echo before >> {{log}}" ] }, { run: [ sh, -c, "echo flushed > /srv/data/flushed" ], service: {{scene.App}}, timeout: 30s } ]
                after: [ { run: [ sh, -c, "{{look}}; echo after >> {{log}}" ] } ]
                during: { {{during}} }
            """;
        await scene.InAsync("echo x > /srv/data/x");
        scene.Plan(Around($"pause: [ {scene.App} ]"));
        BackupReport planned = await scene.WithAsync(s => s.BackupAsync(new BackupOptions { DryRun = true }, default));
        Assert.Contains(planned.Steps, s => s.Contains(scene.App, StringComparison.Ordinal) && s.Contains("Pause", StringComparison.Ordinal));
        Assert.Equal(RunStatus.Succeeded, (await scene.BackUpAsync()).Status);
        scene.Plan(Around($"stop: [ {scene.App} ]"));
        Assert.Equal(RunStatus.Succeeded, (await scene.BackUpAsync()).Status);
        Assert.Equal(["before", "running", "after", "before", "running", "after"], File.ReadAllLines(log));
        Assert.Contains(scene.Heard.Events.OfType<DrpMessage>(), m => m.Text.Contains($"Stopping {scene.App}", StringComparison.Ordinal));
        // What was written just before is in the set.
        string look2 = $"{scene.Name}_look";
        await scene.RestoreAsync(new RestoreComponentOptions { Destination = look2 });
        Assert.Equal("flushed", await VolumeScene.DockerAsync("run", "--rm", "-v", $"{look2}:/v", "debian:bookworm-slim", "cat", "/v/flushed"));

        // A command that fails before: nothing is saved, nothing was stopped, the command after runs.
        File.Delete(log);
        scene.Plan(Around($"stop: [ {scene.App} ]").Replace("echo flushed", "echo no >&2; exit 3; echo", StringComparison.Ordinal));
        DrpException failed = await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync());
        Assert.Contains("ended with 3", failed.Message, StringComparison.Ordinal);
        Assert.Equal(["before", "running", "after"], File.ReadAllLines(log));
        // One that fails after: the set is there, and the run says so.
        scene.Plan(Around($"stop: [ {scene.App} ]").Replace("echo after", "exit 4; echo", StringComparison.Ordinal));
        Assert.Equal(RunStatus.Incomplete, (await scene.BackUpAsync()).Status);
        Assert.True(await VolumeScene.RunsAsync(scene.App));

        // Cancelled in the middle, while it stands still: it runs again.
        using var cancel = new CancellationTokenSource();
        scene.Plan(Around($"stop: [ {scene.App} ]"));
        await scene.InAsync("head -c 200M /dev/urandom > /srv/data/big");
        Task<BackupReport> running = scene.BackUpAsync(cancel.Token);
        for (var until = DateTime.UtcNow.AddSeconds(30); await VolumeScene.RunsAsync(scene.App) && DateTime.UtcNow < until;) await Task.Delay(20, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.True(await VolumeScene.RunsAsync(scene.App));
        Assert.Empty(Directory.EnumerateFiles(Path.Join(scene.Folder["state"], "holds")));
    }

    [SkippableFact]
    public async Task What_stands_still_runs_again_once_the_volume_is_read_however_slow_the_repository_is()
    {
        await using VolumeScene scene = await VolumeScene.SetAsync();
        await scene.InAsync("head -c 4M /dev/urandom > /srv/data/big");
        string log = scene.Folder["log"], look = "docker container inspect --format '{{.State.Status}}' " + scene.App;
        // An object gets its name when its last byte is written: an archive that is not there yet is still on its way.
        scene.Plan($$"""
                during: { stop: [ {{scene.App}} ] }
                after: [ { run: [ sh, -c, "{{look}} >> {{log}}; ls {{scene.Folder["one"]}}/shop/sets/*/ | grep -c '^data' >> {{log}}; true" ] }]
            """, repository: ", uploadLimit: 1MiB/s");
        BackupReport backup = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Succeeded, backup.Status);
        Assert.Equal(["running", "0"], File.ReadAllLines(log));
        Assert.True(backup.Duration > TimeSpan.FromSeconds(2.5), $"nothing was slow: {backup.Duration}");
    }

    [SkippableFact]
    public async Task A_container_that_does_not_stop_in_time_is_told_and_runs_again_when_its_engine_has_killed_it()
    {
        await using VolumeScene scene = await VolumeScene.SetAsync();
        await VolumeScene.DockerAsync("run", "-d", "--name", scene.Cache, "--stop-timeout", "4", "debian:bookworm-slim", "sh", "-c", "trap '' TERM; while :; do sleep 1; done");
        string started = await StartedAsync(scene.Cache);
        scene.Plan($"    during: {{ stop: [ {scene.Cache} ], timeout: 1s }}");
        DrpException stays = await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync());
        Assert.Equal((DrpError.Failed, scene.Cache), (stays.Code, stays.Subject));
        Assert.Contains("did not stop", stays.Message, StringComparison.Ordinal);
        // The engine kills it after its own grace, whoever asked: had we not waited for that, it would stand still now.
        Assert.True(await VolumeScene.RunsAsync(scene.Cache));
        Assert.NotEqual(started, await StartedAsync(scene.Cache));
        Assert.Empty(Directory.EnumerateFiles(Path.Join(scene.Folder["state"], "holds")));
    }

    [SkippableFact]
    public async Task Cancelled_while_a_container_ends_it_runs_again()
    {
        await using VolumeScene scene = await VolumeScene.SetAsync();
        using var cancel = new CancellationTokenSource();
        scene.Plan($"    during: {{ stop: [ {scene.App} ] }}");
        string started = await StartedAsync(scene.App);
        Task<BackupReport> running = scene.BackUpAsync(cancel.Token);
        // It does not end by itself: its engine kills it a second later.
        await DockerEngine.WaitToldToEndAsync(scene.App, started, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.True(await VolumeScene.RunsAsync(scene.App));
        Assert.NotEqual(started, await StartedAsync(scene.App));
    }

    [SkippableFact]
    public async Task After_a_kill_the_next_run_starts_what_was_stopped()
    {
        await using VolumeScene scene = await VolumeScene.SetAsync();
        scene.Plan($"    during: {{ stop: [ {scene.App} ] }}");
        await scene.InAsync("head -c 200M /dev/urandom > /srv/data/big");
        await using (var drp = DrpProgram.Start(scene.Folder["drp.yaml"], scene.Folder["state"], VolumeScene.Password, ["backup"]))
        {
            for (var until = DateTime.UtcNow.AddSeconds(60); await VolumeScene.RunsAsync(scene.App) && DateTime.UtcNow < until;) await Task.Delay(20);
            await DrpProgram.KillAloneAsync(drp);
        }

        Assert.False(await VolumeScene.RunsAsync(scene.App));
        Assert.Equal(RunStatus.Succeeded, (await scene.BackUpAsync()).Status);
        Assert.True(await VolumeScene.RunsAsync(scene.App));
        Assert.Contains(scene.Heard.Texts, t => t.Contains("killed", StringComparison.Ordinal) && t.Contains(scene.App, StringComparison.Ordinal));
        Assert.Empty(await VolumeScene.DockerAsync("ps", "-q", "--filter", "label=drp.side", "--filter", $"volume={scene.Volume}"));
    }

    [SkippableFact]
    public async Task Labels_of_docker_volume_backup_are_obeyed()
    {
        string group = Guid.NewGuid().ToString("N")[..8];
        await using VolumeScene scene = await VolumeScene.SetAsync(
            $"docker-volume-backup.stop-during-backup={group}", $"docker-volume-backup.exec-label={group}", "docker-volume-backup.archive-pre=/bin/sh -c 'id -un > /srv/data/dump; date +%s%N > /srv/data/pre'",
            "docker-volume-backup.archive-pre.user=www-data", "docker-volume-backup.exec-post=/bin/sh -c 'echo post > /srv/data/post'", "docker-volume-backup.copy-post=true");
        await scene.InAsync("chmod 777 /srv/data");
        string started = await StartedAsync(scene.App);
        scene.Plan($"    labels: {{ stop: \"{group}\", exec: \"{group}\" }}");
        Assert.Equal(RunStatus.Succeeded, (await scene.BackUpAsync()).Status);
        Assert.Equal("www-data", await scene.InAsync("cat /srv/data/dump"));
        Assert.Equal("post", await scene.InAsync("cat /srv/data/post"));
        string again = await StartedAsync(scene.App);
        Assert.True(DateTimeOffset.Parse(again, CultureInfo.InvariantCulture) > DateTimeOffset.Parse(started, CultureInfo.InvariantCulture));
        Assert.Contains(scene.Heard.Texts, t => t.Contains("copy-post", StringComparison.Ordinal));
        string look = $"{scene.Name}_look";
        await scene.RestoreAsync(new RestoreComponentOptions { Destination = look });
        Assert.Equal("dump\npre", await VolumeScene.DockerAsync("run", "--rm", "-v", $"{look}:/v", "debian:bookworm-slim", "ls", "/v"));
    }

    private static Task<string> StartedAsync(string container) => VolumeScene.DockerAsync("container", "inspect", "--format", "{{.State.StartedAt}}", container);
}
