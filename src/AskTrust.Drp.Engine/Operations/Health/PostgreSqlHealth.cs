using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>Asks a PostgreSQL server: does it answer and how fast, and what is close to its end: connections, transaction numbers, slots, the archive, its standbys.</summary>
internal sealed class PostgreSqlHealth(PostgreSqlPlan plan, OperationContext context, HealthJudge judge)
{
    /// <summary>Transactions after which a server refuses to write are some two thousand million; from half of that on somebody should look.</summary>
    private const double OldestRow = 1e9;

    /// <summary>Everything with one question. What a user without pg_monitor cannot see comes as NULL.</summary>
    private const string Question = """
        SELECT pg_catalog.current_setting('max_connections')::int - pg_catalog.current_setting('superuser_reserved_connections')::int,
               (SELECT pg_catalog.sum(numbackends) FROM pg_catalog.pg_stat_database),
               t.age, t.pid, t.state,
               (SELECT pg_catalog.max(pg_catalog.age(datfrozenxid)) FROM pg_catalog.pg_database),
               r.behind, r.name,
               s.kept, s.name,
               a.failed, a.name
          FROM (SELECT pg_catalog.pg_is_in_recovery() AS standby) AS me
          LEFT JOIN (SELECT extract(epoch FROM pg_catalog.clock_timestamp() - xact_start) AS age, pid, state FROM pg_catalog.pg_stat_activity
                      WHERE xact_start IS NOT NULL AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid() ORDER BY xact_start LIMIT 1) AS t ON true
          LEFT JOIN LATERAL (SELECT CASE WHEN me.standby THEN NULL ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn) END AS behind, application_name AS name
                      FROM pg_catalog.pg_stat_replication WHERE replay_lsn IS NOT NULL ORDER BY replay_lsn LIMIT 1) AS r ON true
          LEFT JOIN LATERAL (SELECT CASE WHEN me.standby THEN NULL ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn) END AS kept, slot_name AS name
                      FROM pg_catalog.pg_replication_slots WHERE NOT active AND restart_lsn IS NOT NULL ORDER BY restart_lsn LIMIT 1) AS s ON true
          LEFT JOIN (SELECT last_failed_time AS failed, last_failed_wal AS name FROM pg_catalog.pg_stat_archiver
                      WHERE pg_catalog.current_setting('archive_mode') <> 'off' AND last_failed_time > coalesce(last_archived_time, '-infinity')) AS a ON true
        """;

    private HealthLimits Limits => context.Plan.Health.Limits;

    /// <summary>Asks.</summary>
    public async Task<IReadOnlyList<HealthCheck>> AskAsync(CancellationToken ct)
    {
        IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(plan, context.Host, ct).ConfigureAwait(false);
        await using var _ = server.ConfigureAwait(false);
        // A connection of its own each time: that is what an application without a pool waits for.
        long start = context.Clock.GetTimestamp();
        await server.QueryAsync(server.Database, "SELECT 1", ct).ConfigureAwait(false);
        TimeSpan took = context.Clock.GetElapsedTime(start);
        string?[] row = (await server.QueryAsync(server.Database, Question, ct).ConfigureAwait(false))[0];
        return [judge.AtMost(plan.Name, HealthKind.PostgreSql, took.TotalSeconds, Limits.Database.TotalSeconds, HealthJudge.Seconds, HealthTexts.SlowDatabaseAdvice), .. Judge(row)];
    }

    private IEnumerable<HealthCheck> Judge(string?[] row)
    {
        yield return judge.AtMost($"{plan.Name} connections", HealthKind.PostgreSql, 100.0 * Number(row[1]) / Math.Max(1, Number(row[0])), Limits.Connections, HealthJudge.Percent, HealthTexts.ConnectionsAdvice);
        yield return judge.AtMost($"{plan.Name} transaction", HealthKind.PostgreSql, Number(row[2]), Limits.Transaction.TotalSeconds, HealthJudge.Seconds, Text.Of(HealthTexts.TransactionAdvice, row[3], row[4]));
        yield return judge.AtMost($"{plan.Name} wraparound", HealthKind.PostgreSql, Number(row[5]), OldestRow, HealthJudge.Count, HealthTexts.WraparoundAdvice);
        if (row[6] is not null) yield return judge.AtMost($"{plan.Name} replication", HealthKind.PostgreSql, Number(row[6]), Limits.ReplicationLag, HealthJudge.Bytes, Text.Of(HealthTexts.ReplicationAdvice, row[7]));
        if (row[8] is not null) yield return judge.AtMost($"{plan.Name} slot {row[9]}", HealthKind.PostgreSql, Number(row[8]), Limits.ReplicationLag, HealthJudge.Bytes, Text.Of(HealthTexts.SlotAdvice, row[9]));
        if (row[10] is not null) yield return judge.Bad($"{plan.Name} archive", HealthKind.PostgreSql, Text.Of(HealthTexts.ArchiveFails, row[11], row[10]), HealthTexts.ArchiveAdvice);
    }

    private static double Number(string? text) => text is null ? 0 : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
