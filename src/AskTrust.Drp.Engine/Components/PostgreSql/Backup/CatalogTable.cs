using System.Globalization;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>A table, view or the like as the server's catalog lists it; only what a dump must hold.</summary>
/// <param name="Schema">Schema.</param>
/// <param name="Name">Name.</param>
/// <param name="Kind">r table, p partitioned table, f foreign table, v view, m materialized view.</param>
/// <param name="IsUnlogged">True for an unlogged table: a standby has no rows of it.</param>
/// <param name="IsReadable">False when this user may not read it.</param>
/// <param name="IsFiltered">True when row security hides rows from this user.</param>
/// <param name="Size">Bytes of rows, TOAST included.</param>
internal sealed record CatalogTable(string Schema, string Name, char Kind, bool IsUnlogged, bool IsReadable, bool IsFiltered, long Size)
{
    /// <summary>
    /// Not what belongs to an extension (CREATE EXTENSION brings it back), temporary tables, or the system's own schemas.
    /// The size only where a plan needs it: it asks the file system.
    /// </summary>
    private const string Query = """
        SELECT n.nspname, c.relname, c.relkind, c.relpersistence = 'u',
               pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
               c.relrowsecurity AND pg_catalog.row_security_active(c.oid),
               CASE WHEN {0} AND c.relkind = 'r' THEN pg_catalog.pg_table_size(c.oid) ELSE 0 END
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't'
          AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY 1, 2
        """;

    /// <summary>Key in manifests.</summary>
    public string Key => Sql.TableKey(Schema, Name);

    /// <summary>Kinds of entries in an archive that this may be.</summary>
    public string EntryKind => Kind switch
    {
        'f' => "FOREIGN TABLE",
        'v' => "VIEW",
        'm' => "MATERIALIZED VIEW",
        _ => "TABLE",
    };

    /// <summary>Every one of a database.</summary>
    public static async Task<IReadOnlyList<CatalogTable>> ListAsync(IPostgreSqlServer server, string database, bool sizes, CancellationToken ct)
    {
        string sql = Query.Replace("{0}", sizes ? "true" : "false", StringComparison.Ordinal);
        IReadOnlyList<string?[]> rows = await server.QueryAsync(database, sql, ct).ConfigureAwait(false);
        return [.. rows.Select(r => new CatalogTable(
            r[0]!, r[1]!, r[2]![0], r[3] == "t", r[4] == "t", r[5] == "t",
            // A table dropped just now has no size.
            r[6] is null ? 0 : long.Parse(r[6]!, CultureInfo.InvariantCulture)))];
    }
}
