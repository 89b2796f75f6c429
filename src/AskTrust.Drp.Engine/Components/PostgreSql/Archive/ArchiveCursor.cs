using System.Text;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Archive;

/// <summary>Reads the archive's integers and strings from bytes that may end too early: then every read says so and nothing is consumed.</summary>
internal ref struct ArchiveCursor(ReadOnlySpan<byte> bytes, int integerSize)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>True when a read went beyond the end: whatever was read since must be thrown away.</summary>
    public bool IsShort { get; private set; }

    /// <summary>One byte.</summary>
    public byte Byte()
    {
        if (!Has(1)) return 0;
        return _bytes[Position++];
    }

    /// <summary>Skips bytes.</summary>
    public void Skip(int count)
    {
        if (Has(count)) Position += count;
    }

    /// <summary>A sign byte, then the magnitude, lowest byte first.</summary>
    public int Integer()
    {
        if (!Has(1 + integerSize)) return 0;
        uint value = 0;
        for (int i = Math.Min(integerSize, 4); i > 0; i--) value = (value << 8) | _bytes[Position + i];
        bool negative = _bytes[Position] != 0;
        Position += 1 + integerSize;
        return negative ? -(int)value : (int)value;
    }

    /// <summary>A length and bytes; null for length -1.</summary>
    public string? String()
    {
        int length = Integer();
        if (IsShort || length < 0 || !Has(length)) return null;
        string text = Encoding.UTF8.GetString(_bytes.Slice(Position, length));
        Position += length;
        return text;
    }

    /// <summary>A string nobody wants: definitions are large.</summary>
    /// <returns>False for null.</returns>
    public bool SkipString()
    {
        int length = Integer();
        if (IsShort || length < 0) return false;
        Skip(length);
        return true;
    }

    private bool Has(int count)
    {
        // Once short, always short: a later, smaller read must not succeed at the wrong place.
        if (!IsShort && count <= _bytes.Length - Position) return true;
        IsShort = true;
        return false;
    }
}
