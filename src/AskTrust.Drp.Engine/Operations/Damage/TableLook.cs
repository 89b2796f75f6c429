using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>A table that has lost rows.</summary>
/// <param name="Table">As manifests name it.</param>
/// <param name="Kind">How.</param>
/// <param name="Then">Rows in the newest backup.</param>
/// <param name="Now">Rows now, counted.</param>
internal sealed record TableLoss(string Table, DamageKind Kind, long Then, long Now);

/// <summary>
/// Compares the tables of a database with the counts of a backup. Statistics only say where to look: a table that seems to have lost rows is counted, and when that
/// takes too long nothing is said of it.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="rows">Rows of each table in the backup; null = not known, so nothing is compared.</param>
/// <param name="unknown">Gets what could not be counted.</param>
internal sealed class TableLook(IPostgreSqlServer server, IReadOnlyDictionary<string, long>? rows, Action<string> unknown)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Rows of the server that the backup has not, by statistics; null when not known.</summary>
    public long? NewRows { get; private set; }

    /// <summary>Looks.</summary>
    public async Task<IReadOnlyList<TableLoss>> RunAsync(CancellationToken ct)
    {
        if (rows is null) return [];
        IReadOnlyList<CatalogTable> tables = await CatalogTable.ListAsync(server, server.Database, sizes: false, ct).ConfigureAwait(false);
        Dictionary<string, CatalogTable> there = tables.ToDictionary(t => t.Key, StringComparer.Ordinal);
        Dictionary<string, (long Live, bool Empty)> guess = await GuessAsync(ct).ConfigureAwait(false);
        NewRows = guess.Where(g => there.ContainsKey(g.Key)).Sum(g => Math.Max(0, g.Value.Live - rows.GetValueOrDefault(g.Key)));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(s_patience);
        List<TableLoss> lost = [];
        foreach (var (name, then) in rows.Where(r => r.Value > 0).OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            if (!there.TryGetValue(name, out CatalogTable? table)) lost.Add(new TableLoss(name, DamageKind.TableMissing, then, 0));
            else if (table.IsReadable && !table.IsFiltered && guess.TryGetValue(name, out var seems) && seems.Live < Half(then) && await CountAsync(name, seems.Empty, patience.Token, ct).ConfigureAwait(false) is { } now && now < Half(then))
                lost.Add(new TableLoss(name, now == 0 ? DamageKind.TableEmpty : DamageKind.RowsMissing, then, now));
        }

        return lost;
    }

    private static long Half(long rows) => (rows + 1) / 2;

    /// <summary>Rows of each table by the statistics, and whether its file is empty.</summary>
    private async Task<Dictionary<string, (long Live, bool Empty)>> GuessAsync(CancellationToken ct)
    {
        const string sql = """
            SELECT n.nspname, c.relname, pg_catalog.pg_stat_get_live_tuples(c.oid), pg_catalog.pg_relation_size(c.oid) = 0
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            """;
        var found = await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false);
        return found.ToDictionary(r => Sql.TableKey(r[0]!, r[1]!), r => (long.Parse(r[2]!, CultureInfo.InvariantCulture), r[3] == "t"), StringComparer.Ordinal);
    }

    private async Task<long?> CountAsync(string table, bool empty, CancellationToken patience, CancellationToken ct)
    {
        if (empty) return 0;
        try
        {
            // The key is quoted as SQL wants it.
            return long.Parse((await server.QueryAsync(server.Database, $"SELECT pg_catalog.count(*) FROM ONLY {table}", patience).ConfigureAwait(false))[0][0]!, CultureInfo.InvariantCulture);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            unknown(Text.Of(DamageTexts.NotCounted, table));
            return null;
        }
        catch (DrpException e)
        {
            unknown(e.Message);
            return null;
        }
    }
}
