using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

public sealed class WalFaultTests
{
    [SkippableFact]
    public async Task A_full_spool_is_told_and_nothing_is_lost()
    {
        await using var scene = await WalScene.SetAsync();
        await using var disk = await Tmpfs.MountAsync(scene.Spool, 160);
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("one").Count > 0);

        disk.Fill();
        IReadOnlyList<string> names = await scene.SegmentsAsync(3);
        await scene.UntilAsync(() => scene.Scene.Heard.Texts.Any(t => t.Contains("has only", StringComparison.Ordinal)));
        Assert.False(receiver.Running.IsCompleted);
        disk.Free();

        await scene.UntilAsync(() => names.All(n => scene.Segments("one").Contains(n) && scene.Segments("two").Contains(n)));
        foreach (string name in names) Assert.Equal(await File.ReadAllBytesAsync(Path.Join(scene.Scene.Cluster.Data, "pg_wal", name)), await scene.FetchAsync(name, "two"));
        await receiver.StopAsync();
    }

    [SkippableFact]
    public async Task Pushing_the_same_is_a_success_and_something_else_an_error()
    {
        await using var scene = await WalScene.SetAsync();
        string name = (await scene.SegmentsAsync(1))[0], file = Path.Join(scene.Scene.Cluster.Data, "pg_wal", name);

        Assert.Equal(0, (await DrpProgram.RunAsync(scene.Scene, "wal", "push", file)).Code);
        Assert.Equal(0, (await DrpProgram.RunAsync(scene.Scene, "wal", "push", file)).Code);
        byte[] bytes = await File.ReadAllBytesAsync(file);
        Assert.Equal(bytes, await scene.FetchAsync(name));
        bytes[^1] ^= 1;
        string other = Path.Join(scene.Scene.Folder.Sub("other"), name);
        await File.WriteAllBytesAsync(other, bytes);

        // Outside a data directory the file's own header tells whose it is.
        Assert.Equal((int)DrpError.VerificationFailed, (await DrpProgram.RunAsync(scene.Scene, "wal", "push", other)).Code);
        await File.WriteAllBytesAsync(Path.Join(scene.Scene.Folder["other"], "0000000100000000000000EE"), bytes);
        Assert.Equal((int)DrpError.VerificationFailed, (await DrpProgram.RunAsync(scene.Scene, "wal", "push", Path.Join(scene.Scene.Folder["other"], "0000000100000000000000EE"))).Code);
    }

    [SkippableFact]
    public async Task Segments_are_got_ahead_of_a_recovery_and_taken_by_the_command_that_drp_writes()
    {
        await using var scene = await WalScene.SetAsync();
        IReadOnlyList<string> names = await scene.SegmentsAsync(6);
        await scene.CatchUpAsync();
        var (code, command) = await DrpProgram.RunAsync(scene.Scene, "wal", "restore-command");
        Assert.Equal(0, code);
        string ahead = command.Split('"')[1].Replace("/%f", "", StringComparison.Ordinal), to = scene.Scene.Folder["taken"];

        // The first one is fetched, and starts the feeder …
        await TakeAsync(names[0]);
        await WalScene.UntilAsync(() => names.Skip(1).All(n => File.Exists(Path.Join(ahead, n))), () => string.Join(' ', Directory.EnumerateFiles(ahead)));
        // … of which there is one, and it goes where the recovery goes.
        Assert.Single(Feeders());
        await TakeAsync(names[1]);
        await TakeAsync(names[4]);
        Assert.False(File.Exists(Path.Join(ahead, names[4])));
        // A recovery that begins anew, on a feeder that was killed.
        foreach (string feeder in Feeders()) await ChildProcess.RunAsync("kill", ["-KILL", feeder]);
        await TakeAsync(names[0]);
        await WalScene.UntilAsync(() => names.Skip(1).All(n => File.Exists(Path.Join(ahead, n))), () => string.Join(' ', Directory.EnumerateFiles(ahead)));
        foreach (string feeder in Feeders()) await ChildProcess.RunAsync("kill", ["-TERM", feeder]);
        await WalScene.UntilAsync(() => Feeders().Count == 0, () => "the feeder does not end");
        Assert.DoesNotContain(Directory.EnumerateFiles(ahead), f => Path.GetFileName(f).Length >= 24);

        // One that is on its way is waited for, without a program of ours.
        string mark = Path.Join(ahead, "coming-" + names[2]);
        await File.WriteAllBytesAsync(mark, []);
        Task taking = TakeAsync(names[2]);
        await Task.Delay(300);
        File.Copy(Path.Join(scene.Scene.Cluster.Data, "pg_wal", names[2]), Path.Join(ahead, "copy"));
        File.Move(Path.Join(ahead, "copy"), Path.Join(ahead, names[2]));
        File.Delete(mark);
        await taking;
        Assert.Empty(Feeders());

        async Task TakeAsync(string name)
        {
            File.Delete(to);
            string line = command.Trim().Replace("%f", name, StringComparison.Ordinal).Replace("%p", to, StringComparison.Ordinal);
            await ChildProcess.RunAsync("sh", ["-c", line], new ChildOptions { Folder = scene.Scene.Folder.Path, Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DRP_TEST_PASSWORD"] = Operations.Scene.Password } });
            Assert.Equal(await File.ReadAllBytesAsync(Path.Join(scene.Scene.Cluster.Data, "pg_wal", name)), await File.ReadAllBytesAsync(to));
        }

        IReadOnlyList<string> Feeders() => [.. Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)).Where(d => CommandOf(d) is var c && c.Contains("wal\0feed\0", StringComparison.Ordinal) && c.Contains(scene.Scene.PlanFile, StringComparison.Ordinal)).Select(d => Path.GetFileName(d)!)];

        static string CommandOf(string process)
        {
            try
            {
                return File.ReadAllText(Path.Join(process, "cmdline"));
            }
            catch (IOException)
            {
                return "";
            }
        }
    }

    /// <summary>PostgreSQL would open the database as of the hole, as if nothing were missing.</summary>
    [SkippableFact]
    public async Task A_hole_is_not_taken_for_the_end_of_the_log()
    {
        await using var scene = await WalScene.SetAsync();
        IReadOnlyList<string> names = await scene.SegmentsAsync(4);
        string to = scene.Scene.Folder["got"];
        foreach (int i in (int[])[0, 1, 3]) Assert.Equal(0, (await DrpProgram.RunAsync(scene.Scene, "wal", "push", Path.Join(scene.Scene.Cluster.Data, "pg_wal", names[i]))).Code);

        Assert.Equal(0, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", names[1], to, "--prefetch", "0")).Code);
        var (code, output) = await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", names[2], to, "--patience", "2s");
        Assert.Equal(126, code);
        Assert.Contains(names[2], output, StringComparison.Ordinal);
        Assert.Contains("hole", output, StringComparison.Ordinal);
        Assert.Equal(0, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", names[3], to, "--prefetch", "0")).Code);
        Assert.Equal(74, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", "000000010000000000000060", to)).Code);
    }

    [SkippableFact]
    public async Task Fetching_tells_not_there_from_nobody_knows()
    {
        await using var scene = await WalScene.SetAsync();
        string name = (await scene.SegmentsAsync(1))[0], file = Path.Join(scene.Scene.Cluster.Data, "pg_wal", name), to = scene.Scene.Folder["got"];
        Assert.Equal(0, (await DrpProgram.RunAsync(scene.Scene, "wal", "push", file)).Code);

        Assert.Equal(0, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", name, to)).Code);
        Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(to));
        Assert.Equal(74, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", "0000000100000000000000EE", to)).Code);
        Assert.Equal(74, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", "00000007.history", to)).Code);
        Directory.Move(scene.Scene.Repository("two"), scene.Scene.Folder["away"]);
        Assert.Equal(0, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", name, to)).Code);
        Assert.Equal(126, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", "0000000100000000000000EE", to, "--patience", "2s")).Code);
        Assert.Equal(74, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", "0000000100000000000000EE", to, "--repository", "one")).Code);
        Assert.Equal(126, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", "no such name", to)).Code);
        Assert.Equal(126, (await DrpProgram.RunAsync(scene.Scene, "wal", "fetch", name)).Code);
    }
}
