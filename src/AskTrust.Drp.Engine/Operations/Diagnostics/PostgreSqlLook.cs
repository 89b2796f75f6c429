using System.Text.Json;
using System.Text.Json.Serialization;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Diagnostics;

/// <summary>Looks at a PostgreSQL server with one question, whose answer is JSON: a server in trouble, or one behind docker exec, has no time for many.</summary>
internal static class PostgreSqlLook
{
    /// <summary>Takes no lock on any table: sizes are those that VACUUM and ANALYZE wrote down, for asking pg_total_relation_size would wait behind whoever holds one.</summary>
    private const string Question = """
        SELECT json_build_object(
          'version', current_setting('server_version'), 'started', pg_postmaster_start_time(), 'standby', pg_is_in_recovery(),
          'connections', (SELECT sum(numbackends) FROM pg_stat_database), 'maxConnections', current_setting('max_connections')::int,
          'invalidIndexes', (SELECT count(*) FROM pg_index WHERE NOT indisvalid),
          'statements', to_regclass('pg_stat_statements') IS NOT NULL,
          'databases', (SELECT json_agg(d) FROM (SELECT datname AS name, CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END AS size
             FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 2 DESC NULLS LAST LIMIT 10) AS d),
          'activity', (SELECT json_agg(a) FROM (SELECT pid, usename AS "user", datname AS database, state, wait_event_type || ': ' || wait_event AS wait,
             round(extract(epoch FROM clock_timestamp() - coalesce(xact_start, query_start))::numeric, 1) AS seconds, left(query, 2000) AS query
             FROM pg_stat_activity WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid() ORDER BY coalesce(xact_start, query_start) LIMIT 10) AS a),
          'blocked', (SELECT json_agg(b) FROM (SELECT pid, usename AS "user", datname AS database, state, wait_event_type || ': ' || wait_event AS wait, pg_blocking_pids(pid) AS "blockedBy",
             round(extract(epoch FROM clock_timestamp() - query_start)::numeric, 1) AS seconds, left(query, 2000) AS query
             FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0 ORDER BY query_start LIMIT 10) AS b),
          'replication', (SELECT json_agg(r) FROM (SELECT application_name AS name, state, sync_state AS sync,
             pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, coalesce(replay_lsn, flush_lsn))::bigint AS lag FROM pg_stat_replication) AS r),
          'tables', (SELECT json_agg(t) FROM (SELECT s.schemaname || '.' || s.relname AS name, current_setting('block_size')::bigint *
             (SELECT sum(p.relpages) FROM pg_class p WHERE p.oid = c.oid OR p.oid = c.reltoastrelid OR p.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = c.oid)) AS size, n_live_tup AS live, n_dead_tup AS dead,
             greatest(last_vacuum, last_autovacuum) AS vacuumed FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid ORDER BY c.relpages DESC, s.relname LIMIT 8) AS t))
        """;

    private const string Slowest = """
        SELECT json_agg(q) FROM (SELECT calls, round(mean_exec_time::numeric, 1) AS mean, round(total_exec_time::numeric) AS total, left(query, 2000) AS query
          FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 5) AS q
        """;

    /// <summary>Looks.</summary>
    public static async Task<PostgreSqlDiagnostics> AskAsync(PostgreSqlDiagnostics blank, PostgreSqlPlan plan, OperationContext context, CancellationToken ct)
    {
        IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(plan, context.Host, ct).ConfigureAwait(false);
        await using var _ = server.ConfigureAwait(false);
        PostgreSqlAnswer answer = await AskAsync(server, Question, PostgreSqlLookJson.Default.PostgreSqlAnswer, ct).ConfigureAwait(false) ?? new PostgreSqlAnswer();
        IReadOnlyList<SlowQuery>? slow = answer.Statements && server.Major >= 13 ? await AskAsync(server, Slowest, PostgreSqlLookJson.Default.IReadOnlyListSlowQuery, ct).ConfigureAwait(false) : null;
        return blank with
        {
            Version = answer.Version, Started = answer.Started, Standby = answer.Standby, Connections = answer.Connections, MaxConnections = answer.MaxConnections, InvalidIndexes = answer.InvalidIndexes,
            Databases = answer.Databases ?? [], Activity = [.. (answer.Activity ?? []).Select(Masked)], Blocked = [.. (answer.Blocked ?? []).Select(Masked)], Replication = answer.Replication ?? [],
            Tables = answer.Tables ?? [], Slow = [.. (slow ?? []).Select(s => s with { Query = Masked(s.Query) })],
        };
    }

    private static RunningQuery Masked(RunningQuery query) => query with { Query = Masked(query.Query) };

    /// <summary>Masked first, shortened then: half a literal would not be known as one.</summary>
    private static string? Masked(string? query)
    {
        if (query is null) return null;
        string text = string.Join(' ', SecretMask.CleanSql(query).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= 200 ? text : text[..199] + "…";
    }

    private static async Task<T?> AskAsync<T>(IPostgreSqlServer server, string sql, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken ct) =>
        (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0][0] is { } json ? JsonSerializer.Deserialize(json, type) : default;
}

/// <summary>What the server answers.</summary>
internal sealed record PostgreSqlAnswer
{
    public string Version { get; init; } = "";

    public DateTimeOffset? Started { get; init; }

    public bool Standby { get; init; }

    public int Connections { get; init; }

    public int MaxConnections { get; init; }

    public int InvalidIndexes { get; init; }

    public bool Statements { get; init; }

    public IReadOnlyList<NamedSize>? Databases { get; init; }

    public IReadOnlyList<RunningQuery>? Activity { get; init; }

    public IReadOnlyList<RunningQuery>? Blocked { get; init; }

    public IReadOnlyList<ReplicaLook>? Replication { get; init; }

    public IReadOnlyList<TableLook>? Tables { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PostgreSqlAnswer))]
[JsonSerializable(typeof(IReadOnlyList<SlowQuery>))]
internal sealed partial class PostgreSqlLookJson : JsonSerializerContext;
