using System.Globalization;

namespace AskTrust.Drp.TestBed;

/// <summary>Databases to practise on.</summary>
public static class SampleDatabases
{
    /// <summary>Exact rows of every ordinary table (leaf partitions each), one line <c>schema|table|rows</c>, fields as psql's CSV.</summary>
    private const string CountQuery = """
        SELECT format('SELECT %L, %L, count(*) FROM ONLY %I.%I;', n.nspname, c.relname, n.nspname, c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY 1
        """;

    /// <summary>Makes a web shop: users, products, orders and their items, with text and JSON.</summary>
    /// <param name="cluster">Where.</param>
    /// <param name="database">Name of the database to make.</param>
    /// <param name="orders">Orders; about 500 bytes each with what belongs to them.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task MakeShopAsync(PostgreSqlCluster cluster, string database = "shop", int orders = 1000, CancellationToken ct = default)
    {
        await cluster.SqlAsync($"CREATE DATABASE \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", ct: ct);
        await cluster.ToolAsync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", $"rows={orders.ToString(CultureInfo.InvariantCulture)}", "-f", Script("shop")], database, ct: ct);
    }

    /// <summary>Makes a database with one of everything: types, extensions, large objects, partitions, odd names …</summary>
    public static async Task MakeZooAsync(PostgreSqlCluster cluster, string database = "zoo", CancellationToken ct = default)
    {
        await cluster.SqlAsync($"CREATE DATABASE \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", ct: ct);
        await cluster.ToolAsync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", Script("zoo")], database, ct: ct);
    }

    /// <summary>SQL of the shop, for servers that only take text (containers); <c>:rows</c> is filled in.</summary>
    public static string ShopSql(int orders = 1000) =>
        File.ReadAllText(Script("shop")).Replace(":rows", orders.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>Exact rows of every table by <c>count(*)</c>, as CSV lines <c>schema,table,rows</c>.</summary>
    public static async Task<string> CountAsync(PostgreSqlCluster cluster, string database, CancellationToken ct = default)
    {
        string queries = await cluster.ToolAsync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"], database, CountQuery, ct);
        return await cluster.ToolAsync("psql", ["-X", "-q", "-t", "--csv", "-v", "ON_ERROR_STOP=1", "-f", "-"], database, queries, ct);
    }

    private static string Script(string name) => Path.Join(AppContext.BaseDirectory, "scripts", "sql", $"{name}.sql");
}
