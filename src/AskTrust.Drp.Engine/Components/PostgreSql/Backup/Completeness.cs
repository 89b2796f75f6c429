using AskTrust.Drp.Engine.Components.PostgreSql.Archive;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>Compares what the server's catalog lists with what the archives hold: a dump that pg_dump calls complete need not be.</summary>
internal static class Completeness
{
    /// <summary>What is missing, by key; empty when nothing is.</summary>
    /// <param name="before">The catalog before the dump.</param>
    /// <param name="after">The catalog after it: what was dropped or made meanwhile is not asked for.</param>
    /// <param name="archives">The archives that together are the dump.</param>
    /// <param name="isStandby">True when dumped from a standby, which has no rows of unlogged tables.</param>
    public static IReadOnlyList<string> Missing(
        IReadOnlyList<CatalogTable> before, IReadOnlyList<CatalogTable> after, IReadOnlyCollection<DumpArchive> archives, bool isStandby)
    {
        // Without a table of contents nothing can be said; the caller warns.
        if (archives.Any(a => a.State != DumpArchiveState.Complete)) return [];
        HashSet<string> still = [.. after.Select(t => t.Kind + t.Key)];
        HashSet<string> made = [], filled = [];
        foreach (DumpEntry entry in archives.SelectMany(a => a.Entries))
        {
            string key = Sql.TableKey(entry.Schema ?? "", entry.Name);
            if (entry.Kind == "TABLE DATA") filled.Add(key);
            else made.Add($"{entry.Kind} {key}");
        }

        return
        [
            .. before.Where(t => still.Contains(t.Kind + t.Key) && (!made.Contains($"{t.EntryKind} {t.Key}") || NeedsData(t, isStandby) && !filled.Contains(t.Key)))
                .Select(t => t.Key),
        ];
    }

    private static bool NeedsData(CatalogTable table, bool isStandby) => table.Kind == 'r' && !(isStandby && table.IsUnlogged);
}
