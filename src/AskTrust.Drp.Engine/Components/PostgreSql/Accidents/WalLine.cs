using System.Globalization;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Accidents;

/// <summary>One line of <c>pg_waldump</c>: one record of the WAL. What all versions from 13 on write alike is read; the rest is left alone.</summary>
internal readonly ref struct WalLine
{
    private const string Head = "rmgr: ";

    /// <summary>Who wrote the record: <c>Heap</c>, <c>Transaction</c>, …</summary>
    public required ReadOnlySpan<char> Manager { get; init; }

    /// <summary>Transaction; 0 = none.</summary>
    public required uint Xid { get; init; }

    /// <summary>Where it begins.</summary>
    public required Lsn Lsn { get; init; }

    /// <summary>Where the record before it begins.</summary>
    public required Lsn Previous { get; init; }

    /// <summary>What it does: first word of the description.</summary>
    public required ReadOnlySpan<char> Operation { get; init; }

    /// <summary>What follows that word.</summary>
    public required ReadOnlySpan<char> Details { get; init; }

    /// <summary>Reads a line.</summary>
    /// <returns>False for what is not about a record, e.g. the notice that a search began between two records.</returns>
    /// <exception cref="FormatException">It is about a record, and does not look as expected.</exception>
    public static bool TryRead(ReadOnlySpan<char> line, out WalLine record)
    {
        record = default;
        if (!line.StartsWith(Head, StringComparison.Ordinal)) return false;
        ReadOnlySpan<char> rest = line[Head.Length..];
        int blank = rest.IndexOf(' ');
        if (blank <= 0) throw Strange(line);
        ReadOnlySpan<char> manager = rest[..blank];
        if (!uint.TryParse(Take(ref rest, ", tx:", ","), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out uint xid)
            || !TryLsn(Take(ref rest, " lsn:", ","), out Lsn lsn)
            || !TryLsn(Take(ref rest, " prev ", ","), out Lsn previous))
        {
            throw Strange(line);
        }

        int at = rest.IndexOf(" desc: ", StringComparison.Ordinal);
        if (at < 0) throw Strange(line);
        rest = rest[(at + 7)..];
        int end = rest.IndexOf(' ');
        record = new WalLine { Manager = manager, Xid = xid, Lsn = lsn, Previous = previous, Operation = end < 0 ? rest : rest[..end], Details = end < 0 ? [] : rest[(end + 1)..] };
        return true;
    }

    /// <summary>The relation of the first block it changes.</summary>
    public bool TryRelation(out uint database, out uint file)
    {
        (database, file) = (0, 0);
        const string mark = "blkref #0: rel ";
        int at = Details.IndexOf(mark, StringComparison.Ordinal);
        if (at < 0) return false;
        ReadOnlySpan<char> path = Details[(at + mark.Length)..];
        int end = path.IndexOf(' ');
        return TryPath(end < 0 ? path : path[..end], out database, out file);
    }

    /// <summary>The last two numbers of a path: <c>1663/16384/16385</c>, <c>base/16384/16385</c>, <c>pg_tblspc/16500/PG_15_202209061/16384/16385</c>.</summary>
    public static bool TryPath(ReadOnlySpan<char> path, out uint database, out uint file)
    {
        (database, file) = (0, 0);
        int last = path.LastIndexOf('/');
        if (last < 0) return false;
        ReadOnlySpan<char> folder = path[..last];
        return uint.TryParse(path[(last + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out file)
            && uint.TryParse(folder[(folder.LastIndexOf('/') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out database);
    }

    private static ReadOnlySpan<char> Take(ref ReadOnlySpan<char> rest, string before, string after)
    {
        int at = rest.IndexOf(before, StringComparison.Ordinal);
        if (at < 0) return [];
        rest = rest[(at + before.Length)..];
        int end = rest.IndexOf(after, StringComparison.Ordinal);
        if (end < 0) return [];
        ReadOnlySpan<char> text = rest[..end];
        rest = rest[end..];
        return text;
    }

    private static bool TryLsn(ReadOnlySpan<char> text, out Lsn lsn)
    {
        lsn = default;
        text = text.Trim();
        int slash = text.IndexOf('/');
        if (slash <= 0 || !uint.TryParse(text[..slash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint high)
            || !uint.TryParse(text[(slash + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint low))
        {
            return false;
        }

        lsn = new Lsn(((ulong)high << 32) | low);
        return true;
    }

    private static FormatException Strange(ReadOnlySpan<char> line) => new(line.Length > 200 ? line[..200].ToString() : line.ToString());
}
