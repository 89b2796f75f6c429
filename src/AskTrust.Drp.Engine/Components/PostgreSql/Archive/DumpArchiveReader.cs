using System.Buffers.Binary;
using System.Globalization;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Archive;

/// <summary>
/// Reads an archive of <c>pg_dump --format=custom</c> as its bytes pass by: header, table of contents, then data blocks. Written to a pipe
/// and without compression the blocks hold COPY text in which every line is a row, so counting newlines counts rows at no cost for the server.
/// Knows the versions 1.12 to 1.16 of the format (PostgreSQL 9.0 to 18); of others it says <see cref="DumpArchiveState.Unknown"/>.
/// </summary>
internal sealed class DumpArchiveReader
{
    private const byte BlockOfData = 1, BlockOfLargeObjects = 3, CustomFormat = 1;

    /// <summary>One entry of the table of contents larger than this is no entry: give up rather than fill the memory.</summary>
    private const int LargestEntry = 256 * 1024 * 1024;

    private static ReadOnlySpan<byte> Magic => "PGDMP"u8;

    private readonly List<DumpEntry> _entries = [];
    private readonly List<DumpBlock> _blocks = [];
    private readonly Dictionary<int, DumpEntry> _byId = [];
    private readonly HashSet<int> _seen = [];
    private readonly Dictionary<string, long> _rows = new(StringComparer.Ordinal);
    private readonly byte[] _carry = new byte[16];
    private byte[] _head = [];
    private int _headCount, _carryCount;
    private Stage _stage = Stage.Header;
    private int _version, _integerSize = 4, _offsetSize = 8, _entriesLeft;
    private bool _compressed;
    private string? _toolVersion, _serverVersion, _problem;
    private DumpArchiveState _failure;
    private long _largeObjects, _newlines, _fed, _blockStart, _after;
    private int _left;
    private ulong _tail;
    private DumpEntry? _current;

    private enum Stage
    {
        Header,
        Contents,
        BlockType,
        BlockId,
        ChunkLength,
        Chunk,
        ObjectId,
        ObjectChunkLength,
        ObjectChunk,
        Failed,
    }

    /// <summary>Entry whose data passes now; null before and between.</summary>
    public DumpEntry? Current => _current;

    /// <summary>Bytes of header and table of contents; null until they have passed.</summary>
    public long? HeadLength { get; private set; }

    /// <summary>True when the bytes are no archive that is known here, or contradict the format: nothing more will be found in them.</summary>
    public bool HasFailed => _stage == Stage.Failed;

    /// <summary>Table of contents, as far as it has passed.</summary>
    public IReadOnlyList<DumpEntry> Entries => _entries;

    /// <summary>Data blocks in their order, as far as they have passed; only the last one may be open.</summary>
    public IReadOnlyList<DumpBlock> Blocks => _blocks;

    /// <summary>Takes the next bytes.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _fed += bytes.Length;
        if (_stage is Stage.Header or Stage.Contents) bytes = FeedHead(bytes);
        if (_stage is not (Stage.Header or Stage.Contents or Stage.Failed)) FeedBlocks(bytes);
    }

    /// <summary>The bytes have ended: what was in them.</summary>
    public DumpArchive Finish()
    {
        DumpArchiveState state = DumpArchiveState.Complete;
        if (_stage == Stage.Failed) state = _failure;
        else if (_stage != Stage.BlockType || _carryCount > 0)
        {
            state = DumpArchiveState.Truncated;
            _problem = _current is { } open ? Sql.TableKey(open.Schema ?? "", open.Name) : _stage.ToString();
        }
        else if (_entries.Find(e => e.HasData && !_seen.Contains(e.Id)) is { } missing)
        {
            state = DumpArchiveState.Truncated;
            _problem = $"{missing.Kind} {Sql.TableKey(missing.Schema ?? "", missing.Name)}";
        }

        bool counted = state == DumpArchiveState.Complete && !_compressed;
        return new DumpArchive
        {
            State = state, Problem = _problem, Format = _version == 0 ? null : $"{_version >> 8}.{_version & 255}", ToolVersion = _toolVersion,
            ServerVersion = _serverVersion, Entries = _entries, Rows = counted ? _rows : null,
            LargeObjects = state == DumpArchiveState.Complete ? _largeObjects : null,
        };
    }

    /// <summary>Header and contents are collected piece by piece until an entry is whole; returns what is left for the blocks.</summary>
    private ReadOnlySpan<byte> FeedHead(ReadOnlySpan<byte> bytes)
    {
        if (_headCount + bytes.Length > _head.Length) Array.Resize(ref _head, Math.Max(_head.Length * 2, _headCount + bytes.Length));
        bytes.CopyTo(_head.AsSpan(_headCount));
        _headCount += bytes.Length;
        int at = 0;
        while (_stage is Stage.Header or Stage.Contents)
        {
            var cursor = new ArchiveCursor(_head.AsSpan(at, _headCount - at), _integerSize);
            if (!(_stage == Stage.Header ? ReadHeader(ref cursor) : ReadEntry(ref cursor))) break;
            at += cursor.Position;
        }

        if (_stage is Stage.Header or Stage.Contents)
        {
            if (_headCount - at > LargestEntry) Fail(DumpArchiveState.Unknown, "table of contents");
            _head.AsSpan(at, _headCount - at).CopyTo(_head);
            _headCount -= at;
            return [];
        }

        if (_stage == Stage.Failed) return [];
        ReadOnlySpan<byte> rest = _head.AsSpan(at, _headCount - at);
        HeadLength = _fed - rest.Length;
        _head = [];
        return rest;
    }

    private bool ReadHeader(ref ArchiveCursor cursor)
    {
        Span<byte> magic = stackalloc byte[5];
        foreach (ref byte b in magic) b = cursor.Byte();
        int major = cursor.Byte(), minor = cursor.Byte();
        cursor.Skip(1);
        int integerSize = cursor.Byte(), offsetSize = cursor.Byte(), format = cursor.Byte();
        if (cursor.IsShort) return false;
        if (!magic.SequenceEqual(Magic)) return Fail(DumpArchiveState.Unknown, "PGDMP");
        _version = (major << 8) | minor;
        if (major != 1 || minor is < 12 or > 16 || integerSize != 4 || offsetSize is < 1 or > 8 || format != CustomFormat)
            return Fail(DumpArchiveState.Unknown, $"{major}.{minor}");
        bool compressed = minor >= 15 ? cursor.Byte() != 0 : cursor.Integer() != 0;
        // Second, minute, hour, day, month, year, daylight saving.
        for (int i = 0; i < 7; i++) cursor.Integer();
        cursor.SkipString();
        string? server = cursor.String();
        string? tool = cursor.String();
        int entries = cursor.Integer();
        if (cursor.IsShort) return false;
        if (entries < 0) return Fail(DumpArchiveState.Damaged, "table of contents");
        (_integerSize, _offsetSize, _compressed, _serverVersion, _toolVersion, _entriesLeft) = (integerSize, offsetSize, compressed, server, tool, entries);
        _stage = entries == 0 ? Stage.BlockType : Stage.Contents;
        return true;
    }

    private bool ReadEntry(ref ArchiveCursor cursor)
    {
        int id = cursor.Integer();
        bool hasData = cursor.Integer() != 0;
        cursor.SkipString(); // catalog
        cursor.SkipString(); // oid
        string? name = cursor.String();
        string? kind = cursor.String();
        int section = cursor.Integer();
        cursor.SkipString(); // definition
        cursor.SkipString(); // drop statement
        cursor.SkipString(); // COPY statement
        string? schema = cursor.String();
        cursor.SkipString(); // tablespace
        if ((_version & 255) >= 14) cursor.SkipString(); // access method
        if ((_version & 255) >= 16) cursor.Integer(); // relation kind
        cursor.SkipString(); // owner
        cursor.SkipString(); // with oids
        // A dependency each; null ends the list.
        List<int>? needs = null;
        while (cursor.String() is { } needed)
            if (int.TryParse(needed, CultureInfo.InvariantCulture, out int other)) (needs ??= []).Add(other);

        cursor.Skip(1 + _offsetSize);
        if (cursor.IsShort) return false;
        if (id <= 0 || kind is null) return Fail(DumpArchiveState.Damaged, "table of contents");
        var entry = new DumpEntry(id, kind, string.IsNullOrEmpty(schema) ? null : schema, name ?? "", hasData) { Section = section, Needs = needs ?? (IReadOnlyList<int>)[] };
        _entries.Add(entry);
        if (hasData) _byId[id] = entry;
        if (--_entriesLeft == 0) _stage = Stage.BlockType;
        return true;
    }

    private void FeedBlocks(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            switch (_stage)
            {
                case Stage.Chunk or Stage.ObjectChunk:
                    int count = Math.Min(_left, bytes.Length);
                    if (_stage == Stage.Chunk && !_compressed) Count(bytes[..count]);
                    bytes = bytes[count..];
                    if ((_left -= count) == 0) _stage--;
                    break;
                case Stage.BlockType:
                    _current = null;
                    if (bytes[0] is not (BlockOfData or BlockOfLargeObjects))
                    {
                        Fail(DumpArchiveState.Damaged, $"block type {bytes[0]}");
                        return;
                    }

                    _blockStart = _fed - bytes.Length;
                    _carry[0] = bytes[0];
                    _carryCount = 1;
                    bytes = bytes[1..];
                    _stage = Stage.BlockId;
                    break;
                default:
                    if (!ReadInteger(ref bytes, out int value)) return;
                    _after = _fed - bytes.Length;
                    if (!OnInteger(value)) return;
                    break;
            }
        }
    }

    /// <summary>An integer that may be split between two calls; its bytes wait behind the block type, which is byte 0 of the carry.</summary>
    private bool ReadInteger(ref ReadOnlySpan<byte> bytes, out int value)
    {
        int size = 1 + _integerSize;
        if (_carryCount <= 1 && bytes.Length >= size)
        {
            value = Signed(bytes);
            bytes = bytes[size..];
            return true;
        }

        int offset = Math.Max(_carryCount, 1);
        int count = Math.Min(size + 1 - offset, bytes.Length);
        bytes[..count].CopyTo(_carry.AsSpan(offset));
        bytes = bytes[count..];
        _carryCount = offset + count;
        value = 0;
        if (_carryCount < size + 1) return false;
        value = Signed(_carry.AsSpan(1));
        _carryCount = 1;
        return true;
    }

    private static int Signed(ReadOnlySpan<byte> bytes)
    {
        int value = BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]);
        return bytes[0] == 0 ? value : -value;
    }

    private bool OnInteger(int value)
    {
        switch (_stage)
        {
            case Stage.BlockId:
                if (!_byId.TryGetValue(value, out _current) || !_seen.Add(value)) return Fail(DumpArchiveState.Damaged, $"block {value}");
                _blocks.Add(new DumpBlock(_current, _blockStart));
                (_newlines, _tail) = (0, 0);
                _stage = _carry[0] == BlockOfData ? Stage.ChunkLength : Stage.ObjectId;
                return true;
            case Stage.ObjectId when value == 0:
                EndBlock();
                return true;
            case Stage.ObjectId:
                _largeObjects++;
                _stage = Stage.ObjectChunkLength;
                return true;
            case Stage.ChunkLength when value == 0:
                if (!_compressed) _rows[Sql.TableKey(_current!.Schema ?? "", _current.Name)] = _newlines - LinesOfTerminator();
                EndBlock();
                return true;
            case Stage.ObjectChunkLength when value == 0:
                _stage = Stage.ObjectId;
                return true;
            default:
                if (value < 0) return Fail(DumpArchiveState.Damaged, Sql.TableKey(_current!.Schema ?? "", _current.Name));
                _left = value;
                _stage++;
                return true;
        }
    }

    private void EndBlock()
    {
        _blocks[^1].End = _after;
        _carryCount = 0;
        _current = null;
        _stage = Stage.BlockType;
    }

    private void Count(ReadOnlySpan<byte> text)
    {
        _newlines += text.Count((byte)'\n');
        if (text.Length >= 8)
        {
            _tail = BinaryPrimitives.ReadUInt64BigEndian(text[^8..]);
            return;
        }

        foreach (byte b in text) _tail = (_tail << 8) | b;
    }

    /// <summary>
    /// After the rows pg_dump writes <c>\.</c> and two empty lines, for psql's sake. In a row a backslash is doubled, so the line cannot be one.
    /// </summary>
    private int LinesOfTerminator()
    {
        ulong tail = _tail;
        int lines = 0;
        for (; (tail & 0xff) == '\n' && lines < 6; lines++) tail >>= 8;
        return lines > 0 && (tail & 0xffff) == (('\\' << 8) | '.') && ((tail >> 16) & 0xff) is 0 or 10 ? lines : 0;
    }

    private bool Fail(DumpArchiveState state, string problem)
    {
        _stage = Stage.Failed;
        _failure = state;
        _problem = problem;
        _head = [];
        _headCount = 0;
        return false;
    }
}
