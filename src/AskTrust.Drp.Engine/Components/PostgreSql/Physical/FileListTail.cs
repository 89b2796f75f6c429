using System.Text;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Keeps the end of the server's file list, which says what WAL the base needs: a list of a large cluster has many MiB.</summary>
internal sealed class FileListTail
{
    private const int Kept = 4096;
    private readonly byte[] _tail = new byte[Kept];
    private int _fill;

    /// <summary>The last bytes, as text.</summary>
    public string Text => Encoding.UTF8.GetString(_tail.AsSpan(0, _fill));

    /// <summary>Takes a piece.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Kept) bytes = bytes[^Kept..];
        int stay = Math.Min(_fill, Kept - bytes.Length);
        _tail.AsSpan(_fill - stay, stay).CopyTo(_tail);
        bytes.CopyTo(_tail.AsSpan(stay));
        _fill = stay + bytes.Length;
    }
}
