using System.Buffers.Binary;
using System.Text;

namespace AskTrust.Drp.Engine.Repositories.Sftp;

/// <summary>Numbers of the SSH File Transfer Protocol, version 3 (draft-ietf-secsh-filexfer-02), as OpenSSH speaks it.</summary>
internal enum SftpType : byte
{
    Init = 1,
    Version = 2,
    Open = 3,
    Close = 4,
    Read = 5,
    Write = 6,
    LinkStat = 7,
    OpenFolder = 11,
    ReadFolder = 12,
    Remove = 13,
    MakeFolder = 14,
    RemoveFolder = 15,
    Stat = 17,
    Rename = 18,
    Status = 101,
    Handle = 102,
    Data = 103,
    Names = 104,
    Attributes = 105,
    Extended = 200,
    ExtendedReply = 201,
}

/// <summary>How the server says that a request went.</summary>
internal enum SftpStatus
{
    Ok = 0,
    EndOfFile = 1,
    NoSuchFile = 2,
    PermissionDenied = 3,
    Failure = 4,
    BadMessage = 5,
    NoConnection = 6,
    ConnectionLost = 7,
    NotSupported = 8,
}

/// <summary>What is known of a file.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Mode">Type and permission bits.</param>
/// <param name="Modified">Time of the last change.</param>
internal sealed record SftpAttributes(long Size, uint Mode, DateTimeOffset Modified)
{
    private const uint TypeMask = 0xF000;

    public bool IsFile => (Mode & TypeMask) is 0x8000 or 0;

    public bool IsFolder => (Mode & TypeMask) == 0x4000;
}

/// <summary>Builds a packet.</summary>
internal sealed class SftpWriter
{
    private byte[] _bytes = new byte[256];
    private int _length = 4;

    public SftpWriter(SftpType type, uint id)
    {
        Byte((byte)type);
        UInt(id);
    }

    public SftpWriter Byte(byte value)
    {
        Room(1)[0] = value;
        return this;
    }

    public SftpWriter UInt(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Room(4), value);
        return this;
    }

    public SftpWriter ULong(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Room(8), value);
        return this;
    }

    public SftpWriter Bytes(ReadOnlySpan<byte> value)
    {
        UInt((uint)value.Length);
        value.CopyTo(Room(value.Length));
        return this;
    }

    public SftpWriter String(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    /// <summary>Attributes that set the permissions only.</summary>
    public SftpWriter Mode(uint mode) => UInt(4).UInt(mode);

    /// <summary>The finished packet, with its length in front.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes, (uint)(_length - 4));
        return _bytes.AsMemory(0, _length);
    }

    private Span<byte> Room(int size)
    {
        if (_length + size > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + size));
        _length += size;
        return _bytes.AsSpan(_length - size, size);
    }
}

/// <summary>Takes a packet apart. One that ends too early throws <see cref="IOException"/>.</summary>
internal sealed class SftpReader(ReadOnlyMemory<byte> packet)
{
    private ReadOnlyMemory<byte> _rest = packet;

    public bool IsAtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1).Span[0];

    public uint UInt() => BinaryPrimitives.ReadUInt32BigEndian(Take(4).Span);

    public ulong ULong() => BinaryPrimitives.ReadUInt64BigEndian(Take(8).Span);

    public ReadOnlyMemory<byte> Bytes() => Take((int)Math.Min(UInt(), int.MaxValue));

    public string String() => Encoding.UTF8.GetString(Bytes().Span);

    public SftpAttributes Attributes()
    {
        uint flags = UInt();
        long size = (flags & 1) != 0 ? (long)ULong() : 0;
        if ((flags & 2) != 0) Take(8);
        uint mode = (flags & 4) != 0 ? UInt() : 0;
        DateTimeOffset modified = default;
        if ((flags & 8) != 0)
        {
            Take(4);
            modified = DateTimeOffset.FromUnixTimeSeconds(UInt());
        }

        if ((flags & 0x80000000) == 0) return new SftpAttributes(size, mode, modified);
        for (uint n = UInt(); n > 0; n--)
        {
            Bytes();
            Bytes();
        }

        return new SftpAttributes(size, mode, modified);
    }

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (count > _rest.Length) throw new IOException("SFTP: short packet");
        ReadOnlyMemory<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
