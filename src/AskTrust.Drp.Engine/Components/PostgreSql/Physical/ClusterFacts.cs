using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>What a base backup must know of a running cluster.</summary>
internal sealed record ClusterFacts
{
    /// <summary>Bytes of all databases, and of the WAL that comes with them.</summary>
    public required long Size { get; init; }

    /// <summary>True for a standby.</summary>
    public required bool IsStandby { get; init; }

    /// <summary>True when pages have checksums.</summary>
    public required bool DataChecksums { get; init; }

    /// <summary>Bytes of a WAL segment.</summary>
    public required long SegmentSize { get; init; }

    /// <summary>Role the cluster was made with.</summary>
    public required string Superuser { get; init; }

    /// <summary>Replication connections allowed, and in use.</summary>
    public required (int Allowed, int Used) Senders { get; init; }

    /// <summary>True when the user may replicate.</summary>
    public required bool MayReplicate { get; init; }

    /// <summary>Tablespaces outside the data directory.</summary>
    public required IReadOnlyList<TablespaceFacts> Tablespaces { get; init; }

    /// <summary>Configuration files outside the data directory; empty also when the user may not see where they are.</summary>
    public required IReadOnlyList<string> FilesOutside { get; init; }

    /// <summary>Reads them.</summary>
    public static async Task<ClusterFacts> ReadAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        const string sql = """
            SELECT (SELECT coalesce(pg_catalog.sum(CASE WHEN pg_catalog.has_database_privilege(oid, 'CONNECT') THEN pg_catalog.pg_database_size(oid) ELSE 0 END), 0)::bigint FROM pg_catalog.pg_database),
                   pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('data_checksums') = 'on',
                   (SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'wal_segment_size'),
                   (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10),
                   pg_catalog.current_setting('max_wal_senders')::int, (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_get_wal_senders()),
                   (SELECT rolreplication OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user),
                   (SELECT pg_catalog.string_agg(setting, E'\n') FROM pg_catalog.pg_settings s, (SELECT setting AS data FROM pg_catalog.pg_settings WHERE name = 'data_directory') d
                    WHERE name IN ('config_file', 'hba_file', 'ident_file') AND NOT pg_catalog.starts_with(setting, d.data || '/'))
            """;
        string?[] row = (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0];
        const string places = """
            SELECT oid, spcname, pg_catalog.pg_tablespace_location(oid) FROM pg_catalog.pg_tablespace WHERE pg_catalog.pg_tablespace_location(oid) <> '' ORDER BY 1
            """;
        var tablespaces = await server.QueryAsync(server.Database, places, ct).ConfigureAwait(false);
        long segment = Number(row[3]);
        return new ClusterFacts
        {
            // The WAL of the copy itself: a segment that begins, one that ends, and what is written meanwhile.
            Size = Number(row[0]) + (2 * segment), IsStandby = row[1] == "t", DataChecksums = row[2] == "t", SegmentSize = segment, Superuser = row[4] ?? "postgres",
            Senders = ((int)Number(row[5]), (int)Number(row[6])), MayReplicate = row[7] == "t",
            FilesOutside = row[8]?.Split('\n') ?? [],
            Tablespaces = [.. tablespaces.Select(t => new TablespaceFacts((uint)Number(t[0]), t[1]!, t[2]!))],
        };
    }

    /// <summary>The server's clock.</summary>
    public static async Task<DateTimeOffset> NowAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        const string sql = """SELECT pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""";
        return DateTimeOffset.Parse((await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0][0]!, CultureInfo.InvariantCulture);
    }

    /// <summary>Refuses a server that would not give a base, with what to change.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>.</exception>
    public void Require(IPostgreSqlServer server)
    {
        if (Senders.Allowed == 0) throw new DrpException(DrpError.Failed, PhysicalTexts.NoSenders) { Subject = server.Description, Hint = PhysicalTexts.NoSendersHint };
        if (!MayReplicate)
        {
            throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.NoReplication, server.User)) { Subject = server.Description, Hint = Text.Of(PhysicalTexts.NoReplicationHint, Sql.Identifier(server.User)) };
        }
    }

    /// <summary>As the manifest keeps them.</summary>
    public BaseBackupFacts ToFacts(BaseRange range, DateTimeOffset stopped) => new()
    {
        Timeline = range.Timeline, StartLsn = range.Start, StopLsn = range.Stop, Stopped = stopped, SegmentSize = SegmentSize, DataChecksums = DataChecksums, FromStandby = IsStandby,
        Superuser = Superuser, Tablespaces = Tablespaces, FilesOutside = FilesOutside,
    };

    private static long Number(string? text) => long.Parse(text ?? "0", CultureInfo.InvariantCulture);
}
