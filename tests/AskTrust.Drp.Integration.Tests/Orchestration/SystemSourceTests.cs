using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Orchestration;

/// <summary>What a whole system is restored from when not from the repositories of the plan; and when there is nothing else.</summary>
public sealed class SystemSourceTests
{
    [SkippableFact]
    public async Task A_folder_an_archive_and_after_a_loss_the_recovery_kit()
    {
        await using var scene = await StackScene.StartAsync();
        await scene.BreakAsync();
        await using var session = await scene.OpenAsync();

        // From a folder, and from an archive of it.
        string set = scene.Set;
        await session.RestoreSystemAsync(StackScene.All with { Path = set, Except = ["stack", "db"], NoStop = true }, default);
        Assert.Equal("10 one 3", await scene.LookAsync());
        await scene.BreakAsync();
        await ChildProcess.RunAsync("tar", ["-czf", scene["set.tar.gz"], "-C", Path.GetDirectoryName(set)!, Path.GetFileName(set)]);
        await session.RestoreSystemAsync(StackScene.All with { Path = scene["set.tar.gz"], Except = ["stack"], NoStop = true }, default);
        Assert.Equal(StackScene.Good, await scene.LookAsync());
        File.WriteAllText(scene["none.tar"], new string('x', 2000));
        Assert.Equal(DrpError.VerificationFailed, (await Assert.ThrowsAsync<DrpException>(() => session.RestoreSystemAsync(StackScene.All with { Path = scene["none.tar"] }, default))).Code);

        await LostAsync(scene);
    }

    /// <summary>Containers, volumes, files, the Compose file, our own state: all gone. What is left is the repository, and the recovery kit.</summary>
    private static async Task LostAsync(StackScene scene)
    {
        await using (var before = await scene.OpenAsync()) await before.ExportKitAsync(new RecoveryKitOptions { Folder = scene["kit"] }, default);
        await scene.Project.RunAsync(["down", "-v", "-t", "1"]);
        foreach (string folder in (string[])[scene.StackFolder, scene.Uploads, scene.State]) Directory.Delete(folder, recursive: true);
        File.Delete(scene.Plan);
        await using var session = await DrpSession.OpenAsync(scene["kit"], new EngineOptions { StateDirectory = scene["fresh"], Observer = new Listener() }, default);
        var nothing = await Assert.ThrowsAsync<DrpException>(() => session.RestoreSystemAsync(StackScene.All with { Only = ["db"] }, default));
        Assert.Contains("its file is not there", nothing.Message, StringComparison.Ordinal);
        var report = await session.RestoreSystemAsync(StackScene.All, default);
        Assert.Equal((RunStatus.Succeeded, true), (report.Status, report.Rebuilt));
        Assert.Equal(StackScene.Good, await scene.LookAsync());
    }
}
