namespace AskTrust.Drp.Engine.Components.PostgreSql.Accidents;

/// <summary>What a transaction that runs has done so far, as far as it matters here.</summary>
/// <param name="first">Its first record.</param>
/// <param name="previous">The record before.</param>
internal sealed class WalTransaction(Lsn first, Lsn previous)
{
    /// <summary>Its first record.</summary>
    public Lsn First { get; private set; } = first;

    /// <summary>The record before its first one.</summary>
    public Lsn Previous { get; private set; } = previous;

    /// <summary>Its last record.</summary>
    public Lsn Last { get; set; } = first;

    /// <summary>Files it made.</summary>
    public List<(Lsn At, WalPath Path)> Made { get; } = [];

    /// <summary>Relations it locked against everybody, by number.</summary>
    public HashSet<uint> Locked { get; } = [];

    /// <summary>Relations that it says it truncated (only with <c>wal_level = logical</c>).</summary>
    public HashSet<uint> Truncated { get; } = [];

    /// <summary>Rows it deleted, by file.</summary>
    public Dictionary<uint, long> Deleted { get; } = [];

    /// <summary>Rows it changed, by file.</summary>
    public Dictionary<uint, long> Updated { get; } = [];

    /// <summary>True when it removed the whole database.</summary>
    public bool DatabaseGone { get; set; }

    /// <summary>Takes over what a part of it did.</summary>
    public void Add(WalTransaction part)
    {
        if (part.First < First) (First, Previous) = (part.First, part.Previous);
        if (part.Last > Last) Last = part.Last;
        Made.AddRange(part.Made);
        Locked.UnionWith(part.Locked);
        Truncated.UnionWith(part.Truncated);
        foreach (var (file, rows) in part.Deleted) Count(Deleted, file, rows);
        foreach (var (file, rows) in part.Updated) Count(Updated, file, rows);
        DatabaseGone |= part.DatabaseGone;
    }

    /// <summary>Counts rows.</summary>
    public static void Count(Dictionary<uint, long> rows, uint file, long count = 1) => rows[file] = rows.GetValueOrDefault(file) + count;
}
