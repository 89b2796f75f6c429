using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Volumes;

public sealed class VolumeTests
{
    private const string Look = "cd /srv/data && find . -path './drp-*' -prune -o -printf '%y %m %U:%G %s %p %l\\n' | sort";

    [SkippableFact]
    public async Task A_volume_comes_back_as_it_was_in_place_elsewhere_and_after_it_is_gone()
    {
        await using VolumeScene scene = await VolumeScene.SetAsync();
        await scene.InAsync("cd /srv/data && mkdir -p a/b && echo one >a/b/f && ln a/b/f a/other && ln -s b/f a/link && echo secret >.hidden && chown -R 33:33 a && chmod 750 . && truncate -s 5M hole && echo x >'strange -name'");
        string before = await scene.InAsync(Look);
        BackupReport backup = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Succeeded, backup.Status);
        Assert.Empty(backup.Warnings);
        List<VerificationResult> verified = await scene.WithAsync(s => s.VerifyAsync(new VerifyOptions { Depth = VerificationDepth.Archive }, default).ToListAsync());
        Assert.All(verified, v => Assert.Equal(CheckVerdict.Ok, v.Verdict));
        RestoreTestResult proof = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { NegativeControl = true }, default));
        Assert.True(proof.Verdict == CheckVerdict.Ok && proof.NegativeControl == true, proof.Message);

        // In place: what runs with it is stopped and started again, the old content stays aside.
        await scene.InAsync("cd /srv/data && rm -rf a && echo bad >bad && chmod 755 .");
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions()))).Code);
        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions { Force = true });
        Assert.True(await VolumeScene.RunsAsync(scene.App));
        Assert.Equal(before, await scene.InAsync(Look));
        // Undone, and undone again. A backup holds nothing of what is aside.
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions { RestoreId = report.RestoreId }, default));
        Assert.Equal("bad", await scene.InAsync("cat /srv/data/bad"));
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal(before, await scene.InAsync(Look));

        // Into another volume, only some files.
        string other = $"{scene.Name}_other";
        await scene.RestoreAsync(new RestoreComponentOptions { Destination = other, Include = ["*hidden"] });
        Assert.Equal("secret", await VolumeScene.DockerAsync("run", "--rm", "-v", $"{other}:/v", "debian:bookworm-slim", "cat", "/v/.hidden"));

        // One without room: before it begins where that can be known, else in the middle; nothing stays behind.
        await scene.InAsync("for i in $(seq 400); do echo $i > /srv/data/many$i; done");
        before = await scene.InAsync(Look);
        await scene.BackUpAsync();
        string small = $"{scene.Name}_small";
        await VolumeScene.DockerAsync("volume", "create", "--driver", "local", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=1200k", small);
        await VolumeScene.DockerAsync("run", "-d", "--name", scene.Cache, "-v", $"{small}:/v", "debian:bookworm-slim", "sleep", "600");
        Assert.Equal(DrpError.NotEnoughSpace, (await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions { Destination = small }))).Code);
        DrpException full = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions { Destination = small, Include = ["many*"] }));
        Assert.Equal(DrpError.NotEnoughSpace, full.Code);
        Assert.Empty(await VolumeScene.DockerAsync("exec", scene.Cache, "ls", "-A", "/v"));

        // The volume is gone, and no container has it: the set knows image and labels.
        await VolumeScene.DockerAsync("rm", "-f", scene.App);
        await VolumeScene.DockerAsync("volume", "rm", scene.Volume);
        Assert.Equal(DrpError.Unreachable, (await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync())).Code);
        await scene.RestoreAsync(new RestoreComponentOptions());
        Assert.Equal("data", await VolumeScene.DockerAsync("volume", "inspect", "--format", "{{index .Labels \"com.docker.compose.volume\"}}", scene.Volume));
        Assert.Equal(before, await VolumeScene.DockerAsync("run", "--rm", "-v", $"{scene.Volume}:/srv/data", "debian:bookworm-slim", "sh", "-c", Look));
        Assert.Empty(await VolumeScene.DockerAsync("ps", "-aq", "--filter", "label=drp.side", "--filter", $"volume={scene.Volume}"));
    }

    [SkippableFact]
    public async Task Redis_in_a_container_comes_back_into_its_volume_though_it_writes_append_only_files()
    {
        await using VolumeScene scene = await VolumeScene.SetAsync();
        await scene.StartCacheAsync("--appendonly", "yes");
        await scene.CliAsync("MSET", "a", "1", "b", "2", "c", "3");
        scene.Plan("", $"  cache: {{ type: redis, container: {scene.Cache}, password: \"${{env:DRP_TEST_REDIS}}\", appendOnlyFiles: true }}");
        BackupReport backup = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Succeeded, backup.Status);
        RestoreTestResult proof = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { Component = "cache" }, default));
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);

        await scene.CliAsync("FLUSHALL");
        await scene.CliAsync("SET", "later", "1");
        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions { Component = "cache", Force = true });
        Assert.Equal(3, report.Keys);
        Assert.Equal("2", await scene.CliAsync("GET", "b"));
        await scene.WithAsync(s => s.UndoAsync(new UndoOptions(), default));
        Assert.Equal("later", await scene.CliAsync("KEYS", "*"));
    }
}
