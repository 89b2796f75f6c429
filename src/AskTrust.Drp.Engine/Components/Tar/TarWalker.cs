using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace AskTrust.Drp.Engine.Components.Tar;

/// <summary>
/// Walks through a tar archive as it passes, in any pieces: tells each entry, its content and what lies between. Understands ustar, POSIX (pax) and GNU's long names;
/// what it does not understand is a <see cref="Problem"/>, never a guess. Costs one look per entry, never one per byte, and keeps nothing but the current headers.
/// </summary>
internal abstract class TarWalker
{
    private const int Block = 512;

    /// <summary>Extended attributes and long names of one entry; the kernel allows 64 KiB of attributes.</summary>
    private const int MostHeaders = 8 * 1024 * 1024;

    private readonly byte[] _header = new byte[Block];
    private readonly ArrayBufferWriter<byte> _headers = new();
    private readonly ArrayBufferWriter<byte> _extension = new();
    private TarExtension _extended = new();
    private int _headerFill;
    private byte _reading;
    private long _data;
    private int _padding;
    private long _blocks;
    private int _zeros;
    private byte[] _name = [];
    private bool _bad;

    /// <summary>What is wrong with the archive as such; null when it ended as it should.</summary>
    public string? Problem =>
        _bad ? Host.Text.Of(TarTexts.NotATar, _blocks)
        : _data > 0 || _headerFill > 0 || _headers.WrittenCount > 0 || _zeros == 0 ? Host.Text.Of(TarTexts.EndsEarly, TarNames.Show(_name))
        : null;

    /// <summary>True when the rest is not looked at any more.</summary>
    public bool IsBad => _bad;

    /// <summary>Takes a piece.</summary>
    public void Feed(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty && !_bad)
        {
            if (_data > 0)
            {
                int count = (int)Math.Min(_data, piece.Length);
                Take(piece[..count], padding: false);
                _data -= count;
                piece = piece[count..];
                if (_data == 0 && _padding == 0) EndOfData();
            }
            else if (_padding > 0)
            {
                int count = Math.Min(_padding, piece.Length);
                Take(piece[..count], padding: true);
                _padding -= count;
                piece = piece[count..];
                if (_padding == 0) EndOfData();
            }
            else
            {
                int count = Math.Min(Block - _headerFill, piece.Length);
                piece[..count].CopyTo(_header.AsSpan(_headerFill));
                _headerFill += count;
                piece = piece[count..];
                if (_headerFill == Block) ReadHeader();
            }
        }
    }

    /// <summary>An entry begins.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="headers">Its headers as they are in the archive.</param>
    protected abstract void Begin(TarEntry entry, ReadOnlySpan<byte> headers);

    /// <summary>A piece of its content, or of the zeros up to the next block.</summary>
    protected virtual void Content(ReadOnlySpan<byte> bytes, bool padding)
    {
    }

    /// <summary>A block of the archive's end.</summary>
    protected virtual void End(ReadOnlySpan<byte> block)
    {
    }

    private void Take(ReadOnlySpan<byte> bytes, bool padding)
    {
        if (_reading == 0)
        {
            Content(bytes, padding);
            return;
        }

        _headers.Write(bytes);
        if (!padding) _extension.Write(bytes);
    }

    /// <summary>The content of an extension header is complete: what it says holds for the entry that follows.</summary>
    private void EndOfData()
    {
        if (_reading == 0) return;
        _bad |= !_extended.Take(_reading, _extension.WrittenSpan);
        _extension.Clear();
        _reading = 0;
    }

    private void ReadHeader()
    {
        _headerFill = 0;
        _blocks++;
        if (!_header.AsSpan().ContainsAnyExcept((byte)0))
        {
            _zeros++;
            _bad |= _headers.WrittenCount > 0;
            End(_header);
            return;
        }

        if (_zeros > 0 || !IsSumRight() || Number(_header.AsSpan(124, 12)) is not { } size)
        {
            _bad = true;
            return;
        }

        byte type = _header[156];
        _headers.Write(_header);
        if (type is (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K')
        {
            (_reading, _data, _padding) = (type, size, PaddingOf(size));
            _bad = size is 0 or > MostHeaders || _headers.WrittenCount > MostHeaders;
            return;
        }

        Announce(type, size);
    }

    private void Announce(byte type, long size)
    {
        size = _extended.Size ?? size;
        _name = _extended.Name ?? NameOfHeader();
        byte[] target = _extended.Target ?? Field(157, 100).ToArray();
        TarKind kind = type switch
        {
            (byte)'0' or 0 or (byte)'7' => _name.AsSpan().EndsWith("/"u8) ? TarKind.Folder : TarKind.File,
            (byte)'1' => TarKind.HardLink,
            (byte)'2' => TarKind.SymbolicLink,
            (byte)'3' or (byte)'4' => TarKind.Device,
            (byte)'5' => TarKind.Folder,
            (byte)'6' => TarKind.Pipe,
            _ => TarKind.Other,
        };
        // Content of anything but a file: programs disagree whether it is there.
        if (size < 0 || _name.Length == 0 || (size > 0 && kind is not (TarKind.File or TarKind.Other)))
        {
            _bad = true;
            return;
        }

        (_data, _padding) = (size, PaddingOf(size));
        var entry = new TarEntry(kind, _name, kind is TarKind.HardLink or TarKind.SymbolicLink ? target : [], size, _extended.RealSize ?? size);
        Begin(entry, _headers.WrittenSpan);
        _headers.ResetWrittenCount();
        _extended = new TarExtension();
    }

    private byte[] NameOfHeader()
    {
        ReadOnlySpan<byte> prefix = Field(345, 155);
        return prefix.Length > 0 && _header.AsSpan(257, 6).SequenceEqual("ustar\0"u8) ? [.. prefix, (byte)'/', .. Field(0, 100)] : Field(0, 100).ToArray();
    }

    private bool IsSumRight()
    {
        int sum = 0;
        for (int i = 0; i < Block; i++) sum += i is >= 148 and < 156 ? ' ' : _header[i];
        return Number(_header.AsSpan(148, 8)) == sum;
    }

    private ReadOnlySpan<byte> Field(int at, int length)
    {
        ReadOnlySpan<byte> field = _header.AsSpan(at, length);
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private static int PaddingOf(long size) => (int)((Block - (size % Block)) % Block);

    /// <summary>Octal digits, or GNU's binary form for files of 8 GiB and more.</summary>
    private static long? Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            long large = field[0] & 0x3F;
            foreach (byte b in field[1..])
            {
                if (large >> 55 != 0) return null;
                large = (large << 8) | b;
            }

            return large;
        }

        long number = 0;
        foreach (byte b in field.Trim((byte)' ').TrimEnd((byte)0).Trim((byte)' '))
        {
            if (b is < (byte)'0' or > (byte)'7') return null;
            number = (number << 3) + (b - '0');
        }

        return number;
    }
}

/// <summary>What extension headers say of the entry that follows them.</summary>
internal sealed class TarExtension
{
    private byte[]? _sparseName;
    private byte[]? _path;

    /// <summary>Its name; null = as in its own header.</summary>
    public byte[]? Name => _sparseName ?? _path;

    /// <summary>What the link points to; null = as in its own header.</summary>
    public byte[]? Target { get; private set; }

    /// <summary>Bytes in the archive; null = as in its own header.</summary>
    public long? Size { get; private set; }

    /// <summary>Bytes of a file with holes; null = none.</summary>
    public long? RealSize { get; private set; }

    /// <summary>Takes the content of an extension header; false when it cannot be understood.</summary>
    public bool Take(byte type, ReadOnlySpan<byte> content)
    {
        switch (type)
        {
            case (byte)'L':
                _path = content.TrimEnd((byte)0).ToArray();
                return true;
            case (byte)'K':
                Target = content.TrimEnd((byte)0).ToArray();
                return true;
            default:
                return Records(content, forAll: type == 'g');
        }
    }

    private bool Records(ReadOnlySpan<byte> rest, bool forAll)
    {
        while (!rest.IsEmpty)
        {
            if (!Utf8Parser.TryParse(rest, out int length, out int digits) || length < digits + 4 || length > rest.Length || rest[digits] != ' ' || rest[length - 1] != '\n') return false;
            ReadOnlySpan<byte> record = rest[(digits + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0 || !Record(Encoding.UTF8.GetString(record[..equals]), record[(equals + 1)..], forAll)) return false;
            rest = rest[length..];
        }

        return true;
    }

    private bool Record(string key, ReadOnlySpan<byte> value, bool forAll)
    {
        // A name or size for every entry that follows has no honest use.
        if (forAll) return key is not ("path" or "linkpath" or "size") && !key.StartsWith("GNU.sparse", StringComparison.Ordinal);
        switch (key)
        {
            case "path": _path = value.ToArray(); return true;
            case "linkpath": Target = value.ToArray(); return true;
            case "GNU.sparse.name": _sparseName = value.ToArray(); return true;
            case "size": return (Size = Whole(value)) is not null;
            case "GNU.sparse.realsize" or "GNU.sparse.size": return (RealSize = Whole(value)) is not null;
            default: return true;
        }
    }

    private static long? Whole(ReadOnlySpan<byte> value) => Utf8Parser.TryParse(value, out long number, out int used) && used == value.Length && number >= 0 ? number : null;
}
