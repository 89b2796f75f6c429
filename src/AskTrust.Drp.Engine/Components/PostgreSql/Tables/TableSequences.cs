using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Archive;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>Sets sequences so that new rows do not collide with those that came back. They only ever go forward, for the server does not take a <c>setval</c> back.</summary>
internal sealed class TableSequences(PsqlSession session, PsqlSession copy)
{
    /// <summary>Sequences that columns of a table (or of the tables it is part of) take their values from: identity, serial, a default of any kind.</summary>
    private const string Query = """
        WITH family AS (SELECT pg_catalog.to_regclass({0})::pg_catalog.oid AS oid UNION SELECT relid FROM pg_catalog.pg_partition_ancestors(pg_catalog.to_regclass({0})) UNION SELECT relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass({0}))),
             used AS (SELECT d.objid AS seq, d.refobjid AS tab, d.refobjsubid::pg_catalog.int4 AS col FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i') AND d.refobjid IN (SELECT oid FROM family)
                      UNION SELECT d.refobjid, a.adrelid, a.adnum FROM pg_catalog.pg_attrdef a
                      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = a.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      WHERE a.adrelid IN (SELECT oid FROM family))
        SELECT DISTINCT pg_catalog.format('%I.%I', n.nspname, s.relname), pg_catalog.format('%s%I.%I', CASE t.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, tn.nspname, t.relname), pg_catalog.quote_ident(a.attname),
               a.atttypid::pg_catalog.int8 IN (20, 21, 23), q.seqincrement > 0
        FROM used u JOIN pg_catalog.pg_class s ON s.oid = u.seq AND s.relkind = 'S' JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
        JOIN pg_catalog.pg_class t ON t.oid = u.tab JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = u.tab AND a.attnum = u.col
        """;

    /// <summary>Sequences that were made again go on where they were.</summary>
    public async Task GoOnAsync(IEnumerable<DumpEntry> made, CancellationToken ct)
    {
        foreach (DumpEntry sequence in made.Where(e => e.Kind == "SEQUENCE"))
        {
            string name = $"{Sql.Identifier(sequence.Schema!)}.{Sql.Identifier(sequence.Name)}";
            string?[] was = (await copy.QueryAsync($"SELECT last_value, is_called FROM {name}", ct).ConfigureAwait(false))[0];
            await session.QueryAsync($"SELECT pg_catalog.setval({Sql.Literal(name)}, {was[0]}, {(was[1] == "t" ? "true" : "false")})", ct).ConfigureAwait(false);
        }
    }

    /// <summary>Moves the sequences of a table beyond its rows, and beyond where they were.</summary>
    public async Task AdvanceAsync(TableFacts table, CancellationToken ct)
    {
        foreach (string?[] used in await session.QueryAsync(Query.Replace("{0}", Sql.Literal(table.Quoted), StringComparison.Ordinal), ct).ConfigureAwait(false))
        {
            string sequence = used[0]!;
            bool up = used[4] == "t";
            string farthest = up ? "greatest" : "least", beyond = up ? ">" : "<";
            string rows = used[3] == "t" ? $"(SELECT pg_catalog.{(up ? "max" : "min")}({used[2]})::pg_catalog.int8 FROM {used[1]})" : "NULL::pg_catalog.int8";
            string was = await WasAsync(sequence, ct).ConfigureAwait(false) is { } value ? value.ToString(CultureInfo.InvariantCulture) : "NULL::pg_catalog.int8";
            await session.QueryAsync($"""
                SELECT pg_catalog.setval({Sql.Literal(sequence)}, f.v, true)
                FROM (SELECT {farthest}({rows}, {was}) AS v) f, {sequence} s, pg_catalog.pg_sequence q
                WHERE q.seqrelid = {Sql.Literal(sequence)}::pg_catalog.regclass AND f.v BETWEEN q.seqmin AND q.seqmax AND (f.v {beyond} s.last_value OR (f.v = s.last_value AND NOT s.is_called))
                """, ct).ConfigureAwait(false);
        }
    }

    private async Task<long?> WasAsync(string sequence, CancellationToken ct)
    {
        bool there = (await copy.QueryAsync($"SELECT relkind FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass({Sql.Literal(sequence)}) AND relkind = 'S'", ct).ConfigureAwait(false)).Count > 0;
        if (!there) return null;
        string?[] was = (await copy.QueryAsync($"SELECT last_value, is_called FROM {sequence}", ct).ConfigureAwait(false))[0];
        return was[1] == "t" ? long.Parse(was[0]!, CultureInfo.InvariantCulture) : null;
    }
}
