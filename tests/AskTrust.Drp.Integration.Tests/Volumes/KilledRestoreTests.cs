using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Volumes;

/// <summary>kill -9 of a restore of a volume and of Redis, and an engine that goes away in its middle: one command brings back what was, and the same restore then works.</summary>
public sealed class KilledRestoreTests
{
    [SkippableFact]
    public async Task What_a_killed_restore_left_half_done_is_put_back_by_undo_and_by_the_next_restore()
    {
        await using VolumeScene scene = await VolumeScene.SetAsync();
        await scene.StartCacheAsync();
        scene.Plan("", Cache(scene));
        // Down before it begins: said at once, nothing is written.
        var (code, said) = await RunAsync(scene, "unix:///nowhere/docker.sock", "backup");
        Assert.True(code == (int)DrpError.Unreachable, said);
        Assert.Contains("docker", said, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(scene.Folder["one"], "manifest.json", SearchOption.AllDirectories));
        await FillAsync(scene);

        // While what runs with the volume stands still.
        await KillAsync(scene, "data", async () => !await VolumeScene.RunsAsync(scene.App));
        RestoreReport planned = await scene.WithAsync(s => s.UndoAsync(new UndoOptions { DryRun = true }, default));
        Assert.Equal(RunStatus.Planned, planned.Status);
        Assert.False(await VolumeScene.RunsAsync(scene.App));
        Assert.Equal(planned.RestoreId, (await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default))).RestoreId);
        Assert.True(await VolumeScene.RunsAsync(scene.App));
        Assert.Equal("bad", await scene.InAsync("ls /srv/data"));
        // There is nothing older that it would have taken back instead.
        Assert.Equal(DrpError.RepositoryMissing, (await Assert.ThrowsAsync<DrpException>(() => scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default)))).Code);

        // The same of the server, settled by the same restore again.
        await KillAsync(scene, "cache", async () => !await VolumeScene.RunsAsync(scene.Cache));
        Assert.Equal(3, (await scene.RestoreAsync(new RestoreComponentOptions { Component = "cache", Force = true })).Keys);
        Assert.Equal("3", await scene.CliAsync("DBSIZE"));
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal("later", await scene.CliAsync("KEYS", "*"));
        await NothingLeftAsync(scene);
    }

    [SkippableFact, Trait("Category", "Soak")]
    public async Task Killed_while_it_extracts_or_has_made_a_volume_it_leaves_nothing_behind_that_the_next_does_not_remove()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("DRP_SOAK") == "1", "only in the long run: ./build.sh soak");
        await using VolumeScene scene = await VolumeScene.SetAsync();
        await scene.StartCacheAsync();
        scene.Plan("", Cache(scene), ", downloadLimit: 2MiB/s");
        await FillAsync(scene);
        await KillAsync(scene, "data", async () => (await scene.InAsync("ls -d /srv/data/drp-restoring-*/big 2>/dev/null || true")).Length > 0);
        Assert.Equal("bad", await scene.InAsync("cat /srv/data/bad"));
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal("bad", await scene.InAsync("ls /srv/data"));

        await KillAsync(scene, "data", async () => (await VolumeScene.DockerAsync("volume", "ls", "-q", "--filter", $"name={scene.Name}_made")).Length > 0, "-d", $"{scene.Name}_made");
        await scene.RestoreAsync(new RestoreComponentOptions { Component = "data", Destination = $"{scene.Name}_made" });
        Assert.Equal("201", await VolumeScene.DockerAsync("run", "--rm", "-v", $"{scene.Name}_made:/v", "debian:bookworm-slim", "sh", "-c", "ls /v | wc -l"));
        await NothingLeftAsync(scene);
    }

    [SkippableFact, Trait("Category", "Soak")]
    public async Task An_engine_that_goes_away_in_the_middle_is_named_and_what_was_begun_is_put_back_later()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("DRP_SOAK") == "1", "only in the long run: ./build.sh soak");
        await using VolumeScene scene = await VolumeScene.SetAsync();
        await scene.InAsync("head -c 4M /dev/urandom > /srv/data/big");
        string app = $"    during: {{ stop: [ {scene.App} ] }}";
        scene.Plan(app, repository: ", downloadLimit: 1MiB/s, uploadLimit: 1MiB/s");
        await scene.BackUpAsync();
        await scene.InAsync("rm /srv/data/big; echo bad > /srv/data/bad");

        var (code, said) = await CutAsync(scene, async () => (await scene.InAsync("ls -d /srv/data/drp-restoring-*/big 2>/dev/null || true")).Length > 0, "restore-component", "latest", "-c", "data", "--force");
        Assert.True(code is (int)DrpError.Unreachable or (int)DrpError.Failed, said);
        Assert.Contains("drp undo", said, StringComparison.Ordinal);
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal("bad", await scene.InAsync("ls /srv/data"));

        // In a backup, while a service stands still: the next run starts it.
        await scene.InAsync("head -c 30M /dev/urandom > /srv/data/big");
        (code, said) = await CutAsync(scene, async () => !await VolumeScene.RunsAsync(scene.App), "backup");
        Assert.True(code is (int)DrpError.Unreachable or (int)DrpError.Failed, said);
        Assert.Single(Directory.EnumerateFiles(scene.Folder["one"], "manifest.json", SearchOption.AllDirectories));
        scene.Plan(app);
        await scene.BackUpAsync();
        Assert.True(await VolumeScene.RunsAsync(scene.App));
    }

    /// <summary>201 files and three keys, saved; then spoiled.</summary>
    private static async Task FillAsync(VolumeScene scene)
    {
        await scene.InAsync("cd /srv/data && for i in $(seq 200); do echo $i > f$i; done; head -c 3M /dev/urandom > big");
        await scene.CliAsync("MSET", "a", "1", "b", "2", "c", "3");
        await scene.BackUpAsync();
        await scene.InAsync("rm -f /srv/data/* && echo bad > /srv/data/bad");
        await scene.CliAsync("FLUSHALL");
        await scene.CliAsync("SET", "later", "1");
    }

    /// <summary>No container, no temporary folder, no restore that is not settled.</summary>
    private static async Task NothingLeftAsync(VolumeScene scene)
    {
        foreach (string volume in (string[])[scene.Volume, $"{scene.Name}_cache"]) Assert.Empty(await VolumeScene.DockerAsync("ps", "-aq", "--filter", "label=drp.side", "--filter", $"volume={volume}"));
        string temp = Path.Join(scene.Folder["state"], "tmp");
        Assert.Empty(Directory.Exists(temp) ? Directory.EnumerateFileSystemEntries(temp) : []);
        Assert.DoesNotContain(scene.Heard.Texts, t => t.Contains("cannot be settled", StringComparison.Ordinal));
    }

    private static string Cache(VolumeScene scene) => $"  cache: {{ type: redis, container: {scene.Cache}, password: \"${{env:DRP_TEST_REDIS}}\" }}";

    private static async Task KillAsync(VolumeScene scene, string component, Func<Task<bool>> when, params string[] more)
    {
        await using ChildProcess drp = DrpProgram.Start(scene.Folder["drp.yaml"], scene.Folder["state"], VolumeScene.Password, ["restore-component", "latest", "-c", component, "--force", .. more]);
        await UntilAsync(drp, when);
        await DrpProgram.KillAloneAsync(drp);
    }

    private static async Task<(int Code, string Output)> CutAsync(VolumeScene scene, Func<Task<bool>> when, params string[] arguments)
    {
        string engine = Environment.GetEnvironmentVariable("DOCKER_HOST") is { } host && host.StartsWith("unix://", StringComparison.Ordinal) ? host["unix://".Length..] : "/var/run/docker.sock";
        await using var gate = new SocketGate(scene.Folder[$"{arguments[0]}.sock"], engine);
        await using ChildProcess drp = DrpProgram.Start(scene.Folder["drp.yaml"], scene.Folder["state"], VolumeScene.Password, arguments, $"unix://{gate.Path}");
        await UntilAsync(drp, when);
        await gate.CloseAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return (await drp.WaitAsync(patience.Token), drp.Output);
    }

    private static async Task<(int Code, string Output)> RunAsync(VolumeScene scene, string docker, params string[] arguments)
    {
        await using ChildProcess drp = DrpProgram.Start(scene.Folder["drp.yaml"], scene.Folder["state"], VolumeScene.Password, arguments, docker);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return (await drp.WaitAsync(patience.Token), drp.Output);
    }

    private static async Task UntilAsync(ChildProcess drp, Func<Task<bool>> met)
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); !await met(); await Task.Delay(10))
            Assert.True(DateTime.UtcNow < until && !drp.HasExited, $"it never came to that:\n{drp.Output}");
    }
}
