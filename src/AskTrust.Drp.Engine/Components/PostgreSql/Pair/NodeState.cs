using System.Globalization;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Pair;

/// <summary>What a running server of a pair says of itself.</summary>
internal sealed record NodeState
{
    /// <summary>System identifier: the same for both of a pair.</summary>
    public required ulong System { get; init; }

    /// <summary>It replays the WAL of another.</summary>
    public required bool IsStandby { get; init; }

    /// <summary>Timeline.</summary>
    public required uint Timeline { get; init; }

    /// <summary>Up to where it has written; of a standby, received or replayed.</summary>
    public required Lsn Position { get; init; }

    /// <summary>Up to where a standby has replayed.</summary>
    public Lsn? Replayed { get; init; }

    /// <summary>Last commit that a standby has replayed.</summary>
    public DateTimeOffset? LastCommit { get; init; }

    /// <summary>A standby streams.</summary>
    public bool Streams { get; init; }

    /// <summary>Slot through which it streams; empty = none.</summary>
    public string Slot { get; init; } = "";

    /// <summary>Its data directory.</summary>
    public string DataDirectory { get; init; } = "";

    /// <summary>The user may do all that a switch needs.</summary>
    public bool IsSuperuser { get; init; }

    /// <summary>Number of the last switch that its database knows.</summary>
    public long Epoch { get; init; }

    /// <summary>Asks it.</summary>
    public static async Task<NodeState> ReadAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        const string sql = """
            SELECT s.system_identifier, r.standby,
                   CASE WHEN r.standby THEN GREATEST((SELECT received_tli FROM pg_catalog.pg_stat_wal_receiver), c.timeline_id, k.min_recovery_end_timeline)::text
                        ELSE pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) END,
                   CASE WHEN r.standby THEN GREATEST(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn()) ELSE pg_catalog.pg_current_wal_flush_lsn() END,
                   pg_catalog.pg_last_wal_replay_lsn(),
                   pg_catalog.to_char(pg_catalog.pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver WHERE status = 'streaming'),
                   pg_catalog.current_setting('primary_slot_name', true), pg_catalog.current_setting('data_directory', true),
                   (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user), pg_catalog.to_regclass('drp_primary.epoch') IS NOT NULL
            FROM pg_catalog.pg_control_system() s, pg_catalog.pg_control_checkpoint() c, pg_catalog.pg_control_recovery() k, (SELECT pg_catalog.pg_is_in_recovery() AS standby) r
            """;
        string?[] row = (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0];
        bool standby = row[1] == "t";
        return new NodeState
        {
            System = ulong.Parse(row[0]!, CultureInfo.InvariantCulture), IsStandby = standby,
            Timeline = uint.Parse(row[2]!, standby ? NumberStyles.None : NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            Position = Lsn.TryParse(row[3], out Lsn position) ? position : default, Replayed = standby && Lsn.TryParse(row[4], out Lsn replayed) ? replayed : null,
            LastCommit = standby && row[5] is { } commit ? DateTimeOffset.Parse(commit, CultureInfo.InvariantCulture) : null,
            Streams = row[6] == "t", Slot = row[7] ?? "", DataDirectory = row[8] ?? "", IsSuperuser = row[9] == "t",
            Epoch = row[10] == "t" ? await EpochTable.ReadAsync(server, ct).ConfigureAwait(false) : 0,
        };
    }
}
