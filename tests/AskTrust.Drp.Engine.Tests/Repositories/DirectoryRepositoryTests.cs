using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.Local;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Engine.Tests.Repositories;

/// <summary>What only a directory can do wrong.</summary>
public sealed class DirectoryRepositoryTests : IDisposable
{
    private readonly TestFolder _folder = new("dir");
    private readonly DirectoryRepository _repository;

    public DirectoryRepositoryTests() => _repository = new DirectoryRepository("local", _folder["repo"], TimeProvider.System);

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Files_and_folders_are_ours_alone_whatever_the_umask()
    {
        Requires.That(!OperatingSystem.IsWindows(), "UNIX modes");
        if (OperatingSystem.IsWindows()) return;
        await _repository.CheckAsync(default);
        await PutAsync("a/b/c", "x");
        const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(mine, File.GetUnixFileMode(_folder["repo", "a", "b", "c"]));
        Assert.Equal(mine | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["repo", "a", "b"]));
        Assert.Equal(mine | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["repo"]));
    }

    [Fact]
    public async Task The_check_makes_the_folder_but_not_its_parents_and_a_look_nothing()
    {
        Assert.False(await _repository.LookAsync(default));
        Assert.False(Directory.Exists(_folder["repo"]));
        await _repository.CheckAsync(default);
        Assert.True(Directory.Exists(_folder["repo"]));
        Assert.True(await _repository.LookAsync(default));
        await using var unmounted = new DirectoryRepository("nfs", _folder["mnt", "nas", "repo"], TimeProvider.System);
        var e = await Assert.ThrowsAsync<DrpException>(() => unmounted.CheckAsync(default));
        Assert.Equal(DrpError.RepositoryMissing, e.Code);
        Assert.Equal(e.Message, (await Assert.ThrowsAsync<DrpException>(() => unmounted.LookAsync(default))).Message);
        Assert.Contains(_folder["mnt"], e.Message, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(e.Hint));

        // A look knows what the check would say of a file in its place.
        await using var blocked = new DirectoryRepository("blocked", _folder.Write("file", "in the way"), TimeProvider.System);
        e = await Assert.ThrowsAsync<DrpException>(() => blocked.CheckAsync(default));
        Assert.Equal(e.Code, (await Assert.ThrowsAsync<DrpException>(() => blocked.LookAsync(default))).Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_folder_that_held_objects_and_is_empty_now_is_a_disk_that_is_not_mounted(bool mountPointStays)
    {
        var state = new TempSpace(_folder["state"]);
        string root = _folder["disk"];
        await using (var first = new DirectoryRepository("disk", root, TimeProvider.System, state: state))
        {
            await first.CheckAsync(default);
            await first.CheckAsync(default);
            await using ISink sink = await first.CreateAsync("a/b", null, default);
            await sink.CompleteAsync(default);
        }

        Directory.Move(root, root + ".unmounted");
        if (mountPointStays) Directory.CreateDirectory(root);
        await using var later = new DirectoryRepository("disk", root, TimeProvider.System, state: state);
        var e = await Assert.ThrowsAsync<DrpException>(() => later.CheckAsync(default));
        Assert.Equal(DrpError.RepositoryMissing, e.Code);
        await Assert.ThrowsAsync<DrpException>(() => later.LookAsync(default));
        await Assert.ThrowsAsync<DrpException>(async () => { await foreach (var _ in later.ListAsync("a/", default)) { } });
        Assert.Equal(mountPointStays, Directory.Exists(root));

        // The hint names the file that makes it a new one.
        File.Delete(e.Hint!.Split(' ').Single(w => w.StartsWith(state.StateDirectory, StringComparison.Ordinal)));
        await later.CheckAsync(default);
        Assert.True(Directory.Exists(root));
    }

    [Fact]
    public async Task A_folder_emptied_by_its_repository_may_be_empty()
    {
        await using var repository = new DirectoryRepository("disk", _folder["disk"], TimeProvider.System, state: new TempSpace(_folder["state"]));
        await repository.CheckAsync(default);
        await using (ISink sink = await repository.CreateAsync("a/b", null, default)) await sink.CompleteAsync(default);
        await repository.DeleteAsync("a/b", default);
        await repository.CheckAsync(default);
        await foreach (var _ in repository.ListAsync("a/", default)) Assert.Fail("nothing is there");
    }

    [Fact]
    public async Task Who_looks_while_the_last_object_goes_does_not_take_the_disk_for_unmounted()
    {
        var state = new TempSpace(_folder["state"]);
        await using var writer = new DirectoryRepository("disk", _folder["disk"], TimeProvider.System, state: state);
        await using var reader = new DirectoryRepository("disk", _folder["disk"], TimeProvider.System, state: state);
        await writer.CheckAsync(default);
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await using (ISink sink = await writer.CreateAsync("shop/locks/probe", null, default)) await sink.CompleteAsync(default);
                await writer.DeleteAsync("shop/locks/probe", default);
            }
        });
        while (!writing.IsCompleted) await reader.CheckAsync(default);
        await writing;
    }

    [Fact]
    public async Task Every_call_on_a_folder_that_is_gone_says_so()
    {
        Func<Task>[] calls =
        [
            () => PutAsync("a/b", "x"), () => _repository.OpenReadAsync("a", 0, null, default), () => _repository.StatAsync("a", default),
            () => _repository.DeleteAsync("a/b", default), () => _repository.SweepAsync("", TimeSpan.Zero, default), () => _repository.FreeSpaceAsync(default),
            async () => { await foreach (var _ in _repository.ListAsync("a/", default)) { } },
        ];
        foreach (var call in calls) Assert.Equal(DrpError.RepositoryMissing, (await Assert.ThrowsAsync<DrpException>(call)).Code);
        Assert.False(Directory.Exists(_folder["repo"]));
    }

    [SkippableFact]
    public async Task Links_inside_the_repository_do_not_lead_out_of_it()
    {
        Requires.That(!OperatingSystem.IsWindows(), "symbolic links");
        await _repository.CheckAsync(default);
        string outside = _folder.Sub("outside");
        _folder.Write("outside/secret", "secret");
        Directory.CreateSymbolicLink(_folder["repo", "out"], outside);
        File.CreateSymbolicLink(_folder["repo", "file"], _folder["outside", "secret"]);
        File.CreateSymbolicLink(_folder["repo", "dangling"], _folder["outside", "new"]);

        foreach (string key in (string[])["out/secret", "file"])
        {
            await Assert.ThrowsAsync<DrpException>(() => _repository.OpenReadAsync(key, 0, null, default));
            await Assert.ThrowsAsync<DrpException>(() => _repository.StatAsync(key, default));
            await Assert.ThrowsAsync<DrpException>(() => _repository.DeleteAsync(key, default));
        }

        await Assert.ThrowsAsync<DrpException>(() => PutAsync("out/new", "x"));
        await Assert.ThrowsAsync<DrpException>(() => PutAsync("out/sub/new", "x"));
        await Assert.ThrowsAsync<ObjectExistsException>(() => PutAsync("file", "x"));
        await Assert.ThrowsAsync<ObjectExistsException>(() => PutAsync("dangling", "x"));
        Assert.Equal(0, await _repository.SweepAsync("", TimeSpan.FromSeconds(-60), default));
        await foreach (StoredObject found in _repository.ListAsync("", default)) Assert.Fail(found.Key);
        Assert.Equal([_folder["outside", "secret"]], Directory.GetFileSystemEntries(outside));
        Assert.Equal("secret", await File.ReadAllTextAsync(_folder["outside", "secret"]));
    }

    [Fact]
    public async Task Foreign_files_are_neither_listed_nor_swept()
    {
        await _repository.CheckAsync(default);
        await PutAsync("a/x", "x");
        string[] foreign = ["my notes.txt", ".~lock#", "~drafts", "é"];
        foreach (string name in foreign) _folder.Write($"repo/a/{name}", "mine");
        Assert.Equal(0, await _repository.SweepAsync("", TimeSpan.FromSeconds(-60), default));
        List<string> keys = [];
        await foreach (StoredObject found in _repository.ListAsync("", default)) keys.Add(found.Key);
        Assert.Equal(["a/x"], keys);
        Assert.All(foreign, name => Assert.True(File.Exists(_folder["repo", "a", name])));
    }

    [Fact]
    public async Task A_deleted_object_takes_its_empty_folders_along_but_not_the_plan_s()
    {
        await _repository.CheckAsync(default);
        await PutAsync("a/b/c/x", "x");
        await PutAsync("a/y", "y");
        await _repository.DeleteAsync("a/b/c/x", default);
        Assert.Equal([_folder["repo", "a", "y"]], Directory.GetFileSystemEntries(_folder["repo", "a"]));
        await _repository.DeleteAsync("a/y", default);
        Assert.Equal([_folder["repo", "a"]], Directory.EnumerateFileSystemEntries(_folder["repo"], "*", SearchOption.AllDirectories));
    }

    [SkippableFact]
    public async Task A_full_disk_is_told_and_leaves_nothing()
    {
        Requires.Programs("mount", "umount");
        Requires.That(Environment.UserName == "root", "only root can mount a small file system");
        string small = _folder.Sub("small");
        await ChildProcess.RunAsync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]);
        try
        {
            await using var repository = new DirectoryRepository("full", small, TimeProvider.System);
            Assert.InRange((await repository.FreeSpaceAsync(default))!.Value, 1, 1 << 20);
            await using (ISink sink = await repository.CreateAsync("a/x", null, default))
            {
                var e = await Assert.ThrowsAsync<DrpException>(async () =>
                {
                    for (int i = 0; i < 20; i++) await sink.WriteAsync(new byte[100_000], default);
                    await sink.CompleteAsync(default);
                });
                Assert.Equal(DrpError.NotEnoughSpace, e.Code);
                Assert.False(e.IsTransient);
            }

            Assert.Empty(Directory.GetFiles(small, "*", SearchOption.AllDirectories));
            await using (ISink sink = await repository.CreateAsync("a/x", null, default))
            {
                await sink.WriteAsync(new byte[1000], default);
                await sink.CompleteAsync(default);
            }
        }
        finally
        {
            await ChildProcess.RunAsync("umount", [small]);
        }
    }

    [Fact]
    public async Task A_file_that_shrinks_while_it_is_read_is_noticed()
    {
        await _repository.CheckAsync(default);
        await PutAsync("x", new string('x', 1000));
        await using Stream stream = await _repository.OpenReadAsync("x", 0, null, default);
        await using (var file = new FileStream(_folder["repo", "x"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(10);
        await Assert.ThrowsAsync<EndOfStreamException>(() => stream.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task Ten_thousand_sets_list_quickly()
    {
        await _repository.CheckAsync(default);
        for (int i = 0; i < 10_000; i++)
        {
            string set = Directory.CreateDirectory(_folder["repo", "sets", $"set-{i:D5}"]).FullName;
            await File.WriteAllTextAsync(Path.Join(set, "manifest.json"), "");
            await File.WriteAllTextAsync(Path.Join(set, "db.dump"), "");
        }

        var clock = System.Diagnostics.Stopwatch.StartNew();
        int found = 0;
        await foreach (var _ in _repository.ListAsync("sets/", default)) found++;
        Assert.Equal(20_000, found);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"{clock.Elapsed}");
    }

    private async Task PutAsync(string key, string text)
    {
        await using ISink sink = await _repository.CreateAsync(key, null, default);
        await sink.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), default);
        await sink.CompleteAsync(default);
    }
}
