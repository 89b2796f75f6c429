using System.Globalization;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Accidents;

/// <summary>A file of a relation, by the path that WAL has for it.</summary>
/// <param name="Place">Folder: the same for two files of one tablespace and database.</param>
/// <param name="Database">Number of the database.</param>
/// <param name="File">Name of the file.</param>
internal readonly record struct WalPath(string Place, uint Database, uint File)
{
    /// <summary>Reads it; null for the other forks of a relation, and for what is no relation.</summary>
    public static WalPath? Read(string path) =>
        WalLine.TryPath(path, out uint database, out uint file) ? new WalPath(path[..path.LastIndexOf('/')], database, file) : null;
}

/// <summary>How a transaction ended: what its COMMIT or ABORT record says.</summary>
internal sealed record WalEnding
{
    /// <summary>The transaction.</summary>
    public required uint Xid { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Its subtransactions that ended with it.</summary>
    public IReadOnlyList<uint> Parts { get; init; } = [];

    /// <summary>Files that were removed with it, the last removed first.</summary>
    public IReadOnlyList<WalPath> Removed { get; init; } = [];

    /// <summary>Relations whose statistics went with it: they themselves are gone, by their number, not by their file. Null before PostgreSQL 15.</summary>
    public IReadOnlyList<(uint Database, uint Relation)>? Gone { get; init; }

    /// <summary>Reads the record.</summary>
    /// <exception cref="FormatException">It does not look as expected.</exception>
    public static WalEnding Read(in WalLine line)
    {
        string[] sections = line.Details.ToString().Split("; ", StringSplitOptions.TrimEntries);
        string time = sections[0];
        uint xid = line.Xid;
        // Of a prepared transaction, the record belongs to whoever ended it, and names the one that is meant.
        if (line.Operation.EndsWith("_PREPARED", StringComparison.Ordinal))
        {
            int colon = time.IndexOf(": ", StringComparison.Ordinal);
            xid = uint.Parse(colon < 0 ? "" : time.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture);
            time = time[(colon + 2)..];
        }

        int zone = time.LastIndexOf(' ');
        if (zone < 0 || time[(zone + 1)..] is not ("UTC" or "GMT")) throw new FormatException(time);
        return new WalEnding
        {
            Xid = xid, Time = DateTimeOffset.Parse(time.AsSpan(0, zone), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal),
            Parts = [.. Words(sections, "subxacts:").Select(w => uint.Parse(w, CultureInfo.InvariantCulture))],
            Removed = [.. Words(sections, "rels:").Select(WalPath.Read).OfType<WalPath>()],
            Gone = sections.Any(s => s.StartsWith(Statistics, StringComparison.Ordinal)) ? [.. Words(sections, Statistics).Select(Relation).OfType<(uint, uint)>()] : null,
        };
    }

    private const string Statistics = "dropped stats:";

    private static IEnumerable<string> Words(string[] sections, string name) =>
        sections.Where(s => s.StartsWith(name, StringComparison.Ordinal)).SelectMany(s => s[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries));

    // Kind 2 is a relation.
    private static (uint, uint)? Relation(string word) => word.StartsWith("2/", StringComparison.Ordinal) && WalLine.TryPath(word, out uint database, out uint relation) ? (database, relation) : null;
}
