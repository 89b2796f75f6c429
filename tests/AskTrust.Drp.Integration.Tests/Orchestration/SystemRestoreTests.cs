namespace AskTrust.Drp.Integration.Tests.Orchestration;

/// <summary>Everything a plan protects is restored, services included.</summary>
public sealed class SystemRestoreTests
{
    [SkippableFact]
    public async Task Everything_comes_back_and_can_be_taken_back()
    {
        await using var scene = await StackScene.StartAsync();
        await scene.BreakAsync();
        await using var session = await scene.OpenAsync();

        // Shown, and refused without a yes: nothing is touched.
        var planned = await session.RestoreSystemAsync(StackScene.All with { DryRun = true }, default);
        Assert.Equal(["stop web, app", "start db,", "save what is there, then restore db", "save what is there, then restore uploads", "save what is there, then restore stack", "start the services of"],
            planned.Steps.Zip([13, 9, 35, 40, 38, 21], (s, n) => s[..n]));
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => session.RestoreSystemAsync(StackScene.All with { Confirmed = false }, default))).Code);
        Assert.Equal(StackScene.Spoiled, await scene.LookAsync());

        // Everything, there and back, from the set and from a part of it.
        var report = await session.RestoreSystemAsync(StackScene.All, default);
        Assert.Equal((RunStatus.Succeeded, false), (report.Status, report.Rebuilt));
        Assert.Equal(["db", "uploads", "stack"], report.Components.Select(c => c.Component));
        Assert.NotNull(report.Components[0].SafetyId);
        Assert.All(report.Services, s => Assert.Equal(RunStatus.Succeeded, s.Status));
        Assert.Contains(report.Phases, p => p.Name == "restore db" && p.Elapsed > TimeSpan.Zero);
        Assert.Equal(StackScene.Good, await scene.LookAsync());
        Assert.Equal(RunStatus.Succeeded, (await session.UndoSystemAsync(null, false, default)).Status);
        Assert.Equal(StackScene.Spoiled, await scene.LookAsync());
        await session.RestoreSystemAsync(StackScene.All with { Only = ["postgresql"], NoStop = true }, default);
        Assert.Equal("1000 spoiled 3", await scene.LookAsync());

        // The Compose file was changed since: containers are made of the one that was restored.
        string changed = (await File.ReadAllTextAsync(scene.Project.File)).Replace("\"first\"", "\"second\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(scene.Project.File, changed);
        await scene.Project.RunAsync(["up", "-d"]);
        var older = await session.RestoreSystemAsync(StackScene.All, default);
        Assert.Contains(older.Warnings, w => w.Contains("another one now than before", StringComparison.Ordinal));
        Assert.Equal("first", await scene.Project.ExecAsync("app", "printenv", "EDITION"));
        Assert.Equal(StackScene.Good, await scene.LookAsync());
    }
}
