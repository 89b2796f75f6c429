using AskTrust.Drp.Engine.Components.PostgreSql.Archive;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// The entries of an archive in the three steps in which it is restored while it arrives: what must be there before the data, the data, the rest.
/// Privileges belong to the rest, as in a plain run of <c>pg_restore</c>: an owner who revoked a right from himself can still load.
/// </summary>
/// <param name="Before">Ids, in the order of the archive.</param>
/// <param name="After">Ids, in the order of the archive.</param>
/// <param name="Indexes">Of the rest, by the id of a table's data: what needs nothing but that table, so it can be built while other tables still load.</param>
/// <param name="IsFree">False: some table's data must follow that of another one, so the blocks cannot be restored in any order.</param>
internal sealed record ArchiveSteps(IReadOnlyList<int> Before, IReadOnlyList<int> After, ILookup<int, int> Indexes, bool IsFree)
{
    private const int None = 1, BeforeData = 2;

    /// <summary>Shares the entries out.</summary>
    public static ArchiveSteps Of(IReadOnlyList<DumpEntry> entries)
    {
        List<int> before = [], after = [];
        HashSet<int> data = [.. entries.Where(e => e.HasData).Select(e => e.Id)];
        int section = BeforeData;
        foreach (DumpEntry entry in entries)
        {
            // Comments, labels and privileges have no section of their own: they go with the entry before them.
            if (entry.Section != None) section = entry.Section;
            if (entry.HasData) continue;
            (section == BeforeData && entry.Kind != "ACL" ? before : after).Add(entry.Id);
        }

        return new ArchiveSteps(before, after, IndexesOf(entries, before, after), !entries.Any(e => e.Needs.Any(data.Contains)));
    }

    /// <summary>Indexes, primary keys and unique constraints. Foreign keys, and what belongs to several tables, wait for everything.</summary>
    private static ILookup<int, int> IndexesOf(IReadOnlyList<DumpEntry> entries, List<int> before, List<int> after)
    {
        HashSet<int> early = [.. before], late = [.. after];
        HashSet<int> tables = [.. entries.Where(e => e.Kind == "TABLE").Select(e => e.Id)];
        Dictionary<int, int> dataOf = [];
        foreach (DumpEntry data in entries.Where(e => e.HasData && e.Kind == "TABLE DATA"))
        {
            foreach (int table in data.Needs.Where(tables.Contains)) dataOf.TryAdd(table, data.Id);
        }

        return entries
            .Where(e => e.Kind is "INDEX" or "CONSTRAINT" && late.Contains(e.Id) && e.Needs.All(early.Contains) && e.Needs.Count(tables.Contains) == 1)
            .Select(e => (e.Id, Table: e.Needs.First(tables.Contains))).Where(e => dataOf.ContainsKey(e.Table))
            .ToLookup(e => dataOf[e.Table], e => e.Id);
    }
}
