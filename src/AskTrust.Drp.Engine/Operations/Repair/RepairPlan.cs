using AskTrust.Drp.Engine.Components.PostgreSql;

namespace AskTrust.Drp.Engine.Operations.Repair;

/// <summary>An index of the database.</summary>
/// <param name="Name">As the check names it: <c>schema.name</c>.</param>
/// <param name="Sql">Quoted.</param>
/// <param name="Table">Its table, as the check names it.</param>
/// <param name="TableSql">Its table, quoted.</param>
/// <param name="IsSystem">One of the catalogs, or of what they keep elsewhere: it cannot be rebuilt beside the old one.</param>
/// <param name="IsExclusion">Of an exclusion constraint: likewise.</param>
internal sealed record KnownIndex(string Name, string Sql, string Table, string TableSql, bool IsSystem, bool IsExclusion)
{
    /// <summary>Every plain index of a database; those of the catalogs, too.</summary>
    public static async Task<IReadOnlyList<KnownIndex>> ListAsync(IPostgreSqlServer server, string database, CancellationToken ct)
    {
        const string sql = """
            SELECT n.nspname || '.' || c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname), tn.nspname || '.' || t.relname, pg_catalog.format('%I.%I', tn.nspname, t.relname),
                   c.oid < 16384, i.indisexclusion
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_class t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
            WHERE c.relkind = 'i' AND c.relpersistence <> 't' AND NOT c.relisshared ORDER BY 1
            """;
        var rows = await server.QueryAsync(database, sql, ct).ConfigureAwait(false);
        return [.. rows.Select(r => new KnownIndex(r[0]!, r[1]!, r[2]!, r[3]!, r[4] == "t", r[5] == "t"))];
    }

    /// <summary>Rebuilds it: beside the old one while everybody works, where the server can.</summary>
    public string Rebuild => $"REINDEX INDEX {(IsSystem || IsExclusion ? "" : "CONCURRENTLY ")}{Sql}";
}

/// <summary>What a repair would do. An index is rebuilt from its table, so the indexes of a damaged table are left alone: a new one would hide the damage.</summary>
internal static class RepairPlan
{
    /// <summary>The statements, in order.</summary>
    /// <param name="found">What is damaged.</param>
    /// <param name="indexes">Every index.</param>
    /// <param name="options">What was asked.</param>
    /// <param name="database">The database.</param>
    public static IReadOnlyList<string> Of(IntegrityReport found, IReadOnlyList<KnownIndex> indexes, RepairOptions options, string database)
    {
        HashSet<string> damaged = [.. found.Corruptions.Where(c => c.Kind != CorruptionKind.Index).Select(c => c.Relation)];
        HashSet<string> broken = [.. found.Corruptions.Where(c => c.Kind == CorruptionKind.Index).Select(c => c.Relation)];
        HashSet<string> invalid = [.. found.InvalidIndexes.Where(i => !i.IsRemnant).Select(i => i.Index)];
        List<string> statements = [.. found.InvalidIndexes.Where(i => i.IsRemnant).Select(i => $"DROP INDEX CONCURRENTLY {i.Index}")];
        HashSet<string> remnants = [.. found.InvalidIndexes.Where(i => i.IsRemnant).Select(i => i.Index)];
        KnownIndex[] chosen = [.. indexes.Where(i => !remnants.Contains(i.Sql) && !damaged.Contains(i.Table) && (broken.Contains(i.Name) || invalid.Contains(i.Sql) || (options.All && !i.IsSystem)))];
        statements.AddRange(chosen.Select(i => i.Rebuild));
        if (!options.NoAnalyze)
        {
            // A damaged table could not be read to its end.
            if (damaged.Count == 0) statements.Add("ANALYZE");
            else statements.AddRange(chosen.Where(i => !i.IsSystem).Select(i => i.TableSql).Distinct(StringComparer.Ordinal).Select(t => $"ANALYZE {t}"));
        }

        if (options.All && damaged.Count == 0)
        {
            statements.AddRange(found.Collations.Select(c => c.Name == "database" ? $"ALTER DATABASE {Sql.Identifier(database)} REFRESH COLLATION VERSION" : $"ALTER COLLATION {c.Name} REFRESH VERSION"));
        }

        return statements;
    }
}
