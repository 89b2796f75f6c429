namespace AskTrust.Drp.Bench;

/// <summary>Base backups and their restores against pgBackRest.</summary>
internal sealed class BaseBench(PhysicalStand physical)
{
    public Series PgBackRest { get; } = new("pgbackrest backup (zst 3, aes-256-cbc, process-max 2)");

    public Series Drp { get; } = new("drp backup --kind base (defaults, OpenPGP)");

    public Series Plain { get; } = new("pg_basebackup -Ft, to nowhere");

    public Series PgBackRestRestore { get; } = new("pgbackrest restore");

    /// <summary>drp starts the server and looks whether it is consistent; that is part of its time, so it is also done by hand behind pgBackRest.</summary>
    public Series PgBackRestReady { get; } = new("pgbackrest restore, server started up to consistency and stopped");

    public Series DrpRestore { get; } = new("drp restore --to immediate, started likewise");

    public long PgBackRestSize { get; private set; }

    public long DrpSize { get; private set; }

    public long ClusterSize { get; private set; }

    public async Task RunAsync()
    {
        ClusterSize = Stand.SizeOf(Path.Join(physical.Cluster.Data, "base"));
        Console.WriteLine($"base backup: a cluster of {ClusterSize / 1073741824.0:0.00} GiB");
        await physical.ArchiveAsync(on: true);
        for (int round = 0; round < physical.Stand.Settings.Rounds; round++)
        {
            Plain.Add(await physical.Stand.ShellAsync($"pg_basebackup -h {physical.Cluster.Socket} -p {physical.Cluster.Port} -U postgres -c fast -Ft -D - -X none > /dev/null"));
            Empty(Path.Join(physical.PgBackRestRepository, "backup", "main"), "20*");
            PgBackRest.Add(await physical.PgBackRestAsync("--type=full backup"));
            PgBackRestSize = Directory.EnumerateDirectories(Path.Join(physical.PgBackRestRepository, "backup", "main"), "20*F").Max(Stand.SizeOf);
            Empty(Path.Join(physical.DrpRepository, "bench"), "sets");
            Drp.Add(await physical.Stand.DrpAsync("backup", "--kind", "base", "--plan", physical.Plan, "--quiet"));
            DrpSize = Stand.SizeOf(Path.Join(physical.DrpRepository, "bench", "sets"));
        }

        for (int round = 0; round < physical.Stand.Settings.Rounds; round++)
        {
            string restored = Path.Join(physical.Shared, "restored");
            await physical.Stand.ShellAsync($"rm -rf {restored}; install -d -o postgres -m 700 {restored}; sync");
            Measured files = await physical.PgBackRestAsync($"--pg1-path={restored} --type=immediate --target-action=promote restore");
            PgBackRestRestore.Add(files);
            Measured server = await physical.Stand.ShellAsync(
                $"{PhysicalStand.AsPostgres} {TestBed.PostgreSqlCluster.Bin}/pg_ctl -D {restored} -o \"-c port=1 -c unix_socket_directories={physical.Shared} -c listen_addresses= -c archive_mode=off\" -l {physical.Shared}/log/server -w -t 300 start"
                + $" && {PhysicalStand.AsPostgres} {TestBed.PostgreSqlCluster.Bin}/pg_ctl -D {restored} -w stop");
            PgBackRestReady.Add(files with { Seconds = files.Seconds + server.Seconds, CpuSeconds = files.CpuSeconds + server.CpuSeconds });
            await physical.Stand.ShellAsync($"rm -rf {restored}; sync");
            DrpRestore.Add(await physical.Stand.DrpAsync("restore", "--to", "immediate", "--data-directory", restored, "--plan", physical.Plan, "--yes", "--quiet"));
            await physical.Stand.ShellAsync($"rm -rf {restored}");
        }

        await physical.ArchiveAsync(on: false);
    }

    private static void Empty(string folder, string what)
    {
        if (!Directory.Exists(folder)) return;
        foreach (string old in Directory.EnumerateDirectories(folder, what)) Directory.Delete(old, recursive: true);
    }
}
