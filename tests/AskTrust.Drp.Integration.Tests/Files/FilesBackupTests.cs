using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Files;

public sealed class FilesBackupTests
{
    /// <summary>Every kind of thing a file system may hold, with the names people and programs give them.</summary>
    private const string Odd = """
        mkdir -p deep/er empty "with space" .hidden
        printf one > deep/er/one; printf two > "with space/t w o"; printf h > .hidden/h; : > zero
        printf n > "$(printf 'new\nline')"; printf b > "$(printf 'latin-\351\377')"; printf q > "quote'\"\\back"; printf d > -- ; printf d > -rf; printf s > ' lead'; printf s > 'trail '
        n=$(printf 'x%.0s' $(seq 1 250)); mkdir -p "$n/$n"; printf long > "$n/$n/$n"
        ln deep/er/one hard; ln -s deep/er/one soft; ln -s ../../../etc/passwd out; ln -s /etc/hostname abs; ln -s "$(printf 'no\nwhere')" dangling
        truncate -s 50M sparse; printf end | dd of=sparse bs=1 seek=20000000 conv=notrunc status=none
        mkfifo pipe; chmod 4711 zero; chmod 1777 empty; chmod 0400 hard
        touch -d '2001-02-03 04:05:06.123456789Z' "with space/t w o" deep
        """;

    private static bool IsRoot => Environment.UserName == "root";

    [Fact]
    public async Task Everything_comes_back_as_it_was()
    {
        using var scene = new FilesScene();
        scene.Sh(Odd);
        if (IsRoot) scene.Sh("chown 1234:5678 zero; chown -h 33:33 soft");
        Attributes.Set(scene.Folder["uploads", "zero"], "user.colour", "blue"u8.ToArray());
        Attributes.Set(scene.Folder["uploads", "deep"], "system.posix_acl_access", Attributes.AclFor(1001));
        string before = scene.Look(scene.Uploads);

        BackupReport backup = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Succeeded, backup.Status);
        Assert.Contains(backup.Warnings, w => w.Contains("2 symbolic links", StringComparison.Ordinal));
        Assert.True(backup.PlainSize < 2_000_000, $"holes were saved: {backup.PlainSize}");

        RestoreReport beside = await scene.RestoreAsync(new RestoreComponentOptions { Destination = scene.Folder["beside"] });
        Assert.Equal(before, scene.Look(scene.Folder["beside"]));
        Assert.Equal("blue"u8.ToArray(), Attributes.Get(scene.Folder["beside", "zero"], "user.colour"));
        Assert.Equal(Attributes.AclFor(1001), Attributes.Get(scene.Folder["beside", "deep"], "system.posix_acl_access"));
        Assert.True(new FileInfo(scene.Folder["beside", "sparse"]).Length == 50 << 20);
        Assert.True(long.Parse(scene.Sh("du -k sparse | cut -f1", scene.Folder["beside"]), System.Globalization.CultureInfo.InvariantCulture) < 1000, "the holes were filled");
        Assert.Equal(scene.Sh("find . -type f -printf x | wc -c").Trim(), beside.Files!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Empty(Directory.GetDirectories(scene.Folder.Path, "*restoring*"));

        VerificationResult verified = (await scene.WithAsync(s => s.VerifyAsync(new VerifyOptions { Depth = VerificationDepth.Content }, default).ToListAsync().AsTask())).Single();
        Assert.True(verified.Verdict == CheckVerdict.Ok, string.Join("; ", verified.Problems));
        RestoreTestResult proof = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { NegativeControl = true }, default));
        Assert.True(proof is { Verdict: CheckVerdict.Ok, NegativeControl: true }, proof.Message);
        Assert.Equal(2, proof.Assertions.Count);
        Assert.Empty(Directory.GetDirectories(Path.Combine(scene.State, "tmp")));
    }

    [Fact]
    public async Task The_guide_restores_with_nothing_but_the_usual_programs()
    {
        using var scene = new FilesScene((s, text) => text.Replace("encryption: { passphrase: \"${file:" + s.Folder["passphrase"] + "}\" }", "encryption: none", StringComparison.Ordinal));
        scene.Sh(Odd);
        string before = scene.Look(scene.Uploads);
        BackupReport backup = await scene.BackUpAsync();
        string set = scene.Folder["one", "shop", "sets", backup.Id];
        string guide = await File.ReadAllTextAsync(Path.Combine(set, "RESTORE.md"));
        string script = string.Concat(guide.Split("```sh\n").Skip(1).Select(block => block.Split("```")[0]));
        Assert.Contains("tar", script, StringComparison.Ordinal);
        scene.Sh(script, set);
        Assert.Equal(before, scene.Look(Path.Combine(set, "restored", "uploads")));
    }

    [Fact]
    public async Task Rules_leave_out_and_sockets_and_devices_are_named()
    {
        using var scene = new FilesScene((_, text) => text.Replace(" }\nrepositories", ", exclude: ['*.tmp', cache, /top] }\nrepositories", StringComparison.Ordinal));
        foreach (string name in new[] { "keep", "a.tmp", "x/b.tmp", "x/cache/c", "cache/d", "top/e", "x/top/keep" }) scene.File(name, "1");
        using var listening = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        listening.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(scene.Folder["uploads", "s"]));
        bool device = IsRoot && !scene.Sh("mknod null c 1 3 || echo no", mayFail: true).Contains("no", StringComparison.Ordinal);
        BackupReport backup = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Succeeded, backup.Status);
        Assert.Contains(backup.Warnings, w => w.Contains("./s", StringComparison.Ordinal));
        if (device) Assert.Contains(backup.Warnings, w => w.Contains("./null", StringComparison.Ordinal));
        await scene.RestoreAsync(new RestoreComponentOptions { Destination = scene.Folder["beside"] });
        Assert.Equal(["keep", "x/top/keep"], FilesOf(scene.Folder["beside"]));
    }

    [Fact]
    public async Task Files_that_change_or_vanish_are_told_and_the_rest_is_saved()
    {
        using var scene = new FilesScene();
        for (int i = 0; i < 200; i++) scene.File($"many/{i:000}", new string('m', 20_000));
        scene.File("log", "start");
        using var stop = new CancellationTokenSource();
        // Somebody writes and deletes all the time, as on a living system.
        Task busy = Task.Run(() =>
        {
            for (int n = 0; !stop.IsCancellationRequested; n++)
            {
                File.AppendAllText(scene.Folder["uploads", "log"], new string('+', 5000));
                scene.File($"coming/{n % 50}", new string('c', n % 9000));
                try { File.Delete(scene.Folder["uploads", "coming", $"{(n + 25) % 50}"]); } catch (IOException) { }
            }
        }, CancellationToken.None);
        try
        {
            for (int i = 0; ; i++)
            {
                BackupReport backup = await scene.BackUpAsync();
                Assert.Equal(RunStatus.Succeeded, backup.Status);
                if (backup.Warnings.Any(w => w.Contains("changed while", StringComparison.Ordinal) || w.Contains("gone before", StringComparison.Ordinal))) break;
                Assert.True(i < 20, "no backup met a change");
            }
        }
        finally
        {
            await stop.CancelAsync();
            await busy;
        }

        RestoreTestResult proof = await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions(), default));
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);
    }

    [Fact]
    public async Task What_may_not_be_read_makes_the_set_incomplete_and_is_named()
    {
        if (!IsRoot) Requires.Programs("runuser");
        using var scene = new FilesScene();
        scene.File("readable", "1");
        scene.Sh("mkdir closed; printf 2 > closed/file; printf 3 > secret; chmod 000 secret closed");
        if (IsRoot) scene.Sh($"chown -R nobody {scene.Folder.Path}; chmod 000 secret closed");
        var (code, output) = DrpAs.Nobody(scene, "backup");
        Assert.True(code == (int)DrpError.Incomplete, output);
        Assert.Contains("./secret (Permission denied)", output, StringComparison.Ordinal);
        Assert.Contains("./closed", output, StringComparison.Ordinal);
        (code, output) = DrpAs.Nobody(scene, "restore-component", "--destination", scene.Folder["beside"]);
        Assert.True(code == 0, output);
        Assert.Contains("Only root gives files back", output, StringComparison.Ordinal);
        Assert.Equal(["readable"], FilesOf(scene.Folder["beside"]));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_or_may_not_be_read_at_all_is_no_backup()
    {
        using var scene = new FilesScene();
        scene.Sh("rmdir uploads", scene.Folder.Path);
        DrpException missing = await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync());
        Assert.Contains(scene.Uploads, missing.Message, StringComparison.Ordinal);
        scene.Sh("mkdir -m 000 uploads", scene.Folder.Path);
        scene.Sh($"chown -R nobody {scene.Folder.Path}", "/");
        var (code, output) = DrpAs.Nobody(scene, "backup");
        Assert.True(code == (int)DrpError.Failed, output);
        Assert.False(Directory.Exists(scene.Folder["one", "shop", "sets"]) && Directory.EnumerateFiles(scene.Folder["one", "shop", "sets"], "manifest.json", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public async Task Several_folders_are_archives_of_their_own()
    {
        using var scene = new FilesScene((s, text) => text.Replace($"path: {s.Uploads}", $"paths: [{s.Uploads}, {s.Folder["static"]}]", StringComparison.Ordinal));
        scene.File("a", "1");
        File.WriteAllText(Path.Combine(scene.Folder.Sub("static"), "b"), "22");
        BackupReport backup = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Succeeded, backup.Status);
        RestoreReport report = await scene.RestoreAsync(new RestoreComponentOptions { Destination = scene.Folder["beside"] });
        Assert.Equal(3, report.Bytes);
        Assert.Equal("1", File.ReadAllText(Path.Join(scene.Folder["beside"], scene.Uploads, "a")));
        Assert.Equal("22", File.ReadAllText(Path.Join(scene.Folder["beside"], scene.Folder["static"], "b")));
    }

    internal static string[] FilesOf(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal)];
}
