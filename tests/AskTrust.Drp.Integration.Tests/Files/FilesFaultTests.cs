using System.Diagnostics;
using System.Globalization;
using AskTrust.Drp.Integration.Tests.Faults;

namespace AskTrust.Drp.Integration.Tests.Files;

public sealed class FilesFaultTests
{
    private static bool IsRoot => Environment.UserName == "root";

    [SkippableFact]
    public async Task A_full_disk_during_a_restore_leaves_the_target_as_it_was_and_nothing_beside_it()
    {
        using FilesScene scene = IncrementalScene.Make();
        // In the archive 2 KiB each, on the disk a page of 4 KiB: there is room for the one, not for the other.
        scene.Sh("for i in $(seq 1 400); do printf $i > $i; done");
        await scene.BackUpAsync();
        await using var small = await Tmpfs.MountAsync(scene.Folder["small"], 1);
        string target = Path.Join(small.Path, "target");
        Directory.CreateDirectory(target);
        File.WriteAllText(Path.Join(target, "mine"), "mine");
        DrpException full = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions { Destination = target, Force = true }));
        Assert.Equal(DrpError.NotEnoughSpace, full.Code);
        Assert.Equal(["target"], Directory.GetFileSystemEntries(small.Path).Select(Path.GetFileName));
        Assert.Equal("mine", File.ReadAllText(Path.Join(target, "mine")));
    }

    [Fact]
    public void What_may_not_be_read_this_time_is_named_and_tried_again_the_next_time()
    {
        using FilesScene scene = IncrementalScene.Make();
        scene.Sh("mkdir -p open closed/deep; printf 1 > open/a; printf 2 > closed/deep/b; printf 3 > secret");
        if (IsRoot) scene.Sh($"chown -R nobody {scene.Folder.Path}");
        Run("backup", DrpError.None);
        scene.Sh("printf 9 > secret; chmod 000 secret closed");
        string output = Run("backup", DrpError.Incomplete);
        Assert.Contains("./secret (Permission denied)", output, StringComparison.Ordinal);
        Assert.Contains("./closed", output, StringComparison.Ordinal);
        Assert.Contains(": 2 files or folders", output, StringComparison.Ordinal);
        Assert.Equal(["open/a"], Restored());
        scene.Sh("chmod 700 secret closed");
        Run("backup", DrpError.None);
        Assert.Equal(["closed/deep/b", "open/a", "secret"], Restored());
        scene.Sh("chmod 000 uploads", scene.Folder.Path);
        output = Run("backup", DrpError.Failed);
        scene.Sh("chmod 700 uploads", scene.Folder.Path);
        Assert.Contains(scene.Uploads, output, StringComparison.Ordinal);
        Assert.Contains("Permission denied", output, StringComparison.Ordinal);
        Assert.Equal(["closed/deep/b", "open/a", "secret"], Restored());

        string Run(string command, DrpError expected)
        {
            var (code, said) = DrpAs.Nobody(scene, command);
            Assert.True(code == (int)expected, said);
            return said;
        }

        string[] Restored()
        {
            var (code, said) = DrpAs.Nobody(scene, "restore-component", "--destination", scene.Folder["beside"]);
            Assert.True(code == 0, said);
            string[] files = FilesBackupTests.FilesOf(scene.Folder["beside"]);
            Directory.Delete(scene.Folder["beside"], recursive: true);
            return files;
        }
    }

    [Fact]
    public Task Memory_does_not_grow_with_the_number_of_files() => ManyAsync(20_000);

    [SkippableFact, Trait("Category", "Soak")]
    public Task A_million_files()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("DRP_SOAK") == "1", "only in the long run: ./build.sh soak");
        return ManyAsync(1_000_000);
    }

    private static async Task ManyAsync(int count)
    {
        using FilesScene scene = IncrementalScene.Make(encrypted: true);
        scene.Sh($"seq 1 {count} | awk '{{ d = int($1 / 1000); if (d != last || NR == 1) {{ system(\"mkdir -p d\" d); last = d }} f = \"d\" d \"/a-file-with-a-name-of-some-length-\" $1; printf \"%d\", $1 > f; close(f) }}'");
        await Peak("backup");
        await IncrementalScene.SettleAsync();
        scene.Sh("rm -r d3; printf changed > d4/a-file-with-a-name-of-some-length-4001; mv d5 moved");
        await Peak("backup");
        await Peak("restore-component", "--destination", scene.Folder["beside"]);
        Assert.Equal(scene.Sh("find . | wc -l"), scene.Sh("find . | wc -l", scene.Folder["beside"]));
        await Peak("verify", "latest", "--depth", "archive");

        async Task Peak(params string[] arguments)
        {
            using var drp = DrpAs.Start(scene, asNobody: false, arguments);
            Task<string> output = drp.StandardOutput.ReadToEndAsync(), errors = drp.StandardError.ReadToEndAsync();
            Dictionary<string, long> peaks = new(StringComparer.Ordinal);
            for (var limit = DateTime.UtcNow.AddMinutes(20); !drp.HasExited; await Task.Delay(20))
            {
                Assert.True(DateTime.UtcNow < limit, "it takes too long");
                foreach (int id in Tree(drp.Id)) if (HighWater(id) is { } mark) peaks[mark.Name] = Math.Max(peaks.GetValueOrDefault(mark.Name), mark.Bytes);
            }

            Assert.True(drp.ExitCode == 0, await output + await errors);
            Assert.True(peaks.Values.Max() <= 200_000_000, string.Join(", ", peaks.Select(p => $"{p.Key} {p.Value / 1_000_000} MB")));
        }
    }

    private static IEnumerable<int> Tree(int root)
    {
        yield return root;
        foreach (var process in Process.GetProcesses())
        {
            using (process) if (ParentOf(process.Id) == root) yield return process.Id;
        }
    }

    private static int ParentOf(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static (string Name, long Bytes)? HighWater(int id)
    {
        try
        {
            string[] lines = File.ReadAllLines($"/proc/{id}/status");
            return lines.FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } peak
                ? (lines[0]["Name:".Length..].Trim(), long.Parse(peak["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
