using System.Collections.Concurrent;
using System.Text;
using Amazon.S3.Model;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>No secret shows: in no process's command line while runs go on, in nothing they print, in nothing they leave.</summary>
public sealed class SecretTests
{
    private const string Passphrase = "correct horse battery staple";
    private static readonly string[] s_secrets = [Scene.Password, Passphrase, CephRgw.SecretKey];

    [SkippableFact]
    public async Task No_secret_shows_in_command_lines_output_or_files()
    {
        CephRgw rgw = await CephRgw.SharedAsync();
        string bucket = await rgw.BucketAsync();
        await using var scene = await StormTests.SetAsync(rgw.Endpoint, bucket);
        using var watch = new CommandLineWatch(s_secrets);
        var said = new StringBuilder();
        string[][] runs =
        [
            ["plan", "check", "--verbose"], ["plan", "show"], ["backup", "--verbose", "--reason", "secrets"], ["list", "--json"], ["verify", "--depth", "archive", "--verbose"],
            ["restore", "latest", "--database", "copy", "--verbose"], ["restore", "latest", "--force", "--yes", "--json"], ["undo", "--yes", "--verbose"],
            ["test-restore", "latest", "--report", scene.Folder["report"], "--json", "--verbose"], ["backup", "--repository", "one"], ["sync", "--verbose"], ["prune", "--keep-last", "1", "--verbose"], ["evidence", "--verbose"],
        ];
        foreach (string[] run in runs)
        {
            var (code, output) = await DrpProgram.RunAsync(scene, run);
            Assert.True(code == 0, $"{string.Join(' ', run)} ended with {code}:\n{output}");
            said.AppendLine(output);
        }

        // Errors too: a program that fails likes to tell what it was given.
        scene.Folder.Write("passphrase", "another secret passphrase");
        var failed = await DrpProgram.RunAsync(scene, "restore", "latest", "--database", "copy2", "--verbose");
        Assert.NotEqual(0, failed.Code);
        Assert.DoesNotContain("another secret passphrase", failed.Output);

        // The tool that makes the users of the test-bed's own store knows no better way.
        Assert.DoesNotContain(watch.Seen, s => !s.Contains("radosgw-admin ", StringComparison.Ordinal));
        Assert.Superset(new HashSet<string>(["pg_dump", "pg_restore", "gpg", "postgres"], StringComparer.Ordinal), watch.Programs.ToHashSet(StringComparer.Ordinal));
        Assert.All(s_secrets, s => Assert.DoesNotContain(s, said.ToString()));
        AssertFiles(scene);
        await AssertObjectsAsync(rgw, bucket);
    }

    [SkippableFact]
    public async Task The_watch_sees_a_secret_in_a_command_line()
    {
        Requires.Programs("sh");
        using var watch = new CommandLineWatch(["planted-secret"]);
        await ChildProcess.RunAsync("sh", ["-c", "sleep 0.3", "planted-secret"]);
        Assert.NotEmpty(watch.Seen);
    }

    private static void AssertFiles(Scene scene)
    {
        string[] own = [scene.Folder["passphrase"], scene.Folder["secret"], scene.Folder["access"]];
        string[] files = [.. Directory.EnumerateFiles(scene.Folder.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Except(own)];
        Assert.Contains(files, f => f.EndsWith("manifest.json", StringComparison.Ordinal));
        Assert.Contains(files, f => f.Contains("/evidence/", StringComparison.Ordinal));
        Assert.Contains(files, f => f.EndsWith(".html", StringComparison.Ordinal));
        foreach (string file in files) AssertBytes(File.ReadAllBytes(file), file);
    }

    private static async Task AssertObjectsAsync(CephRgw rgw, string bucket)
    {
        using var client = rgw.Client();
        var objects = (await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket })).S3Objects;
        Assert.NotEmpty(objects);
        foreach (var found in objects)
        {
            using var answer = await client.GetObjectAsync(bucket, found.Key);
            using var bytes = new MemoryStream();
            await answer.ResponseStream.CopyToAsync(bytes);
            AssertBytes(bytes.ToArray(), found.Key);
        }
    }

    private static void AssertBytes(byte[] bytes, string where)
    {
        foreach (string secret in s_secrets) Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, $"a secret is in {where}");
    }

    /// <summary>Looks at every command line of the machine, over and over.</summary>
    private sealed class CommandLineWatch : IDisposable
    {
        /// <summary>Between two looks; only so as not to take a whole core from what is watched.</summary>
        private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(10);
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _watching;
        private readonly string[] _secrets;
        private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, bool> _programs = new(StringComparer.Ordinal);

        public CommandLineWatch(string[] secrets)
        {
            _secrets = secrets;
            _watching = Task.Factory.StartNew(Watch, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        public IEnumerable<string> Seen => _seen.Keys;

        public IEnumerable<string> Programs => _programs.Keys;

        public void Dispose()
        {
            _stop.Cancel();
            _watching.GetAwaiter().GetResult();
            _stop.Dispose();
        }

        private void Watch()
        {
            do
            {
                foreach (string folder in Directory.EnumerateDirectories("/proc")) Look(Path.Join(folder, "cmdline"));
            }
            while (!_stop.Token.WaitHandle.WaitOne(s_between));
        }

        private void Look(string file)
        {
            if (!char.IsAsciiDigit(Path.GetFileName(Path.GetDirectoryName(file))![0])) return;
            try
            {
                string line = File.ReadAllText(file);
                foreach (string secret in _secrets.Where(s => line.Contains(s, StringComparison.Ordinal))) _seen.TryAdd(line.Replace('\0', ' ').Replace(secret, "<secret>", StringComparison.Ordinal), true);
                _programs.TryAdd(Path.GetFileName(line.Split('\0')[0]), true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has just ended.
            }
        }
    }
}
