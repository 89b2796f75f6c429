using AskTrust.Drp.Engine.Components.PostgreSql.Physical;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Accidents;

/// <summary>What became of a relation whose file a transaction removed.</summary>
internal enum FileFate
{
    /// <summary>It is gone.</summary>
    Dropped,

    /// <summary>It has a new, empty file.</summary>
    Emptied,

    /// <summary>It has a new file with its rows in it.</summary>
    Rewritten,

    /// <summary>It has a new file, and which one cannot be told.</summary>
    Lost,
}

/// <summary>
/// Which file of one database belongs to which relation, followed through the WAL.
/// <para>
/// A transaction that gives relations new files removes the old ones with its commit. TRUNCATE, REINDEX and a move to another tablespace do so one by one: each
/// new file is made in the order in which the old ones are put on the list, which is kept backwards. A rewrite (VACUUM FULL, CLUSTER, ALTER TABLE) makes a
/// passing relation of its own, whose number is that of its file, and drops it when the files are swapped: its lock and its dropped statistics are in the WAL.
/// </para>
/// </summary>
/// <param name="statistics">True from PostgreSQL 15 on: a commit names the relations that are gone.</param>
internal sealed class RelationFiles(bool statistics)
{
    private readonly Dictionary<uint, uint> _relationOf = [];
    private readonly Dictionary<uint, string> _kinds = [];

    /// <summary>Takes the map of a base. Files known before stay known: none is named anew.</summary>
    public void Load(MappedDatabase database)
    {
        foreach (MappedRelation relation in database.Relations)
        {
            _kinds[relation.Oid] = relation.Kind;
            if (relation.File is { } file) _relationOf[file] = relation.Oid;
        }
    }

    /// <summary>Takes what a later map knows of files that no map before it has: a number is given once, so what happened to the file before that map happened to its relation.</summary>
    public void Expect(MappedDatabase database)
    {
        foreach (MappedRelation relation in database.Relations)
        {
            _kinds.TryAdd(relation.Oid, relation.Kind);
            if (relation.File is { } file) _relationOf.TryAdd(file, relation.Oid);
        }
    }

    /// <summary>The relation a file belongs to; null = not known.</summary>
    public uint? RelationOf(uint file) => _relationOf.TryGetValue(file, out uint relation) ? relation : null;

    /// <summary>Follows a commit; tells the fate of each known relation whose file it removed.</summary>
    /// <param name="database">Number of the database.</param>
    /// <param name="ending">The commit.</param>
    /// <param name="done">What the transaction did.</param>
    public IReadOnlyDictionary<uint, FileFate> Follow(uint database, WalEnding ending, WalTransaction done)
    {
        Dictionary<uint, FileFate> fates = [];
        List<WalPath> removed = [.. ending.Removed.Where(r => r.Database == database).Reverse()];
        if (!removed.Exists(r => _relationOf.ContainsKey(r.File))) return fates;

        List<WalPath> made = [.. done.Made.Where(m => m.Path.Database == database).OrderBy(m => m.At).Select(m => m.Path)];
        List<WalPath> old = [.. removed.Where(r => !made.Exists(m => m.File == r.File))];
        List<WalPath> kept = [.. made.Where(m => !removed.Exists(r => r.File == m.File))];
        HashSet<uint>? gone = ending.Gone is null && !statistics ? null : [.. (ending.Gone ?? []).Where(g => g.Database == database).Select(g => g.Relation)];
        foreach (WalPath file in old)
        {
            if (RelationOf(file.File) is { } relation && (gone is null ? kept.Count == 0 : gone.Contains(relation))) fates[relation] = FileFate.Dropped;
        }

        // A relation made by this transaction has the number of its file, and is locked by that number; a new file of an old relation is not.
        List<WalPath> replacing = [.. kept.Where(k => !done.Locked.Contains(k.File))];
        List<WalPath> passing = [.. kept.Where(k => done.Locked.Contains(k.File) && gone?.Contains(k.File) != false)];
        List<WalPath> replaced = [.. old.Where(o => RelationOf(o.File) is not { } relation || fates.GetValueOrDefault(relation, FileFate.Lost) != FileFate.Dropped)];
        if (passing.Count > 0 && (gone is not null || replaced.Count != replacing.Count)) Rewrites(replaced, passing, fates);
        else Pairs(replaced, replacing, fates);
        return fates;
    }

    private void Pairs(List<WalPath> replaced, List<WalPath> replacing, Dictionary<uint, FileFate> fates)
    {
        for (int i = 0; i < replaced.Count; i++)
        {
            if (RelationOf(replaced[i].File) is not { } relation) continue;
            if (replaced.Count != replacing.Count)
            {
                fates[relation] = FileFate.Lost;
                continue;
            }

            _relationOf[replacing[i].File] = relation;
            fates[relation] = replaced[i].Place == replacing[i].Place ? FileFate.Emptied : FileFate.Rewritten;
        }
    }

    private void Rewrites(List<WalPath> replaced, List<WalPath> passing, Dictionary<uint, FileFate> fates)
    {
        // Of indexes and TOAST only the fate is not known; nobody asks for it.
        bool all = replaced.TrueForAll(r => RelationOf(r.File) is not null);
        List<uint> tables = [.. replaced.Select(r => RelationOf(r.File)).OfType<uint>().Where(r => _kinds.GetValueOrDefault(r) is "r" or "m")];
        for (int i = 0; i < tables.Count; i++)
        {
            // VACUUM FULL and CLUSTER make a passing TOAST relation too, after that of the table.
            if (tables.Count == 1 || (all && tables.Count == passing.Count))
            {
                _relationOf[passing[i].File] = tables[i];
                fates[tables[i]] = FileFate.Rewritten;
            }
            else
            {
                fates[tables[i]] = FileFate.Lost;
            }
        }
    }
}
