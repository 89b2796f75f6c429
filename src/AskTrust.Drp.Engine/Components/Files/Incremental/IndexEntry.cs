using System.Buffers.Text;
using AskTrust.Drp.Engine.Components.Tar;

namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>
/// One line of an index: <c>PLACE KIND BYTES SIZE MTIME CTIME INODE LINKS PATH</c>. Place is the archive it lies in: 0 the full one, 1 the first after it, and so on. Kind is
/// <c>f</c> file, <c>h</c> further name of a file before it in the same archive, <c>d</c> folder, <c>l</c> symbolic link, <c>L</c> one that leads out, <c>p</c> anything else.
/// Bytes is what the archive holds of it; the five words after it are the stamp: what the file system said before it was read. A ctime of <c>-</c> never fits again. The path
/// is relative to the folder, without <c>./</c>; the folder itself has none. Lines end with a zero byte and stand in the order of the bytes of their paths.
/// </summary>
internal readonly ref struct IndexEntry
{
    /// <summary>The first line of every index.</summary>
    public static ReadOnlySpan<byte> Header => "AskTrust.Drp files index 1"u8;

    private IndexEntry(int place, byte kind, long bytes, ReadOnlySpan<byte> stamp, ReadOnlySpan<byte> path)
    {
        (Place, Kind, Bytes) = (place, kind, bytes);
        Stamp = stamp;
        Path = path;
    }

    /// <summary>Which archive of the chain it lies in.</summary>
    public int Place { get; }

    /// <summary>What it is.</summary>
    public byte Kind { get; }

    /// <summary>Bytes of the file, holes included.</summary>
    public long Bytes { get; }

    /// <summary>Size, mtime, ctime, inode, names.</summary>
    public ReadOnlySpan<byte> Stamp { get; }

    /// <summary>Its path.</summary>
    public ReadOnlySpan<byte> Path { get; }

    /// <summary>What <c>find</c> calls something of that kind.</summary>
    public byte Type => Kind switch { (byte)'h' => (byte)'f', (byte)'L' => (byte)'l', _ => Kind };

    /// <summary>Reads a line.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static IndexEntry Read(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line;
        if (!Utf8Parser.TryParse(Word(ref rest), out int place, out _) || place < 0) throw new InvalidDataException();
        ReadOnlySpan<byte> kind = Word(ref rest);
        if (kind.Length != 1 || !"fhdlLp"u8.Contains(kind[0]) || !Utf8Parser.TryParse(Word(ref rest), out long bytes, out _) || bytes < 0) throw new InvalidDataException();
        ReadOnlySpan<byte> stamp = Stamps(ref rest);
        return new IndexEntry(place, kind[0], bytes, stamp, rest);
    }

    /// <summary>The kind of an entry of an archive.</summary>
    public static byte KindOf(TarEntry entry) => entry.Kind switch
    {
        TarKind.File => (byte)'f',
        TarKind.HardLink => (byte)'h',
        TarKind.Folder => (byte)'d',
        TarKind.SymbolicLink => TarNames.PointsOutside(TarNames.Trim(entry.Name), entry.Target) ? (byte)'L' : (byte)'l',
        _ => (byte)'p',
    };

    /// <summary>Takes the five words of a stamp off a line.</summary>
    public static ReadOnlySpan<byte> Stamps(scoped ref ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> whole = rest;
        for (int i = 0; i < 5; i++) Word(ref rest);
        return whole[..(whole.Length - rest.Length - 1)];
    }

    /// <summary>Takes a word off a line.</summary>
    public static ReadOnlySpan<byte> Word(scoped ref ReadOnlySpan<byte> rest)
    {
        int space = rest.IndexOf((byte)' ');
        if (space <= 0) throw new InvalidDataException();
        ReadOnlySpan<byte> word = rest[..space];
        rest = rest[(space + 1)..];
        return word;
    }
}
