using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>
/// Holds tables still while rows are put back: locked against writers (readers go on), triggers and rules off. Those that an application lets fire even
/// then are switched off one by one and on again.
/// </summary>
internal sealed class TableHold(PsqlSession session)
{
    /// <summary>Waiting for a lock stands in the way of every writer behind us: not longer than that.</summary>
    private const string Patience = "30s";

    private readonly List<string> _wake = [];

    /// <summary>Requires the right to switch triggers off.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.KeyOrPassphrase"/>.</exception>
    public async Task RequireRightAsync(IPostgreSqlServer live, CancellationToken ct)
    {
        string query = live.Major >= 15
            ? "SELECT pg_catalog.has_parameter_privilege('session_replication_role', 'SET'), pg_catalog.pg_is_in_recovery()"
            : "SELECT rolsuper, pg_catalog.pg_is_in_recovery() FROM pg_catalog.pg_roles WHERE rolname = current_user";
        string?[] may = (await session.QueryAsync(query, ct).ConfigureAwait(false))[0];
        if (may[1] == "t") throw new DrpException(DrpError.UnsafeTarget, Text.Of(TableTexts.Standby, live.Description)) { Subject = live.Description };
        if (may[0] != "t") throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(TableTexts.NoRight, live.User, live.Description)) { Subject = live.User, Hint = TableTexts.NoRightHint };
    }

    /// <summary>Begins the transaction and locks.</summary>
    /// <returns>Position in the WAL of the state before anything was changed.</returns>
    public async Task<string> BeginAsync(IReadOnlyList<TableFacts> tables, CancellationToken ct)
    {
        string locks = string.Concat(tables.OrderBy(t => t.Oid).Select(t => $"LOCK TABLE {t.Only} IN SHARE ROW EXCLUSIVE MODE;\n"));
        return (await session.QueryAsync($"BEGIN;\nSET LOCAL lock_timeout = '{Patience}';\nSET LOCAL session_replication_role = replica;\n{locks}SELECT pg_catalog.pg_current_wal_insert_lsn()", ct).ConfigureAwait(false))[0][0]!;
    }

    /// <summary>Switches off what fires in spite of that.</summary>
    public async Task QuietAsync(IReadOnlyList<TableFacts> tables, CancellationToken ct)
    {
        foreach (TableFacts table in tables)
        {
            var triggers = await session.QueryAsync($"""
                SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.quote_ident(t.tgname), t.tgenabled
                FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE NOT t.tgisinternal AND t.tgenabled IN ('A', 'R')
                  AND (t.tgrelid = pg_catalog.to_regclass({Sql.Literal(table.Quoted)}) OR t.tgrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass({Sql.Literal(table.Quoted)}))))
                """, ct).ConfigureAwait(false);
            foreach (string?[] trigger in triggers)
            {
                await session.ExecuteAsync($"ALTER TABLE ONLY {trigger[0]} DISABLE TRIGGER {trigger[1]}", ct).ConfigureAwait(false);
                _wake.Add(string.Create(CultureInfo.InvariantCulture, $"ALTER TABLE ONLY {trigger[0]} ENABLE {(trigger[2] == "A" ? "ALWAYS" : "REPLICA")} TRIGGER {trigger[1]};\n"));
            }
        }
    }

    /// <summary>Switches it on again.</summary>
    public Task WakeAsync(CancellationToken ct) => _wake.Count == 0 ? Task.CompletedTask : session.ExecuteAsync(string.Concat(_wake), ct);
}
