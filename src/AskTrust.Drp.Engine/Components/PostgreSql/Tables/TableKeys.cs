using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>
/// Foreign keys while rows are put back with triggers off: what triggers would have judged row by row is judged here for all rows at once, before the
/// transaction may end.
/// </summary>
internal sealed class TableKeys(PsqlSession session)
{
    /// <summary>Foreign keys from and to a table (and the tables it is part of); <c>c</c> = the rows that refer, <c>p</c> = those referred to.</summary>
    private const string Query = """
        WITH family AS (SELECT {0}::pg_catalog.oid AS oid UNION SELECT relid FROM pg_catalog.pg_partition_ancestors({0}::pg_catalog.regclass) UNION SELECT relid FROM pg_catalog.pg_partition_tree({0}::pg_catalog.regclass))
        SELECT con.conname, n.nspname || '.' || c.relname, m.nspname || '.' || p.relname,
               pg_catalog.format('%s%I.%I', CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, n.nspname, c.relname),
               pg_catalog.format('%s%I.%I', CASE p.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, m.nspname, p.relname),
               pg_catalog.string_agg(pg_catalog.format('p.%I OPERATOR(%I.%s) c.%I', pa.attname, ons.nspname, o.oprname, ca.attname), ' AND '),
               pg_catalog.string_agg(pg_catalog.format('c.%I IS NOT NULL', ca.attname), ' AND '), con.conrelid IN (SELECT oid FROM family), con.confrelid IN (SELECT oid FROM family)
        FROM pg_catalog.pg_constraint con
        JOIN pg_catalog.pg_class c ON c.oid = con.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_class p ON p.oid = con.confrelid JOIN pg_catalog.pg_namespace m ON m.oid = p.relnamespace
        CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(con.conkey), pg_catalog.unnest(con.confkey), pg_catalog.unnest(con.conpfeqop)) k(ck, pk, op)
        JOIN pg_catalog.pg_attribute ca ON ca.attrelid = con.conrelid AND ca.attnum = k.ck JOIN pg_catalog.pg_attribute pa ON pa.attrelid = con.confrelid AND pa.attnum = k.pk
        JOIN pg_catalog.pg_operator o ON o.oid = k.op JOIN pg_catalog.pg_namespace ons ON ons.oid = o.oprnamespace
        WHERE con.contype = 'f' AND con.conparentid = 0 AND con.convalidated AND (con.conrelid IN (SELECT oid FROM family) OR con.confrelid IN (SELECT oid FROM family))
        GROUP BY con.oid, con.conname, n.nspname, c.relname, c.relkind, m.nspname, p.relname, p.relkind, con.conrelid, con.confrelid ORDER BY 2, 1
        """;

    /// <summary>Holds the rows that the brought ones refer to, as the triggers would: nobody removes them until our transaction has ended.</summary>
    public async Task HoldAsync(TablePair pair, CancellationToken ct)
    {
        foreach (string?[] key in (await ReadAsync(pair, ct).ConfigureAwait(false)).Where(k => k[7] == "t"))
            await session.QueryAsync($"SELECT pg_catalog.count(*) FROM (SELECT 1 FROM {key[4]} p WHERE EXISTS (SELECT FROM {TableMerge.Brought(pair)} c WHERE {key[5]}) FOR KEY SHARE) x", ct).ConfigureAwait(false);
    }

    /// <summary>Judges.</summary>
    /// <param name="pair">The table.</param>
    /// <param name="removed">True when rows were removed from it: then also those that refer to it.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: rows would refer to nothing.</exception>
    public async Task RequireAsync(TablePair pair, bool removed, CancellationToken ct)
    {
        foreach (string?[] key in (await ReadAsync(pair, ct).ConfigureAwait(false)).Where(k => k[7] == "t" || (removed && k[8] == "t")))
        {
            string count = $"SELECT pg_catalog.count(*) FROM {key[3]} c WHERE {key[6]} AND NOT EXISTS (SELECT FROM {key[4]} p WHERE {key[5]})";
            long orphans = long.Parse((await session.QueryAsync(count, ct).ConfigureAwait(false))[0][0]!, CultureInfo.InvariantCulture);
            if (orphans == 0) continue;
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(TableTexts.Orphans, pair.Was.Display, orphans, key[1], key[2], key[0]))
            {
                Subject = pair.Was.Display, Hint = Text.Of(TableTexts.OrphansHint, key[7] == "t" ? key[2] : key[1]),
            };
        }
    }

    private Task<IReadOnlyList<string?[]>> ReadAsync(TablePair pair, CancellationToken ct) =>
        session.QueryAsync(Query.Replace("{0}", pair.Live!.Oid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), ct);
}
