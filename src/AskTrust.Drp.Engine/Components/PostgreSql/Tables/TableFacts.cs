using System.Globalization;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>A column.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Type, its names whole.</param>
/// <param name="Collation">Collation when it is not the type's own, quoted; else null.</param>
/// <param name="Required">True for NOT NULL.</param>
/// <param name="Generated">True when the server computes it.</param>
internal sealed record TableColumn(string Name, string Type, string? Collation, bool Required, bool Generated);

/// <summary>A table as one server has it.</summary>
internal sealed record TableFacts
{
    private const string List = """
        SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispartition
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
        ORDER BY 2, 3
        """;

    /// <summary>Number, for the catalog of its server.</summary>
    public required uint Oid { get; init; }

    /// <summary>Schema.</summary>
    public required string Schema { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>True for a partitioned table: its rows lie in its partitions.</summary>
    public required bool Partitioned { get; init; }

    /// <summary>True for a partition.</summary>
    public required bool IsPartition { get; init; }

    /// <summary>Columns in their order.</summary>
    public IReadOnlyList<TableColumn> Columns { get; init; } = [];

    /// <summary>Columns of the primary key; empty = there is none.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>True when rows can be inserted with <c>ON CONFLICT</c>: no rules, no constraint that is judged later.</summary>
    public bool TakesConflicts { get; init; }

    /// <summary>For people: schema and name.</summary>
    public string Display => $"{Schema}.{Name}";

    /// <summary>For SQL.</summary>
    public string Quoted => $"{Sql.Identifier(Schema)}.{Sql.Identifier(Name)}";

    /// <summary>For SQL: the rows of this very table; those of children by inheritance are theirs.</summary>
    public string Only => Partitioned ? Quoted : $"ONLY {Quoted}";

    /// <summary>Every table of a database; without columns.</summary>
    public static async Task<IReadOnlyList<TableFacts>> ListAsync(PsqlSession session, CancellationToken ct) =>
        [.. (await session.QueryAsync(List, ct).ConfigureAwait(false)).Select(r => new TableFacts
        {
            Oid = uint.Parse(r[0]!, CultureInfo.InvariantCulture), Schema = r[1]!, Name = r[2]!, Partitioned = r[3] == "p", IsPartition = r[4] == "t",
        })];

    /// <summary>The table with its columns and its key.</summary>
    public async Task<TableFacts> CompleteAsync(PsqlSession session, CancellationToken ct)
    {
        string columns = $"""
            SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                   CASE WHEN a.attcollation <> t.typcollation THEN pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) END,
                   a.attnotnull, a.attgenerated <> '',
                   (SELECT k.i FROM pg_catalog.pg_index x, pg_catalog.unnest(x.indkey::pg_catalog.int2[]) WITH ORDINALITY k(n, i) WHERE x.indrelid = a.attrelid AND x.indisprimary AND k.n = a.attnum)
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
            LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
            WHERE a.attrelid = {Oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """;
        var rows = await session.QueryAsync(columns, ct).ConfigureAwait(false);
        string takes = $"""
            SELECT NOT c.relhasrules AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND NOT i.indimmediate) FROM pg_catalog.pg_class c WHERE c.oid = {Oid}
            """;
        return this with
        {
            Columns = [.. rows.Select(r => new TableColumn(r[0]!, r[1]!, r[2], r[3] == "t", r[4] == "t"))],
            Key = [.. rows.Where(r => r[5] is not null).OrderBy(r => int.Parse(r[5]!, CultureInfo.InvariantCulture)).Select(r => r[0]!)],
            TakesConflicts = (await session.QueryAsync(takes, ct).ConfigureAwait(false)) is [["t"]],
        };
    }
}
