using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>How many rows are where.</summary>
/// <param name="Rows">Of the table as it was.</param>
/// <param name="LiveRows">Of the live one.</param>
/// <param name="Missing">That the live one has no more.</param>
/// <param name="Changed">Of the same key, with other content.</param>
/// <param name="New">That only the live one has.</param>
internal sealed record TableCounts(long Rows, long LiveRows, long Missing, long Changed, long New);

/// <summary>
/// Compares tables as they were with the live ones, on the throw-away server: of the live rows only keys and digests travel, and nothing of either is kept in
/// our memory.
/// </summary>
internal sealed class TableComparison(HostContext host, IPostgreSqlServer copy, IPostgreSqlServer live, string database)
{
    private const string Scratch = "\"drp comparison\"";

    /// <summary>Table with the differences of a pair, on the throw-away server.</summary>
    public static string Difference(TablePair pair) => string.Create(CultureInfo.InvariantCulture, $"{Scratch}.difference_{pair.Index}");

    /// <summary>Compares.</summary>
    public async Task<TableCounts> RunAsync(TablePair pair, CancellationToken ct)
    {
        PsqlSession session = await PsqlSession.StartAsync(host, copy, database, ct).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        if (pair.Live is null)
        {
            long all = Number((await session.QueryAsync($"SELECT pg_catalog.count(*) FROM {pair.Was.Only}", ct).ConfigureAwait(false))[0][0]);
            return new TableCounts(all, 0, all, 0, 0);
        }

        string rows = string.Create(CultureInfo.InvariantCulture, $"{Scratch}.live_{pair.Index}"), difference = Difference(pair);
        await session.ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS {Scratch}; CREATE UNLOGGED TABLE {rows} (k pg_catalog.text COLLATE pg_catalog.\"C\", h pg_catalog.bytea, n pg_catalog.int8)", ct).ConfigureAwait(false);
        await session.CopyInAsync(rows, await PsqlSession.RowsAsync(host, live, database, pair.LiveQuery, ct).ConfigureAwait(false), live.Description, ct).ConfigureAwait(false);
        string counts = $"""
            ANALYZE {rows};
            {pair.Compare(rows, difference)};
            ANALYZE {difference};
            SELECT (SELECT pg_catalog.count(*) FROM {pair.Was.Only}), (SELECT coalesce(pg_catalog.sum(n), 0) FROM {rows}),
                   coalesce(pg_catalog.sum(put) FILTER (WHERE take = 0), 0), pg_catalog.count(*) FILTER (WHERE put > 0 AND take > 0), coalesce(pg_catalog.sum(take) FILTER (WHERE put = 0), 0)
            FROM {difference}
            """;
        string?[] found = (await session.QueryAsync(counts, ct).ConfigureAwait(false))[0];
        return new TableCounts(Number(found[0]), Number(found[1]), Number(found[2]), Number(found[3]), Number(found[4]));
    }

    private static long Number(string? text) => long.Parse(text!, CultureInfo.InvariantCulture);
}
