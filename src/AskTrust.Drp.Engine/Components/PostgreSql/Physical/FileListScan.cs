using System.Text;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Looks at the server's file list as it passes: counts the files, notes whether the control file is among them, and keeps the end, which says what WAL the base needs.
/// A list of a large cluster has many MiB; each file has a line of its own, which PostgreSQL writes the same way since it writes such lists.
/// </summary>
internal sealed class FileListScan
{
    private const int Kept = 4096;

    /// <summary>What one must see of a line to know it.</summary>
    private const int Enough = 64;

    private readonly byte[] _tail = new byte[Kept];
    private readonly byte[] _line = new byte[Enough];
    private int _fill;
    private int _lineFill;

    /// <summary>Files in it.</summary>
    public long Files { get; private set; }

    /// <summary>True when the control file is among them.</summary>
    public bool HasControlFile { get; private set; }

    /// <summary>The last bytes, as text.</summary>
    public string End => Encoding.UTF8.GetString(_tail.AsSpan(0, _fill));

    /// <summary>Takes a piece.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        Keep(bytes);
        while (!bytes.IsEmpty)
        {
            int end = bytes.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
            part = part[..Math.Min(part.Length, Enough - _lineFill)];
            part.CopyTo(_line.AsSpan(_lineFill));
            _lineFill += part.Length;
            if (end < 0) return;
            Line(_line.AsSpan(0, _lineFill));
            _lineFill = 0;
            bytes = bytes[(end + 1)..];
        }
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("{ \"Path\": \""u8) && !line.StartsWith("{ \"Encoded-Path\": \""u8)) return;
        Files++;
        HasControlFile |= line.StartsWith("{ \"Path\": \"global/pg_control\""u8);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Kept) bytes = bytes[^Kept..];
        int stay = Math.Min(_fill, Kept - bytes.Length);
        _tail.AsSpan(_fill - stay, stay).CopyTo(_tail);
        bytes.CopyTo(_tail.AsSpan(stay));
        _fill = stay + bytes.Length;
    }
}
