namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>Shares the rows of a database out to several dumps that run at the same time: big tables, balanced by size, and the rest.</summary>
internal static class ParallelPlan
{
    /// <summary>Tables named one by one on a command line; more would not balance better.</summary>
    private const int MostTables = 200;

    /// <summary>The groups besides the main dump, which takes all that is in none of them; empty when sharing does not pay.</summary>
    /// <param name="tables">Every table with its size.</param>
    /// <param name="jobs">Dumps in all, the main one included.</param>
    /// <param name="isUtf8">False: names travel in another encoding than the server expects, so only ASCII names are taken.</param>
    public static IReadOnlyList<IReadOnlyList<CatalogTable>> Share(IReadOnlyList<CatalogTable> tables, int jobs, bool isUtf8)
    {
        if (jobs < 2) return [];
        long total = tables.Sum(t => t.Size);
        CatalogTable[] big =
        [
            .. tables.Where(t => t.Kind == 'r' && t.Size > 0 && t.Size >= total / 100 && (isUtf8 || Ascii(t.Schema) && Ascii(t.Name)))
                .OrderByDescending(t => t.Size).ThenBy(t => t.Key, StringComparer.Ordinal).Take(MostTables),
        ];
        var groups = Enumerable.Range(0, jobs).Select(_ => new List<CatalogTable>()).ToArray();
        long[] load = new long[jobs];
        // The main dump also has everything small, and the schema.
        load[0] = total - big.Sum(t => t.Size);
        foreach (CatalogTable table in big)
        {
            int lightest = Array.IndexOf(load, load.Min());
            load[lightest] += table.Size;
            groups[lightest].Add(table);
        }

        return [.. groups.Skip(1).Where(g => g.Count > 0)];
    }

    /// <summary>A pattern of pg_dump that matches this table only: inside double quotes nothing is a wildcard, and a quote is doubled.</summary>
    public static string Pattern(CatalogTable table) => $"{Sql.Identifier(table.Schema)}.{Sql.Identifier(table.Name)}";

    private static bool Ascii(string name) => System.Text.Ascii.IsValid(name);
}
