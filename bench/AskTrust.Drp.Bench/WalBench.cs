using System.Diagnostics;
using System.Globalization;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Bench;

/// <summary>WAL: whether the receiver keeps up with a server at full speed, and how fast the archived WAL is replayed, against pgBackRest and a plain copy.</summary>
internal sealed class WalBench(PhysicalStand physical)
{
    private const int Segments = 100;
    private const long SegmentSize = 16 << 20;

    public Series Copy { get; } = new($"restore_command = 'cp', {Segments} segments");

    public Series PgBackRest { get; } = new("pgbackrest archive-get, asynchronous, process-max 2");

    public Series Fetch { get; } = new("drp wal fetch, as drp wal restore-command writes it");

    public Series Feed { get; } = new("drp restore, its replay only");

    /// <summary>Bytes of WAL the load made.</summary>
    public long Generated { get; private set; }

    /// <summary>Seconds the load ran.</summary>
    public double LoadSeconds { get; private set; }

    /// <summary>Bytes of WAL that statements over many rows made.</summary>
    public long BulkGenerated { get; private set; }

    /// <summary>Seconds they ran.</summary>
    public double BulkSeconds { get; private set; }

    /// <summary>Seconds from their end until everything was in the repository.</summary>
    public double BulkBehind { get; private set; }

    /// <summary>Seconds from the end of the load until every byte was in the repository.</summary>
    public double Behind { get; private set; }

    private string Plain => Path.Join(physical.Shared, "plain");

    private string Base => Path.Join(physical.Shared, "base");

    public async Task RunAsync()
    {
        Directory.CreateDirectory(Plain);
        await physical.Cluster.ToolAsync("pgbench", ["-i", "-s", "20", "-q"], PhysicalStand.Database);
        await physical.Cluster.SqlAsync("CHECKPOINT");
        // Makes the slot: the WAL that follows on the base is kept.
        await physical.Stand.DrpAsync("wal", "receive", "--catch-up", "--plan", physical.Plan, "--quiet");
        await physical.Stand.DrpAsync("backup", "--kind", "base", "--plan", physical.Plan, "--quiet");
        await physical.Stand.ShellAsync($"rm -rf {Base}; pg_basebackup -h {physical.Cluster.Socket} -p {physical.Cluster.Port} -U postgres -c fast -X none -D {Base}; chown -R postgres {Base}; chmod 700 {Base}");
        string end = await KeepUpAsync();
        await ArchiveAsync();
        // Whoever runs restore_command must be able to read the repository.
        await physical.Stand.ShellAsync($"chown -R postgres:postgres {physical.DrpRepository}");
        for (int round = 0; round < physical.Stand.Settings.Rounds; round++)
        {
            Copy.Add(await ReplayAsync($"cp {Plain}/%f \"%p\"", end));
            PgBackRest.Add(await ReplayAsync(physical.ArchiveGet, end));
            Fetch.Add(await ReplayAsync(await physical.RestoreCommandAsync(), end));
            Feed.Add(await RestoreAsync(end));
        }
    }

    /// <summary>As much WAL as the server can make, until there are enough segments.</summary>
    private async Task<string> KeepUpAsync()
    {
        string before = await physical.Cluster.SqlAsync("SELECT pg_current_wal_lsn()");
        await using ChildProcess drp = ChildProcess.Start(physical.Stand.Settings.Drp, ["wal", "receive", "--plan", physical.Plan], new ChildOptions { Folder = physical.Stand.Folder, Environment = physical.Stand.Environment.ToDictionary(e => e.Key, e => (string?)e.Value, StringComparer.Ordinal) });
        while (await physical.Cluster.SqlAsync("SELECT count(*) FROM pg_replication_slots WHERE active") != "1")
        {
            if (drp.HasExited) throw new InvalidOperationException(drp.Output);
            await Task.Delay(100);
        }

        var clock = Stopwatch.StartNew();
        await physical.Cluster.ToolAsync("pgbench", ["-n", "-c", "8", "-j", "2", "-T", "20", "-M", "prepared"], PhysicalStand.Database);
        Generated = await WrittenAsync(before);
        LoadSeconds = clock.Elapsed.TotalSeconds;
        Behind = await ShippedAsync();
        Console.WriteLine($"  receiver: pgbench made {Generated / 1048576.0:0} MiB of WAL in {LoadSeconds:0.0} s, all shipped {Behind:0.0} s after the end");

        // The rest of the segments by statements that write as fast as a server can.
        clock.Restart();
        long generated = await WrittenAsync(before);
        for (long at = generated; at < Segments * SegmentSize; at = await WrittenAsync(before)) await physical.Cluster.SqlAsync("UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid <= 200000", PhysicalStand.Database);
        BulkSeconds = clock.Elapsed.TotalSeconds;
        BulkGenerated = await WrittenAsync(before) - generated;
        string end = await physical.Cluster.SqlAsync("SELECT pg_current_wal_insert_lsn()");
        await physical.Cluster.SqlAsync("CREATE TABLE behind_the_end (n int)");
        BulkBehind = await ShippedAsync();
        Console.WriteLine($"  receiver: bulk statements made {BulkGenerated / 1048576.0:0} MiB in {BulkSeconds:0.0} s, all shipped {BulkBehind:0.0} s after the end");
        return end;
    }

    private async Task<long> WrittenAsync(string before) =>
        long.Parse(await physical.Cluster.SqlAsync($"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{before}')::bigint"), CultureInfo.InvariantCulture);

    /// <summary>Seconds until the last segment is in the repository.</summary>
    private async Task<double> ShippedAsync()
    {
        var clock = Stopwatch.StartNew();
        string last = await physical.Cluster.SqlAsync("SELECT pg_walfile_name(pg_switch_wal())");
        string folder = Path.Join(physical.DrpRepository, "bench", "wal");
        // Several are shipped at once: the last one may come before those in front of it.
        while (!AllThere(folder, last)) await Task.Delay(50);
        return clock.Elapsed.TotalSeconds;
    }

    private bool AllThere(string folder, string last)
    {
        HashSet<string> there = [.. Directory.EnumerateFiles(folder, "????????????????????????-*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)[..24])];
        return there.Contains(last) && Directory.EnumerateFiles(Path.Join(physical.Cluster.Data, "pg_wal"), "????????????????????????").Select(f => Path.GetFileName(f)!)
            .Where(n => string.CompareOrdinal(n, there.Min(StringComparer.Ordinal)) >= 0 && string.CompareOrdinal(n, last) <= 0).All(there.Contains);
    }

    private async Task ArchiveAsync()
    {
        // Those behind it are recycled files.
        string open = await physical.Cluster.SqlAsync("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
        foreach (string segment in Directory.EnumerateFiles(Path.Join(physical.Cluster.Data, "pg_wal"), "????????????????????????").Where(f => string.CompareOrdinal(Path.GetFileName(f), open) < 0))
            File.Copy(segment, Path.Join(Plain, Path.GetFileName(segment)));
        await physical.Stand.ShellAsync($"chown -R postgres {Plain}");
        await physical.Stand.ShellAsync($"ls {Plain} | xargs -P 3 -I @ {PhysicalStand.AsPostgres} {physical.ArchivePush} {Plain}/@");
    }

    private async Task<Measured> ReplayAsync(string command, string end)
    {
        string data = Path.Join(physical.Shared, "replay");
        await physical.Stand.ShellAsync($"rm -rf {data} {physical.Shared}/spool/archive; cp -a {Base} {data}; touch {data}/recovery.signal; chown postgres {data}/recovery.signal; sync");
        await File.AppendAllLinesAsync(Path.Join(data, "postgresql.conf"),
        [
            $"restore_command = '{command.Replace("'", "''", StringComparison.Ordinal)}'", $"recovery_target_lsn = '{end}'", "recovery_target_action = 'shutdown'", "archive_mode = off",
            "port = 1", $"unix_socket_directories = '{physical.Shared}'", "listen_addresses = ''",
        ]);
        return await physical.Stand.ShellAsync($"{PhysicalStand.AsPostgres} {PostgreSqlCluster.Bin}/postgres -D {data} > {physical.Shared}/log/replay 2>&1 || grep -q 'recovery stopping' {physical.Shared}/log/replay || {{ tail -5 {physical.Shared}/log/replay; exit 1; }}");
    }

    /// <summary>The phase of the replay, from the report of a whole restore.</summary>
    private async Task<Measured> RestoreAsync(string end)
    {
        string data = Path.Join(physical.Shared, "restored");
        await physical.Stand.ShellAsync($"rm -rf {data}; sync");
        Measured run = await physical.Stand.DrpAsync("restore", "--to", end, "--data-directory", data, "--plan", physical.Plan, "--yes", "--json");
        await physical.Stand.ShellAsync($"rm -rf {data}");
        return run with { Seconds = Phase(run.Output, "recover") };
    }

    private static double Phase(string lines, string name)
    {
        foreach (string line in lines.Split('\n').Where(l => l.StartsWith('{')))
        {
            using var json = System.Text.Json.JsonDocument.Parse(line);
            if (Find(json.RootElement, name) is { } seconds) return seconds;
        }

        throw new InvalidOperationException($"no phase {name} in: {lines}");
    }

    private static double? Find(System.Text.Json.JsonElement element, string name)
    {
        if (element.ValueKind == System.Text.Json.JsonValueKind.Object)
        {
            if (element.TryGetProperty("name", out var found) && found.ValueEquals(name) && element.TryGetProperty("elapsed", out var elapsed)) return elapsed.GetDouble();
            return element.EnumerateObject().Select(p => Find(p.Value, name)).FirstOrDefault(s => s is not null);
        }

        return element.ValueKind == System.Text.Json.JsonValueKind.Array ? element.EnumerateArray().Select(e => Find(e, name)).FirstOrDefault(s => s is not null) : null;
    }
}
