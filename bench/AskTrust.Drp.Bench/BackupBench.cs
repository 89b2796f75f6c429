using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Bench;

/// <summary>Backups against what people do today.</summary>
internal sealed class BackupBench(Stand stand, ListBench? list)
{
    private static readonly int[] s_levels = [1, 2, 3, 4, 6, 9];
    private readonly List<LevelRun> _levels = [];

    private static int Level => new CompressionPlan().Level;

    public Series Dump { get; } = new("pg_dump -Fc -Z0 > /dev/null");

    public Series Script { get; } = new("pg_dump | gzip | gpg > file");

    /// <summary>The fastest one can type, with the level drp takes by default.</summary>
    public Series Hand { get; } = new($"pg_dump -Fc -Z0 | zstd -{Level} -T2 | gpg > file");

    public Series One { get; } = new("drp backup, encrypted, to a directory");

    public Series Parallel { get; } = new("drp backup, jobs: 2, to a directory");

    public Series Two { get; } = new("drp backup, encrypted, to a directory and S3");

    /// <summary>What a year of hourly backups costs in memory.</summary>
    public Series Beside { get; } = new("drp backup, the same, beside the many sets of the list");

    /// <summary>One backup for each level worth asking for, and what it stored: the default is chosen from these.</summary>
    public IReadOnlyList<LevelRun> Levels => _levels;

    /// <summary>Bytes of the plain dump.</summary>
    public long DumpSize { get; private set; }

    /// <summary>Bytes of one stored set.</summary>
    public long SetSize { get; private set; }

    /// <summary>Bytes of the script's file.</summary>
    public long ScriptSize { get; private set; }

    /// <summary>Why S3 was not measured; null when it was.</summary>
    public string? NoS3 { get; private set; }

    public async Task RunAsync()
    {
        var size = await stand.ShellAsync("pg_dump -Fc -Z0 | wc -c");
        DumpSize = long.Parse(size.Output.Trim(), System.Globalization.CultureInfo.InvariantCulture);
        Console.WriteLine($"backup: a dump of {DumpSize / 1073741824.0:0.00} GiB");
        string one = stand.Plan("one", $"  local: {{ type: directory, path: {stand.Folder}/one }}");
        string parallel = stand.Plan("parallel", $"  local: {{ type: directory, path: {stand.Folder}/parallel }}", "    jobs: 2");
        for (int round = 0; round < stand.Settings.Rounds; round++)
        {
            Dump.Add(await stand.ShellAsync("pg_dump -Fc -Z0 > /dev/null"));
            string gpg = $"gpg --batch --quiet --trust-model always -r {stand.Fingerprint}";
            Hand.Add(await stand.ShellAsync($"rm -f hand.gpg; pg_dump -Fc -Z0 | zstd -q -{Level} -T2 | {gpg} --cipher-algo AES256 --compress-algo none -e > hand.gpg"));
            File.Delete(Path.Join(stand.Folder, "hand.gpg"));
            // Once is enough for what takes several times as long.
            if (round == 0) Script.Add(await stand.ShellAsync($"rm -f script.gpg; pg_dump | gzip | {gpg} -e > script.gpg"));
            ScriptSize = Stand.SizeOf(Path.Join(stand.Folder, "script.gpg"));
            Forget("one");
            One.Add(await stand.DrpAsync("backup", "--plan", one, "--quiet"));
            SetSize = Stand.SizeOf(Path.Join(stand.Folder, "one"));
            Forget("parallel");
            Parallel.Add(await stand.DrpAsync("backup", "--plan", parallel, "--quiet"));
            await ToS3Async();
        }

        foreach (int level in s_levels) await WithLevelAsync(level);
    }

    private async Task WithLevelAsync(int level)
    {
        string plan = stand.Plan("level", $"  local: {{ type: directory, path: {stand.Folder}/level }}", "", $"compression: {{ algorithm: zstd, level: {level} }}");
        Series series = new($"drp backup, zstd level {level}");
        series.Add(await stand.DrpAsync("backup", "--plan", plan, "--quiet"));
        _levels.Add(new LevelRun(level, series, Stand.SizeOf(Path.Join(stand.Folder, "level"))));
        Forget("level");
    }

    private async Task ToS3Async()
    {
        if (NoS3 is not null) return;
        try
        {
            await using var rgw = await CephRgw.StartAsync();
            string bucket = await rgw.BucketAsync();
            string[] environment = ["BENCH_ACCESS", "BENCH_SECRET"];
            Environment.SetEnvironmentVariable(environment[0], CephRgw.AccessKey);
            Environment.SetEnvironmentVariable(environment[1], CephRgw.SecretKey);
            string plan = stand.Plan("two", $$"""
                  local: { type: directory, path: {{stand.Folder}}/two }
                  offsite: { type: s3, endpoint: "{{rgw.Endpoint}}", bucket: {{bucket}}, accessKey: "${env:BENCH_ACCESS}", secretKey: "${env:BENCH_SECRET}" }
                """);
            Forget("two");
            Two.Add(await stand.DrpAsync("backup", "--plan", plan, "--quiet"));
            Forget("two");
            if (list is null || Beside.Any) return;
            string beside = stand.Plan("beside", $$"""
                  local: { type: directory, path: {{list.Repository}} }
                  offsite: { type: s3, endpoint: "{{rgw.Endpoint}}", bucket: {{bucket}}, accessKey: "${env:BENCH_ACCESS}", secretKey: "${env:BENCH_SECRET}" }
                """);
            Beside.Add(await stand.DrpAsync("backup", "--plan", beside, "--quiet"));
            list.Forget();
        }
        catch (Xunit.SkipException e)
        {
            NoS3 = e.Message;
            Console.WriteLine("  S3 left out: " + e.Message);
        }
    }

    /// <summary>Removes a repository, and that there was one: a folder that was used and is empty is taken for a disk that is not mounted.</summary>
    private void Forget(string repository)
    {
        foreach (string path in (string[])[Path.Join(stand.Folder, repository), Path.Join(stand.Folder, "state", "folders")])
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }
}

/// <summary>A backup with one level of compression.</summary>
/// <param name="Level">zstd level.</param>
/// <param name="Series">The run.</param>
/// <param name="Size">Bytes stored.</param>
internal sealed record LevelRun(int Level, Series Series, long Size);
