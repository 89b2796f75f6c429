namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>
/// Statements that bring back what belongs to the database itself and is in no table of contents that pg_restore applies without
/// <c>--create</c>: settings, privileges, comment, connection limit. The name is written <c>:"db"</c>.
/// </summary>
internal static class DatabaseSettings
{
    private const string Settings = """
        SELECT r.rolname, pg_catalog.unnest(s.setconfig)
        FROM pg_catalog.pg_db_role_setting s
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
        WHERE s.setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        ORDER BY 1 NULLS FIRST, 2
        """;

    private const string Privileges = """
        SELECT g.rolname, a.privilege_type, a.is_grantable, o.rolname
        FROM pg_catalog.pg_database d
        JOIN pg_catalog.pg_roles o ON o.oid = d.datdba
        LEFT JOIN LATERAL pg_catalog.aclexplode(d.datacl) WITH ORDINALITY a ON true
        LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
        WHERE d.datname = pg_catalog.current_database() AND d.datacl IS NOT NULL
        ORDER BY a.ordinality
        """;

    private const string Properties = """
        SELECT d.datconnlimit, d.datistemplate, pg_catalog.shobj_description(d.oid, 'pg_database')
        FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
        """;

    private const string Labels = """
        SELECT l.provider, l.label FROM pg_catalog.pg_shseclabel l
        WHERE l.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
          AND l.objoid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        """;

    /// <summary>Settings whose value is a list of names, each quoted by itself.</summary>
    private static readonly HashSet<string> s_lists = new(StringComparer.OrdinalIgnoreCase)
    {
        "search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries", "shared_preload_libraries", "unix_socket_directories",
    };

    /// <summary>Reads them.</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(IPostgreSqlServer server, string database, CancellationToken ct)
    {
        var statements = new List<string>();
        string?[] properties = (await server.QueryAsync(database, Properties, ct).ConfigureAwait(false))[0];
        if (properties[0] != "-1") statements.Add($"ALTER DATABASE :\"db\" CONNECTION LIMIT {properties[0]};");
        if (properties[1] == "t") statements.Add("ALTER DATABASE :\"db\" IS_TEMPLATE true;");
        if (properties[2] is { } comment) statements.Add($"COMMENT ON DATABASE :\"db\" IS {Sql.Literal(comment)};");
        foreach (string?[] label in await server.QueryAsync(database, Labels, ct).ConfigureAwait(false))
            statements.Add($"SECURITY LABEL FOR {Sql.Identifier(label[0]!)} ON DATABASE :\"db\" IS {Sql.Literal(label[1]!)};");
        AddPrivileges(statements, await server.QueryAsync(database, Privileges, ct).ConfigureAwait(false));
        foreach (string?[] row in await server.QueryAsync(database, Settings, ct).ConfigureAwait(false))
        {
            string target = row[0] is { } role ? $"ROLE {Sql.Identifier(role)} IN DATABASE :\"db\"" : "DATABASE :\"db\"";
            int equal = row[1]!.IndexOf('=', StringComparison.Ordinal);
            statements.Add(Setting(target, row[1]![..equal], row[1]![(equal + 1)..]));
        }

        return statements;
    }

    /// <summary>One SET statement; a list is a list again, everything else one constant.</summary>
    internal static string Setting(string target, string name, string value)
    {
        string quoted = s_lists.Contains(name) ? string.Join(", ", Elements(value).Select(Sql.Literal)) : Sql.Literal(value);
        // A custom setting has two parts, each an identifier.
        return $"ALTER {target} SET {string.Join('.', name.Split('.').Select(Sql.Identifier))} TO {(quoted.Length == 0 ? "''" : quoted)};";
    }

    private static void AddPrivileges(List<string> statements, IReadOnlyList<string?[]> rows)
    {
        if (rows.Count == 0) return;
        statements.Add("REVOKE ALL ON DATABASE :\"db\" FROM PUBLIC;");
        statements.Add($"REVOKE ALL ON DATABASE :\"db\" FROM {Sql.Identifier(rows[0][3]!)};");
        foreach (var group in rows.Where(r => r[1] is not null).GroupBy(r => (Grantee: r[0], Grantable: r[2])))
        {
            string grantee = group.Key.Grantee is { } role ? Sql.Identifier(role) : "PUBLIC";
            string option = group.Key.Grantable == "t" ? " WITH GRANT OPTION" : "";
            statements.Add($"GRANT {string.Join(", ", group.Select(r => r[1]))} ON DATABASE :\"db\" TO {grantee}{option};");
        }
    }

    /// <summary>Elements of a list like <c>"$user", public</c>.</summary>
    private static IEnumerable<string> Elements(string list)
    {
        for (int i = 0; i < list.Length;)
        {
            if (list[i] is ' ' or ',')
            {
                i++;
                continue;
            }

            var element = new System.Text.StringBuilder();
            if (list[i] == '"')
            {
                for (i++; i < list.Length; i++)
                {
                    if (list[i] == '"' && (i + 1 >= list.Length || list[i + 1] != '"')) break;
                    if (list[i] == '"') i++;
                    element.Append(list[i]);
                }

                i++;
            }
            else
            {
                while (i < list.Length && list[i] != ',') element.Append(list[i++]);
            }

            yield return element.ToString().TrimEnd();
        }
    }
}
