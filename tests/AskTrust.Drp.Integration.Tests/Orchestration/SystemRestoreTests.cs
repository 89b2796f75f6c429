using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Orchestration;

/// <summary>Everything a plan protects is restored, services included; what goes wrong half way is put back.</summary>
public sealed class SystemRestoreTests
{
    private const string Good = "1000 one 3";
    private const string Spoiled = "10 spoiled 3";
    private static readonly SystemRestoreOptions s_all = new() { Confirmed = true, StopTimeout = TimeSpan.FromSeconds(5), HealthTimeout = TimeSpan.FromSeconds(60) };

    [SkippableFact]
    public async Task Everything_comes_back_can_be_taken_back_and_is_put_back_when_it_fails()
    {
        await using var scene = await StackScene.StartAsync();
        await scene.BreakAsync();
        await using var session = await scene.OpenAsync();

        // Shown, and refused without a yes: nothing is touched.
        var planned = await session.RestoreSystemAsync(s_all with { DryRun = true }, default);
        Assert.Equal(["stop web, app", "start db,", "save what is there, then restore db", "save what is there, then restore uploads", "save what is there, then restore stack", "start the services of"],
            planned.Steps.Zip([13, 9, 35, 40, 38, 21], (s, n) => s[..n]));
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => session.RestoreSystemAsync(s_all with { Confirmed = false }, default))).Code);
        Assert.Equal(Spoiled, await scene.LookAsync());

        // Everything, there and back, from the set and from a part of it.
        var report = await session.RestoreSystemAsync(s_all, default);
        Assert.Equal((RunStatus.Succeeded, false), (report.Status, report.Rebuilt));
        Assert.Equal(["db", "uploads", "stack"], report.Components.Select(c => c.Component));
        Assert.NotNull(report.Components[0].SafetyId);
        Assert.All(report.Services, s => Assert.Equal(RunStatus.Succeeded, s.Status));
        Assert.Contains(report.Phases, p => p.Name == "restore db" && p.Elapsed > TimeSpan.Zero);
        Assert.Equal(Good, await scene.LookAsync());
        Assert.Equal(RunStatus.Succeeded, (await session.UndoSystemAsync(null, false, default)).Status);
        Assert.Equal(Spoiled, await scene.LookAsync());
        await session.RestoreSystemAsync(s_all with { Only = ["postgresql"], NoStop = true }, default);
        Assert.Equal("1000 spoiled 3", await scene.LookAsync());

        // From a folder, and from an archive of it.
        string set = Directory.EnumerateDirectories(Path.Join(scene.Repository, "shop", "sets")).First(d => d.EndsWith("-full", StringComparison.Ordinal));
        await session.RestoreSystemAsync(s_all with { Path = set, Except = ["stack", "db"], NoStop = true }, default);
        Assert.Equal(Good, await scene.LookAsync());
        await scene.BreakAsync();
        await ChildProcess.RunAsync("tar", ["-czf", scene["set.tar.gz"], "-C", Path.GetDirectoryName(set)!, Path.GetFileName(set)]);
        await session.RestoreSystemAsync(s_all with { Path = scene["set.tar.gz"], Except = ["stack"], NoStop = true }, default);
        Assert.Equal(Good, await scene.LookAsync());
        File.WriteAllText(scene["none.tar"], new string('x', 2000));
        Assert.Equal(DrpError.VerificationFailed, (await Assert.ThrowsAsync<DrpException>(() => session.RestoreSystemAsync(s_all with { Path = scene["none.tar"] }, default))).Code);

        // The Compose file was changed since: containers are made of the one that was restored.
        string changed = (await File.ReadAllTextAsync(scene.Project.File)).Replace("\"first\"", "\"second\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(scene.Project.File, changed);
        await scene.Project.RunAsync(["up", "-d"]);
        var older = await session.RestoreSystemAsync(s_all, default);
        Assert.Contains(older.Warnings, w => w.Contains("another one now than before", StringComparison.Ordinal));
        Assert.Equal("first", (await scene.Project.RunAsync(["exec", "-T", "app", "printenv", "EDITION"])).Trim());
        Assert.Equal(Good, await scene.LookAsync());

        // A component fails half way: what was restored before it is put back, and the services run.
        await scene.BreakAsync();
        string archive = Directory.EnumerateFiles(set, "uploads*.tar*").Single();
        byte[] bytes = await File.ReadAllBytesAsync(archive);
        bytes[bytes.Length / 2] ^= 0xFF;
        await File.WriteAllBytesAsync(archive, bytes);
        var failed = await Assert.ThrowsAsync<DrpException>(() => session.RestoreSystemAsync(s_all with { Except = ["stack"] }, default));
        Assert.Equal(DrpError.VerificationFailed, failed.Code);
        Assert.Contains("Everything was put back as it was.", failed.Message, StringComparison.Ordinal);
        Assert.Equal(Spoiled, await scene.LookAsync());
        bytes[bytes.Length / 2] ^= 0xFF;
        await File.WriteAllBytesAsync(archive, bytes);

        await CutOffAsync(scene);
        await LostAsync(scene);
    }

    /// <summary>Ctrl+C puts everything back; after kill -9 the next run says where it stood, and goes on or back.</summary>
    private static async Task CutOffAsync(StackScene scene)
    {
        await using (ChildProcess drp = Start(scene))
        {
            await UntilAsync(() => Systems(scene).Contains("restore uploads", StringComparison.Ordinal));
            DrpProgram.Interrupt(drp);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
            int code = await drp.WaitAsync(patience.Token);
            Assert.True(code == (int)DrpError.Cancelled, drp.Output);
        }

        Assert.Equal(Spoiled, await scene.LookAsync());
        foreach (bool back in (bool[])[true, false])
        {
            await using (ChildProcess drp = Start(scene))
            {
                await UntilAsync(() => Systems(scene).Contains("restore uploads", StringComparison.Ordinal));
                await DrpProgram.KillAloneAsync(drp);
            }

            await using var session = await scene.OpenAsync();
            var cut = await Assert.ThrowsAsync<DrpException>(() => session.RestoreSystemAsync(s_all, default));
            Assert.Equal(DrpError.UnsafeTarget, cut.Code);
            Assert.Contains("Restored until then: db", cut.Message, StringComparison.Ordinal);
            Assert.Contains("--resume", cut.Hint, StringComparison.Ordinal);
            var settled = back ? await session.UndoSystemAsync(null, false, default) : await session.ResumeSystemAsync(false, default);
            Assert.Equal(RunStatus.Succeeded, settled.Status);
            Assert.Equal(back ? Spoiled : Good, await scene.LookAsync());
        }
    }

    /// <summary>Containers, volumes, files, the Compose file, our own state: all gone. What is left is the repository, and the recovery kit.</summary>
    private static async Task LostAsync(StackScene scene)
    {
        await using (var before = await scene.OpenAsync()) await before.ExportKitAsync(new RecoveryKitOptions { Folder = scene["kit"] }, default);
        await scene.Project.RunAsync(["down", "-v", "-t", "1"]);
        foreach (string folder in (string[])[scene.StackFolder, scene.Uploads, scene.State]) Directory.Delete(folder, recursive: true);
        File.Delete(scene.Plan);
        await using var session = await DrpSession.OpenAsync(scene["kit"], new EngineOptions { StateDirectory = scene["fresh"], Observer = new Listener() }, default);
        var nothing = await Assert.ThrowsAsync<DrpException>(() => session.RestoreSystemAsync(s_all with { Only = ["db"] }, default));
        Assert.Contains("its file is not there", nothing.Message, StringComparison.Ordinal);
        var report = await session.RestoreSystemAsync(s_all, default);
        Assert.Equal((RunStatus.Succeeded, true), (report.Status, report.Rebuilt));
        Assert.Equal(Good, await scene.LookAsync());
    }

    private static ChildProcess Start(StackScene scene) =>
        DrpProgram.Start(scene.Plan, scene.State, "", ["restore-system", "--yes", "--except", "stack", "--no-stop"]);

    /// <summary>What the newest run says that it does.</summary>
    private static string Systems(StackScene scene)
    {
        string folder = Path.Join(scene.State, "shop", "systems");
        if (!Directory.Exists(folder)) return "";
        string? newest = Directory.EnumerateFiles(folder, "*.json").Max(StringComparer.Ordinal);
        string text = newest is null ? "" : File.ReadAllText(newest);
        return text.Contains("\"settled\": false", StringComparison.Ordinal) ? text : "";
    }

    private static async Task UntilAsync(Func<bool> met)
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); !met();)
        {
            if (DateTime.UtcNow > until) throw new TimeoutException();
            await Task.Delay(10);
        }
    }
}
