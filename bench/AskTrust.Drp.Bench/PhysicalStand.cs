using System.Globalization;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Bench;

/// <summary>A cluster whose files pgBackRest may read, and both tools set up on it: zstd and encryption on either side, two processes for pgBackRest.</summary>
internal sealed class PhysicalStand : IAsyncDisposable
{
    /// <summary>Database that is filled.</summary>
    public const string Database = "bench";

    private PhysicalStand(Stand stand, PostgreSqlCluster cluster) => (Stand, Cluster) = (stand, cluster);

    public Stand Stand { get; }

    public PostgreSqlCluster Cluster { get; }

    /// <summary>Folder of the user <c>postgres</c>.</summary>
    public string Shared => Path.Join(Stand.Folder, "shared");

    /// <summary>Repository of pgBackRest.</summary>
    public string PgBackRestRepository => Path.Join(Shared, "repo");

    /// <summary>Repository of drp.</summary>
    public string DrpRepository => Path.Join(Stand.Folder, "physical");

    public string Plan => Path.Join(Stand.Folder, "physical.yaml");

    private string Configuration => Path.Join(Shared, "pgbackrest.conf");

    public static async Task<PhysicalStand> StartAsync(Stand stand)
    {
        var cluster = await PostgreSqlCluster.StartAsync(new ClusterOptions
        {
            Settings = ["full_page_writes=on", "wal_keep_size=8GB", "archive_mode=on", "archive_command='true'", "max_wal_size=4GB", "shared_buffers=512MB", "checkpoint_timeout=1h"],
        });
        var physical = new PhysicalStand(stand, cluster);
        await cluster.SqlAsync($"CREATE DATABASE {Database}");
        await physical.SetUpAsync();
        return physical;
    }

    /// <summary>Fills the database: a tenth is made, the rest are copies, further apart than any window of a compressor.</summary>
    public async Task FillAsync(long bytes)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal)
        {
            ["PGHOST"] = Cluster.Socket, ["PGPORT"] = Cluster.Port.ToString(CultureInfo.InvariantCulture), ["PGUSER"] = "postgres", ["PGDATABASE"] = Database, ["LC_ALL"] = "C.UTF-8",
        };
        await new SampleData(1).FillAsync(environment, bytes / 10);
        await Cluster.SqlAsync("""
            INSERT INTO article SELECT id + k * 100000000, title, body, published FROM generate_series(1, 9) k, article;
            INSERT INTO event SELECT id + k * 100000000, at, payload FROM generate_series(1, 9) k, event;
            VACUUM; CHECKPOINT;
            """, Database);
    }

    /// <summary>Measures pgBackRest, run as the user of the server.</summary>
    public Task<Measured> PgBackRestAsync(string arguments) => Stand.ShellAsync($"{AsPostgres} pgbackrest --config={Configuration} --stanza=main {arguments}");

    /// <summary>What runs a command as the user of the server.</summary>
    public static string AsPostgres => "setpriv --reuid=postgres --regid=postgres --init-groups env LC_ALL=C.UTF-8 HOME=/tmp";

    /// <summary>How the server calls pgBackRest.</summary>
    public string ArchiveGet => $"pgbackrest --config={Configuration} --stanza=main --pg1-path={Shared}/replay archive-get %f \"%p\"";

    /// <summary>How the server calls drp.</summary>
    public async Task<string> RestoreCommandAsync() =>
        (await Stand.ShellAsync($"{AsPostgres} DRP_STATE={Shared}/state {Stand.Settings.Drp} wal restore-command --plan {Shared}/drp.yaml")).Output.Trim();

    /// <summary>Archives one segment, whose path follows.</summary>
    public string ArchivePush => $"pgbackrest --config={Configuration} --stanza=main --no-archive-async archive-push";

    /// <summary>Whether the server archives to pgBackRest, which needs that for a backup that can be started.</summary>
    public async Task ArchiveAsync(bool on)
    {
        string command = on ? $"{ArchivePush} %p" : "true";
        await Cluster.SqlAsync($"ALTER SYSTEM SET archive_command = '{command}'");
        await Cluster.SqlAsync("SELECT pg_reload_conf()");
    }

    public async ValueTask DisposeAsync() => await Cluster.DisposeAsync();

    private async Task SetUpAsync()
    {
        foreach (string folder in (string[])["", "repo", "log", "spool", "lock"]) Directory.CreateDirectory(Path.Join(Shared, folder));
        await File.WriteAllTextAsync(Configuration, $"""
            [global]
            repo1-path={PgBackRestRepository}
            repo1-retention-full=9
            repo1-cipher-type=aes-256-cbc
            repo1-cipher-pass=secretpass
            compress-type=zst
            compress-level=3
            process-max=2
            archive-async=y
            archive-get-queue-max=256MiB
            log-level-file=off
            log-path={Shared}/log
            spool-path={Shared}/spool
            lock-path={Shared}/lock
            start-fast=y
            [main]
            pg1-path={Cluster.Data}
            pg1-port={Cluster.Port}
            pg1-socket-path={Cluster.Socket}
            pg1-user=postgres

            """);
        await ChildProcess.RunAsync("chmod", ["711", Stand.Folder]);
        await ChildProcess.RunAsync("chown", ["-R", "postgres:postgres", Shared]);
        await File.WriteAllTextAsync(Plan, $$"""
            version: 1
            name: bench
            components:
              db: { type: postgresql, url: "{{Cluster.SocketUrl(Database)}}", pointInTime: { spoolLimit: 20GiB } }
            repositories:
              local: { type: directory, path: {{DrpRepository}} }
            encryption:
              recipients: [{{Stand.Fingerprint}}]
              publicKeys: [keys/backup.asc]
              privateKey: keys/private.asc

            """);
        // The same for the user of the server, who runs restore_command.
        await Stand.ShellAsync($"sed 's|keys/|{Shared}/keys/|' {Plan} > {Shared}/drp.yaml; cp -r {Stand.Folder}/keys {Shared}/keys; mkdir {Shared}/state; chown -R postgres:postgres {Shared}; chmod 700 {Shared}/state");
        await PgBackRestAsync("stanza-create");
    }
}
