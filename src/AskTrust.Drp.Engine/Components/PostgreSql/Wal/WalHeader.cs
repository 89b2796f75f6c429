using System.Buffers.Binary;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Wal;

/// <summary>The first page of a segment says whose it is.</summary>
/// <param name="Magic">Version of the page format; it changes with the major version.</param>
/// <param name="Timeline">Timeline of the first page; older than that of the segment's name when the segment begins with a copy.</param>
/// <param name="Address">Position of the page.</param>
/// <param name="System">System identifier.</param>
/// <param name="SegmentSize">Bytes of a segment.</param>
/// <param name="BlockSize">Bytes of a page.</param>
internal sealed record WalHeader(int Magic, uint Timeline, ulong Address, ulong System, int SegmentSize, int BlockSize)
{
    /// <summary>Bytes of the header of the first page of a segment.</summary>
    public const int Length = 40;

    /// <summary>The next page goes on with a record begun before.</summary>
    public const int Continues = 1;

    /// <summary>The header is a long one.</summary>
    public const int Long = 2;

    /// <summary>The record begun before was given up by a crash.</summary>
    public const int Overwrites = 8;

    private static readonly Dictionary<int, int> s_majors = new() { [0xD106] = 13, [0xD10D] = 14, [0xD110] = 15, [0xD113] = 16, [0xD116] = 17, [0xD118] = 18 };

    /// <summary>Major version; null for a page format this program does not know.</summary>
    public int? Major => s_majors.TryGetValue(Magic, out int major) ? major : null;

    /// <summary>Reads it; null when these bytes are not the beginning of a segment.</summary>
    public static WalHeader? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Length) return null;
        int magic = BinaryPrimitives.ReadUInt16LittleEndian(bytes), info = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        if (magic >> 8 != 0xD1 || (info & Long) == 0) return null;
        uint segment = BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]), block = BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]);
        if (segment is < 1 << 20 or > 1 << 30 || (segment & (segment - 1)) != 0 || block is < 1024 or > 65536 || (block & (block - 1)) != 0) return null;
        return new WalHeader(magic, BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]), (int)segment, (int)block);
    }

    /// <summary>System identifier of the server whose data directory this is; null when it is none.</summary>
    public static ulong? SystemOf(string dataDirectory)
    {
        string file = Path.Combine(dataDirectory, "global", "pg_control");
        if (!File.Exists(file)) return null;
        Span<byte> bytes = stackalloc byte[8];
        using FileStream stream = File.OpenRead(file);
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
