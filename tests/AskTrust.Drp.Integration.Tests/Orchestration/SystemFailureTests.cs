using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Orchestration;

/// <summary>A restore of everything that fails, is cancelled or is killed half way.</summary>
public sealed class SystemFailureTests
{
    [SkippableFact]
    public async Task What_goes_wrong_half_way_is_put_back()
    {
        await using var scene = await StackScene.StartAsync();
        await scene.BreakAsync();
        await using var session = await scene.OpenAsync();

        // A component fails half way: what was restored before it is put back, and the services run.
        string archive = Directory.EnumerateFiles(scene.Set, "uploads*.tar*").Single();
        byte[] bytes = await File.ReadAllBytesAsync(archive);
        bytes[bytes.Length / 2] ^= 0xFF;
        await File.WriteAllBytesAsync(archive, bytes);
        var failed = await Assert.ThrowsAsync<DrpException>(() => session.RestoreSystemAsync(StackScene.All with { Except = ["stack"] }, default));
        Assert.Equal(DrpError.VerificationFailed, failed.Code);
        Assert.Contains("Everything was put back as it was.", failed.Message, StringComparison.Ordinal);
        Assert.Equal(StackScene.Spoiled, await scene.LookAsync());
        bytes[bytes.Length / 2] ^= 0xFF;
        await File.WriteAllBytesAsync(archive, bytes);

        await CutOffAsync(scene);
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

        Assert.Equal(StackScene.Spoiled, await scene.LookAsync());
        foreach (bool back in (bool[])[true, false])
        {
            await using (ChildProcess drp = Start(scene))
            {
                await UntilAsync(() => Systems(scene).Contains("restore uploads", StringComparison.Ordinal));
                await DrpProgram.KillAloneAsync(drp);
            }

            await using var session = await scene.OpenAsync();
            var cut = await Assert.ThrowsAsync<DrpException>(() => session.RestoreSystemAsync(StackScene.All, default));
            Assert.Equal(DrpError.UnsafeTarget, cut.Code);
            Assert.Contains("Restored until then: db", cut.Message, StringComparison.Ordinal);
            Assert.Contains("--resume", cut.Hint, StringComparison.Ordinal);
            var settled = back ? await session.UndoSystemAsync(null, false, default) : await session.ResumeSystemAsync(false, default);
            Assert.Equal(RunStatus.Succeeded, settled.Status);
            Assert.Equal(back ? StackScene.Spoiled : StackScene.Good, await scene.LookAsync());
        }
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
