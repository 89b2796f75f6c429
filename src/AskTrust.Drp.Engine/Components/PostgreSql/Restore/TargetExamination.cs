using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Looks at a server and a database before a restore. Reads only.</summary>
internal static class TargetExamination
{
    private const string Content = """
        WITH own AS (SELECT oid FROM pg_catalog.pg_namespace
                     WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp_|toast_temp_)'),
             brought AS (SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e')
        SELECT
          (SELECT count(*) FROM pg_catalog.pg_class c WHERE relnamespace IN (SELECT oid FROM own) AND relkind IN ('r', 'p', 'f')
             AND NOT EXISTS (SELECT 1 FROM brought WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = c.oid)),
          (SELECT count(*) FROM pg_catalog.pg_class c WHERE relnamespace IN (SELECT oid FROM own) AND relkind IN ('v', 'm', 'S', 'c')
             AND NOT EXISTS (SELECT 1 FROM brought WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = c.oid))
          + (SELECT count(*) FROM pg_catalog.pg_proc p WHERE pronamespace IN (SELECT oid FROM own)
             AND NOT EXISTS (SELECT 1 FROM brought WHERE classid = 'pg_catalog.pg_proc'::regclass AND objid = p.oid))
          + (SELECT count(*) FROM pg_catalog.pg_type t WHERE typnamespace IN (SELECT oid FROM own) AND typtype IN ('d', 'e', 'r')
             AND NOT EXISTS (SELECT 1 FROM brought WHERE classid = 'pg_catalog.pg_type'::regclass AND objid = t.oid))
          + (SELECT count(*) FROM pg_catalog.pg_namespace n WHERE oid IN (SELECT oid FROM own) AND nspname <> 'public'
             AND NOT EXISTS (SELECT 1 FROM brought WHERE classid = 'pg_catalog.pg_namespace'::regclass AND objid = n.oid))
          + (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata),
          (SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_catalog.pg_class WHERE relnamespace IN (SELECT oid FROM own) AND relkind = 'r')
        """;

    /// <summary>Where databases are made, renamed and dropped: never in the database itself.</summary>
    public static async Task<string> MaintenanceDatabaseAsync(IPostgreSqlServer server, string database, CancellationToken ct)
    {
        string[] candidates = [.. new[] { "postgres", "template1", server.Database }.Where(c => c != database).Distinct(StringComparer.Ordinal)];
        for (int i = 0; ; i++)
        {
            try
            {
                await server.QueryAsync(candidates[i], "SELECT 1", ct).ConfigureAwait(false);
                return candidates[i];
            }
            catch (DrpException e) when (i + 1 < candidates.Length && e.Code != DrpError.Unreachable)
            {
                // Not there, or closed to this user: the next one.
            }
        }
    }

    /// <summary>Looks.</summary>
    public static async Task<TargetState> ExamineAsync(IPostgreSqlServer server, string database, CancellationToken ct)
    {
        string maintenance = await MaintenanceDatabaseAsync(server, database, ct).ConfigureAwait(false);
        string?[] me = (await server.QueryAsync(maintenance,
            "SELECT current_user, pg_catalog.pg_is_in_recovery(), rolsuper, rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user", ct).ConfigureAwait(false))[0];
        var state = new TargetState { Database = database, Exists = false, IsEmpty = true, User = me[0]!, InRecovery = me[1] == "t", MayCreate = me[2] == "t" || me[3] == "t", MayReplace = me[2] == "t" };
        // Older servers know no providers; their locales are those of the C library.
        string provider = server.Major switch
        {
            >= 17 => "d.datlocprovider, d.datlocale",
            >= 15 => "d.datlocprovider, d.daticulocale",
            _ => "'c', NULL",
        };
        var rows = await server.QueryAsync(maintenance, $"""
            SELECT pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, {provider}, pg_catalog.pg_get_userbyid(d.datdba),
                   (SELECT spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = d.dattablespace AND spcname <> 'pg_default'),
                   CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT') THEN pg_catalog.pg_database_size(d.oid) ELSE 0 END,
                   (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid AND a.pid <> pg_catalog.pg_backend_pid()),
                   pg_catalog.pg_has_role(d.datdba, 'MEMBER'), d.datallowconn
            FROM pg_catalog.pg_database d WHERE d.datname = {Sql.Literal(database)}
            """, ct).ConfigureAwait(false);
        if (rows.Count == 0) return state;
        string?[] row = rows[0];
        if (row[10] != "t")
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(RestoreTexts.NoConnections, database)) { Hint = Text.Of(RestoreTexts.NoConnectionsHint, Sql.Identifier(database)), Subject = database };
        string?[] content = (await server.QueryAsync(database, Content, ct).ConfigureAwait(false))[0];
        int tables = int.Parse(content[0]!, CultureInfo.InvariantCulture);
        return state with
        {
            Exists = true,
            IsEmpty = tables == 0 && content[1] == "0",
            Tables = tables,
            ApproximateRows = long.Parse(content[2]!, CultureInfo.InvariantCulture),
            Size = long.Parse(row[7]!, CultureInfo.InvariantCulture),
            Connections = int.Parse(row[8]!, CultureInfo.InvariantCulture),
            MayReplace = state.MayReplace || row[9] == "t",
            Properties = new DatabaseProperties(row[0]!, row[1]!, row[2]!, row[3]!, row[4], row[5]!, row[6]),
        };
    }
}
