namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>A table as it was, and as the live server has it; with the SQL by which their rows are compared.</summary>
internal sealed class TablePair
{
    private readonly IReadOnlyList<string> _key;

    /// <param name="index">Its number in the run, for names.</param>
    /// <param name="was">As it was.</param>
    /// <param name="live">As it is; null = it is gone.</param>
    public TablePair(int index, TableFacts was, TableFacts? live)
    {
        (Index, Was, Live) = (index, was, live);
        var here = live?.Columns.ToDictionary(c => c.Name, StringComparer.Ordinal);
        Shared = [.. was.Columns.Where(c => here is null ? !c.Generated : here.TryGetValue(c.Name, out TableColumn? now) && !now.Generated && !c.Generated).Select(c => c.Name)];
        Lost = here is null ? [] : [.. was.Columns.Where(c => !c.Generated && !here.ContainsKey(c.Name)).Select(c => c.Name)];
        _key = was.Key.Count > 0 && live is not null && was.Key.ToHashSet(StringComparer.Ordinal).SetEquals(live.Key) && was.Key.All(k => Shared.Contains(k, StringComparer.Ordinal)) ? was.Key : [];
    }

    /// <summary>Its number in the run.</summary>
    public int Index { get; }

    /// <summary>As it was.</summary>
    public TableFacts Was { get; }

    /// <summary>As it is; null = it is gone.</summary>
    public TableFacts? Live { get; }

    /// <summary>Columns that both have and nobody computes.</summary>
    public IReadOnlyList<string> Shared { get; }

    /// <summary>Columns with data that the live table has no more.</summary>
    public IReadOnlyList<string> Lost { get; }

    /// <summary>True when rows are known again by a primary key, which both tables have.</summary>
    public bool Keyed => _key.Count > 0;

    /// <summary>Shared columns, for SQL.</summary>
    public string Columns(string? of = null) => Names(Shared, of);

    /// <summary>What a row is known again by, as text: its primary key, or else all of it.</summary>
    public string Key(string of) => Keyed ? $"ROW({Names(_key, of)})::pg_catalog.text" : $"pg_catalog.encode({Digest(of)}, 'hex')";

    /// <summary>All of a row in 32 bytes.</summary>
    public string Digest(string of) => $"pg_catalog.sha256(pg_catalog.convert_to(ROW({Names(Shared, of)})::pg_catalog.text, 'UTF8'))";

    /// <summary>The live table for the comparison: key, digest, how often.</summary>
    public string LiveQuery => Keyed
        ? $"SELECT {Key("t")}, {Digest("t")}, 1 FROM {Live!.Only} t"
        : $"SELECT {Key("t")}, NULL, pg_catalog.count(*) FROM {Live!.Only} t GROUP BY 1";

    /// <summary>Compares, on the server that recovered: <c>put</c> rows of a key to bring, <c>take</c> rows of a key to remove, for the two to become equal.</summary>
    /// <param name="live">Table with the rows of <see cref="LiveQuery"/>.</param>
    /// <param name="difference">Table to make.</param>
    public string Compare(string live, string difference) => Keyed
        ? $"""
            CREATE UNLOGGED TABLE {difference} AS
            SELECT coalesce(r.k, l.k) AS k, (r.k IS NOT NULL)::pg_catalog.int4 AS put, (l.k IS NOT NULL)::pg_catalog.int4 AS take
            FROM (SELECT {Key("t")} COLLATE pg_catalog."C" AS k, {Digest("t")} AS h FROM {Was.Only} t) r FULL JOIN {live} l ON l.k = r.k
            WHERE r.k IS NULL OR l.k IS NULL OR r.h <> l.h
            """
        : $"""
            CREATE UNLOGGED TABLE {difference} AS
            SELECT coalesce(r.k, l.k) AS k, greatest(coalesce(r.n, 0) - coalesce(l.n, 0), 0) AS put, greatest(coalesce(l.n, 0) - coalesce(r.n, 0), 0) AS take
            FROM (SELECT {Key("t")} COLLATE pg_catalog."C" AS k, pg_catalog.count(*) AS n FROM {Was.Only} t GROUP BY 1) r FULL JOIN {live} l ON l.k = r.k
            WHERE r.n IS DISTINCT FROM l.n
            """;

    /// <summary>The recovered rows that a difference says are to be put.</summary>
    /// <param name="difference">From <see cref="Compare"/>.</param>
    /// <param name="changed">Also those whose key is in the live table with other content.</param>
    public string RowsToPut(string difference, bool changed) => $"""
        SELECT {Columns("x")} FROM (SELECT {Columns("t")}, d.put AS "drp put", pg_catalog.row_number() OVER (PARTITION BY d.k) AS "drp row"
          FROM {Was.Only} t JOIN {difference} d ON d.k = {Key("t")} WHERE d.put > 0{(changed ? "" : " AND d.take = 0")}) x WHERE x."drp row" <= x."drp put"
        """;

    private static string Names(IEnumerable<string> names, string? of) => string.Join(", ", names.Select(n => of is null ? Sql.Identifier(n) : $"{of}.{Sql.Identifier(n)}"));
}
