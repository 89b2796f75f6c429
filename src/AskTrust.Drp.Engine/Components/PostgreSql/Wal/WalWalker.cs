using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Wal;

/// <summary>The beginning of a record that the next segment ends.</summary>
/// <param name="Bytes">Its bytes so far.</param>
/// <param name="Missing">Bytes that are missing.</param>
internal sealed record WalTail(byte[] Bytes, int Missing);

/// <summary>
/// Walks through the records of one segment, each proven by its checksum, as far as they are whole. An open segment is filled up with zeros, and its end is
/// nowhere written down: it ends behind the last record that is proven. Call <see cref="Advance"/> again when more was written.
/// </summary>
/// <param name="segmentSize">Bytes of a segment.</param>
/// <param name="before">The beginning of a record that the segment before ended with; null = not known.</param>
internal sealed class WalWalker(int segmentSize, WalTail? before = null)
{
    private const int RecordHeader = 24;
    private const int ShortHeader = 24;
    private const int LongestTail = 64 * 1024 * 1024;
    private static readonly long s_epoch = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
    private byte[] _page = [];
    private long _loaded = -1;
    private int _block = 8192;
    private int _magic;
    private ulong _address;
    private long _position;

    /// <summary>Bytes from the beginning that are proven.</summary>
    public long Proven { get; private set; }

    /// <summary>The last commit among them.</summary>
    public DateTimeOffset? LastCommit { get; private set; }

    /// <summary>True when the server closed the segment early: nothing comes any more.</summary>
    public bool Closed { get; private set; }

    /// <summary>The beginning of a record at the end of the segment.</summary>
    public WalTail? Tail { get; private set; }

    /// <summary>System identifier of the first page; null before it is there.</summary>
    public ulong? System { get; private set; }

    /// <summary>Walks on as far as records are whole.</summary>
    public void Advance(SafeFileHandle file)
    {
        _loaded = -1;
        while (!Closed && _position < segmentSize && Step(file))
        {
            // On to the next record.
        }
    }

    private bool Step(SafeFileHandle file)
    {
        long start = _position;
        if (start % _block == 0)
        {
            if (!Load(file, start, out int header, out int info, out int rest)) return false;
            if (start == 0 && (info & WalHeader.Continues) != 0) return Continue(file, header, rest);
            // Behind a record given up by a crash a page may go on with nothing.
            start += header;
        }

        if (!Load(file, start / _block * _block, out _, out _, out _)) return false;
        int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(_page.AsSpan((int)(start % _block)));
        if (length < RecordHeader) return false;
        return Read(file, start, [], length);
    }

    /// <summary>The segment begins in the middle of a record.</summary>
    private bool Continue(SafeFileHandle file, int header, int rest)
    {
        if (before is { } tail && tail.Missing == rest) return Read(file, header, tail.Bytes, rest);
        // Its beginning is not at hand, so it cannot be proven by itself: it is when a later record is.
        return Collect(file, header, rest, null) is { } end && MoveTo(end);
    }

    private bool Read(SafeFileHandle file, long start, byte[] begun, int length)
    {
        byte[] record = new byte[Math.Min(begun.Length + length, LongestTail)];
        if (record.Length < begun.Length + length)
        {
            // Longer than we care to hold: passed over, proven by what follows.
            return Collect(file, start, length, null) is { } behind && MoveTo(behind);
        }

        begun.CopyTo(record, 0);
        if (Collect(file, start, length, record.AsMemory(begun.Length)) is not { } end) return false;
        if (end < 0) return MoveTo(end);

        if (end > segmentSize)
        {
            int missing = (int)(end - segmentSize);
            Tail = new WalTail(record[..^missing], missing);
            _position = segmentSize;
            return false;
        }

        if (!IsProven(record)) return false;
        Learn(record);
        MoveTo(end);
        Proven = _position;
        return true;
    }

    /// <summary>Where the next record begins: behind this one, rounded up to eight bytes; where a crash made the server give one up, at the page that says so.</summary>
    private bool MoveTo(long end)
    {
        _position = end < 0 ? -end : Math.Min(segmentSize, (end + 7) / 8 * 8);
        return _position < segmentSize;
    }

    /// <summary>Copies bytes across pages.</summary>
    /// <returns>Offset behind them (beyond the segment by as many as are missing there); null when they are not there yet; negative: the page at which they were given up.</returns>
    private long? Collect(SafeFileHandle file, long at, int count, Memory<byte>? into)
    {
        int done = 0;
        while (done < count)
        {
            if (at >= segmentSize) return segmentSize + (count - done);
            bool first = at % _block == 0;
            if (!Load(file, at / _block * _block, out int header, out int info, out int rest)) return null;
            if (first)
            {
                if ((info & WalHeader.Overwrites) != 0) return -at;
                if ((info & WalHeader.Continues) == 0 || rest != count - done) return null;
                at += header;
            }

            int take = (int)Math.Min(count - done, _block - (at % _block));
            into?.Span.Slice(done, take).Clear();
            if (into is { } memory) _page.AsSpan((int)(at % _block), take).CopyTo(memory.Span[done..]);
            done += take;
            at += take;
        }

        return at;
    }

    private bool Load(SafeFileHandle file, long page, out int header, out int info, out int rest)
    {
        (header, info, rest) = (0, 0, 0);
        if (page == 0 && _loaded != 0 && !LoadFirst(file)) return false;
        if (_loaded != page)
        {
            if (_page.Length != _block) _page = new byte[_block];
            if (RandomAccess.Read(file, _page, page) != _block) return false;
            _loaded = page;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(_page) != _magic || BinaryPrimitives.ReadUInt64LittleEndian(_page.AsSpan(8)) != _address + (ulong)page) return false;
        info = BinaryPrimitives.ReadUInt16LittleEndian(_page.AsSpan(2));
        header = (info & WalHeader.Long) != 0 ? WalHeader.Length : ShortHeader;
        rest = (int)BinaryPrimitives.ReadUInt32LittleEndian(_page.AsSpan(16));
        return true;
    }

    private bool LoadFirst(SafeFileHandle file)
    {
        byte[] bytes = new byte[WalHeader.Length];
        if (RandomAccess.Read(file, bytes, 0) != bytes.Length || WalHeader.Read(bytes) is not { } first || first.SegmentSize != segmentSize) return false;
        (_magic, _address, _block, System) = (first.Magic, first.Address, first.BlockSize, first.System);
        _loaded = -1;
        return true;
    }

    /// <summary>CRC-32C over the record behind its header, then over the header without the checksum.</summary>
    private static bool IsProven(ReadOnlySpan<byte> record)
    {
        if (record.Length < RecordHeader || BinaryPrimitives.ReadUInt32LittleEndian(record) != record.Length) return false;
        uint crc = Crc(Crc(uint.MaxValue, record[RecordHeader..]), record[..(RecordHeader - 4)]) ^ uint.MaxValue;
        return crc == BinaryPrimitives.ReadUInt32LittleEndian(record[(RecordHeader - 4)..]);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    private void Learn(ReadOnlySpan<byte> record)
    {
        const int xlog = 0, transaction = 1;
        int info = record[16], manager = record[17];
        if (manager == xlog && (info & 0xF0) == 0x40) Closed = true;
        // Commit, and commit of a prepared transaction.
        if (manager == transaction && (info & 0x70) is 0x00 or 0x30 && MainData(record) is { Length: >= 8 } data)
        {
            long ticks = s_epoch + (BinaryPrimitives.ReadInt64LittleEndian(data) * 10);
            if (ticks > 0 && ticks < DateTime.MaxValue.Ticks) LastCommit = new DateTimeOffset(ticks, TimeSpan.Zero);
        }
    }

    private static ReadOnlySpan<byte> MainData(ReadOnlySpan<byte> record)
    {
        for (int at = RecordHeader; at + 5 < record.Length;)
        {
            switch (record[at])
            {
                case 255: return record[(at + 2)..];
                case 254: return record[(at + 5)..];
                case 253: at += 3; break;
                case 252: at += 5; break;
                default: return [];
            }
        }

        return [];
    }
}
