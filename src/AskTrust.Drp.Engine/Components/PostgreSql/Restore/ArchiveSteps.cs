using AskTrust.Drp.Engine.Components.PostgreSql.Archive;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// The entries of an archive in the three steps in which it is restored while it arrives: what must be there before the data, the data, the rest.
/// Privileges belong to the rest, as in a plain run of <c>pg_restore</c>: an owner who revoked a right from himself can still load.
/// </summary>
/// <param name="Before">Ids, in the order of the archive.</param>
/// <param name="After">Ids, in the order of the archive.</param>
/// <param name="IsFree">False: some table's data must follow that of another one, so the blocks cannot be restored in any order.</param>
internal sealed record ArchiveSteps(IReadOnlyList<int> Before, IReadOnlyList<int> After, bool IsFree)
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

        return new ArchiveSteps(before, after, !entries.Any(e => e.Needs.Any(data.Contains)));
    }
}
