using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>What became of a table's rows.</summary>
/// <param name="Put">Rows put into it.</param>
/// <param name="Removed">Rows replaced or removed.</param>
/// <param name="Conflicts">Rows that could not go back.</param>
/// <param name="Kept">Table with the removed ones, or those that could not go back.</param>
internal sealed record MergeOutcome(long Put, long Removed, long Conflicts, string? Kept);

/// <summary>
/// Brings recovered rows back into a table that is there: only those that differ are touched. Runs in the caller's transaction, with the table locked and
/// triggers off.
/// </summary>
internal sealed class TableMerge(HostContext host, IPostgreSqlServer copy, PsqlSession session, string database, string schema, string id)
{
    /// <summary>Table with the rows that were brought; exists until the transaction ends.</summary>
    public static string Brought(TablePair pair) => string.Create(CultureInfo.InvariantCulture, $"pg_temp.drp_put_{pair.Index}");

    /// <summary>Merges.</summary>
    /// <param name="pair">The table.</param>
    /// <param name="counts">What the comparison found.</param>
    /// <param name="replace">Also rows that changed, and rows that are new.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<MergeOutcome> RunAsync(TablePair pair, TableCounts counts, bool replace, CancellationToken ct)
    {
        string brought = Brought(pair), live = pair.Live!.Quoted, difference = TableComparison.Difference(pair);
        await session.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"CREATE TEMP TABLE drp_put_{pair.Index} ON COMMIT DROP AS SELECT * FROM {pair.Live.Only} WITH NO DATA"), ct).ConfigureAwait(false);
        var rows = await PsqlSession.RowsAsync(host, copy, database, pair.RowsToPut(difference, replace), ct).ConfigureAwait(false);
        await session.CopyInAsync($"{brought} ({pair.Columns()})", rows, copy.Description, ct).ConfigureAwait(false);
        await session.ExecuteAsync($"ANALYZE {brought}", ct).ConfigureAwait(false);
        var (removed, kept) = replace && counts.Changed + counts.New > 0 ? await RemoveAsync(pair, difference, ct).ConfigureAwait(false) : (0, null);
        string insert = $"""
            WITH put AS (INSERT INTO {live} ({pair.Columns()}) OVERRIDING SYSTEM VALUE SELECT {pair.Columns()} FROM {brought}{(replace || !pair.Live.TakesConflicts ? "" : " ON CONFLICT DO NOTHING")} RETURNING 1)
            SELECT pg_catalog.count(*) FROM put
            """;
        long put = Number((await session.QueryAsync(insert, ct).ConfigureAwait(false))[0][0]), conflicts = replace ? 0 : counts.Missing - put;
        if (conflicts == 0) return new MergeOutcome(put, removed, 0, kept);
        string name = TableNames.Beside(pair.Was.Name, $"_conflicts_{id}"), place = $"{Sql.Identifier(schema)}.{Sql.Identifier(name)}";
        await session.ExecuteAsync($"""
            CREATE SCHEMA IF NOT EXISTS {Sql.Identifier(schema)};
            CREATE TABLE {place} AS SELECT p.* FROM {brought} p WHERE NOT EXISTS (SELECT FROM {pair.Live.Only} t WHERE {pair.Key("t")} = {pair.Key("p")})
            """, ct).ConfigureAwait(false);
        return new MergeOutcome(put, removed, conflicts, $"{schema}.{name}");
    }

    /// <summary>Removes what stands in the way of the recovered rows, and keeps it beside.</summary>
    private async Task<(long Removed, string Kept)> RemoveAsync(TablePair pair, string difference, CancellationToken ct)
    {
        string take = string.Create(CultureInfo.InvariantCulture, $"drp_take_{pair.Index}"), name = TableNames.Beside(pair.Was.Name, $"_replaced_{id}"), place = $"{Sql.Identifier(schema)}.{Sql.Identifier(name)}";
        await session.ExecuteAsync($"CREATE TEMP TABLE {take} (k pg_catalog.text COLLATE pg_catalog.\"C\", n pg_catalog.int8) ON COMMIT DROP", ct).ConfigureAwait(false);
        var keys = await PsqlSession.RowsAsync(host, copy, database, $"SELECT k, take FROM {difference} WHERE take > 0", ct).ConfigureAwait(false);
        await session.CopyInAsync($"pg_temp.{take}", keys, copy.Description, ct).ConfigureAwait(false);
        string remove = $"""
            ANALYZE pg_temp.{take};
            CREATE SCHEMA IF NOT EXISTS {Sql.Identifier(schema)};
            CREATE TABLE {place} AS SELECT * FROM {pair.Live!.Only} WITH NO DATA;
            WITH doomed AS (SELECT t.tableoid AS o, t.ctid AS c, k.n, pg_catalog.row_number() OVER (PARTITION BY k.k) AS i FROM {pair.Live.Only} t JOIN pg_temp.{take} k ON k.k = {pair.Key("t")}),
                 gone AS (DELETE FROM {pair.Live.Only} t USING doomed d WHERE t.tableoid = d.o AND t.ctid = d.c AND d.i <= d.n RETURNING t.*),
                 kept AS (INSERT INTO {place} SELECT * FROM gone RETURNING 1)
            SELECT pg_catalog.count(*) FROM kept
            """;
        long removed = Number((await session.QueryAsync(remove, ct).ConfigureAwait(false))[0][0]);
        return (removed, $"{schema}.{name}");
    }

    private static long Number(string? text) => long.Parse(text!, CultureInfo.InvariantCulture);
}
