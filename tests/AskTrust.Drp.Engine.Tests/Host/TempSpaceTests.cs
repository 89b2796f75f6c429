using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Tests.Host;

public sealed class TempSpaceTests : IDisposable
{
    private readonly TestHost _host = new();

    private TempSpace Space => _host.Context.Temp;

    public void Dispose() => _host.Dispose();

    [Fact]
    public void A_folder_is_empty_private_and_gone_with_all_it_holds_when_disposed()
    {
        string path;
        using (var folder = Space.CreateFolder("work"))
        {
            path = folder.Path;
            Assert.StartsWith(Space.StateDirectory, path, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(path));
            foreach (string each in new[] { path, Space.StateDirectory }) Assert.Equal("rwx------", Mode(each));
            Directory.CreateDirectory(Path.Combine(path, "sub"));
            File.WriteAllText(Path.Combine(path, "sub", "file"), "x");
        }

        Assert.False(Directory.Exists(path));
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Sweeping_takes_what_killed_runs_left_and_nothing_else()
    {
        using var mine = Space.CreateFolder("mine");
        string tmp = Path.GetDirectoryName(mine.Path)!;
        string dead = Leave("dead", OwnerMark.Current with { Started = 1 });
        string elsewhere = Leave("elsewhere", OwnerMark.Current with { Host = "other" });
        string old = Leave("old", OwnerMark.Current with { Host = "other" });
        File.SetLastWriteTimeUtc(old + ".owner", DateTime.UtcNow.AddDays(-8));
        string foreign = Path.Combine(tmp, "foreign");
        Directory.CreateDirectory(foreign);

        Assert.Equal(new[] { dead, old }.Order(), Space.Sweep().Order());
        Assert.False(Directory.Exists(dead) || Directory.Exists(old) || File.Exists(dead + ".owner"));
        Assert.True(Directory.Exists(mine.Path) && Directory.Exists(elsewhere) && Directory.Exists(foreign));

        string Leave(string name, OwnerMark owner)
        {
            string path = Path.Combine(tmp, name);
            Directory.CreateDirectory(path);
            File.WriteAllText(Path.Combine(path, "file"), "x");
            File.WriteAllText(path + ".owner", owner.ToString());
            return path;
        }
    }

    [Fact]
    public void An_owner_file_that_never_got_its_owner_goes_unless_somebody_writes_into_it_or_there_is_a_folder()
    {
        using var mine = Space.CreateFolder("mine");
        string tmp = Path.GetDirectoryName(mine.Path)!;
        string killed = Path.Combine(tmp, "killed.owner"), begun = Path.Combine(tmp, "begun.owner"), crashed = Path.Combine(tmp, "crashed.owner");
        foreach (string file in new[] { killed, crashed }) File.WriteAllText(file, "");
        Directory.CreateDirectory(Path.Combine(tmp, "crashed"));
        using (new StreamWriter(begun))
        {
            Space.Sweep();
            Assert.Equal((false, true, true), (File.Exists(killed), File.Exists(begun), File.Exists(crashed)));
        }
    }

    [Fact]
    public async Task A_folder_has_its_owner_whoever_sweeps_meanwhile()
    {
        using var done = new CancellationTokenSource();
        Task[] sweepers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!done.IsCancellationRequested) Space.Sweep();
        }, CancellationToken.None))];
        try
        {
            for (int i = 0; i < 300; i++)
            {
                using var folder = Space.CreateFolder("work");
                Assert.Equal(OwnerState.Alive, OwnerMark.Parse(await ReadAsync(folder.Path + ".owner"))?.Look());
                Assert.True(Directory.Exists(folder.Path));
            }
        }
        finally
        {
            await done.CancelAsync();
            await Task.WhenAll(sweepers);
        }
    }

    /// <summary>Reads without a lock: a sweeper may hold one while it looks whether the file is empty.</summary>
    private static async Task<string> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Sweeping_frees_a_program_that_waits_for_a_passphrase()
    {
        using var mine = Space.CreateFolder("mine");
        string left = Path.Combine(Path.GetDirectoryName(mine.Path)!, "left");
        Directory.CreateDirectory(left);
        File.WriteAllText(left + ".owner", (OwnerMark.Current with { Started = 1 }).ToString());
        string pipe = Path.Combine(left, "pass");
        Posix.MakeFifo(pipe);
        Task<ProcessResult> reader = _host.Context.Processes.RunAsync(new Command("sh", "-c", "echo begun >> \"$2\"; cat \"$1\"", "sh", pipe, Path.Combine(left, "begun")), default);
        while (!File.Exists(Path.Combine(left, "begun"))) await Task.Delay(10);
        Assert.Equal([left], Space.Sweep());
        // Either it was woken, or it came after its pipe had gone.
        var result = await reader.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("", result.Text);
    }

    [Fact]
    public void Sweeping_does_not_follow_links()
    {
        using var mine = Space.CreateFolder("mine");
        string precious = Path.Combine(_host.Folder, "precious");
        Directory.CreateDirectory(precious);
        File.WriteAllText(Path.Combine(precious, "file"), "x");
        string dead = Path.Combine(Path.GetDirectoryName(mine.Path)!, "dead");
        Directory.CreateDirectory(dead);
        Directory.CreateSymbolicLink(Path.Combine(dead, "link"), precious);
        File.WriteAllText(dead + ".owner", (OwnerMark.Current with { Started = 1 }).ToString());
        Assert.Single(Space.Sweep());
        Assert.True(File.Exists(Path.Combine(precious, "file")));
    }

    [Fact]
    public void A_deep_state_directory_still_gives_paths_short_enough_for_sockets()
    {
        var deep = new TempSpace(Path.Combine(_host.Folder, new string('d', 120)));
        using var folder = deep.CreateFolder("gpg", forSockets: true);
        Assert.InRange(folder.Path.Length, 1, 80);
        Assert.Equal("rwx------", Mode(folder.Path));
        using var plain = deep.CreateFolder("gpg");
        Assert.StartsWith(deep.StateDirectory, plain.Path, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_folder_for_another_user_is_that_users_alone()
    {
        Skip.IfNot(Posix.IsRoot, "Only root can give folders away.");
        using var folder = Space.CreateFolder("cluster", forUser: "nobody");
        Assert.Equal("rwx------", Mode(folder.Path));
        var result = await _host.Runner.RunAsync(new Command("touch", Path.Combine(folder.Path, "file")) { RunAs = "nobody" }, default);
        Assert.True(result.Ok, result.Errors);
    }

    [Fact]
    public void A_state_directory_that_cannot_be_made_is_an_error_with_a_hint()
    {
        var e = Assert.Throws<DrpException>(() => new TempSpace("/proc/nowhere").CreateFolder("x"));
        Assert.Contains("DRP_STATE", e.Hint, StringComparison.Ordinal);
    }

    private static string Mode(string path)
    {
        int mode = (int)File.GetUnixFileMode(path);
        return string.Concat(Enumerable.Range(0, 9).Select(i => (mode & (256 >> i)) != 0 ? "rwx"[i % 3] : '-'));
    }
}
