using System.Text;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Looks at a tar archive of <c>pg_basebackup</c> as it passes: counts the files, notes whether the ones that matter are there, and keeps the few bytes that
/// say which WAL the base needs. Costs one look per file, never one per byte. Fed any pieces; <see cref="Problem"/> tells at the end what is wrong.
/// </summary>
internal sealed class TarScanner
{
    /// <summary>The server's list of files with their digests.</summary>
    public const string FileList = "backup_manifest";

    /// <summary>The control file.</summary>
    public const string ControlFile = "global/pg_control";

    private const int Block = 512;
    private const int Kept = 4096;
    private readonly byte[] _header = new byte[Block];
    private readonly byte[] _tail = new byte[Kept];
    private int _headerFill;
    private int _tailFill;
    private long _data;
    private long _padding;
    private long _blocks;
    private int _zeros;
    private string _name = "";
    private bool _bad;
    private bool _keep;

    /// <summary>Plain files seen.</summary>
    public long Files { get; private set; }

    /// <summary>True when the control file was among them.</summary>
    public bool HasControlFile { get; private set; }

    /// <summary>True when the server's file list was among them.</summary>
    public bool HasFileList { get; private set; }

    /// <summary>The last bytes of the file list, as text.</summary>
    public string FileListEnd => Encoding.UTF8.GetString(_tail.AsSpan(0, _tailFill));

    /// <summary>What is wrong with the archive as such; null when it ended as it should.</summary>
    public string? Problem =>
        _bad ? Host.Text.Of(PhysicalTexts.NotATar, _blocks)
        : _data > 0 || _headerFill > 0 || _zeros == 0 ? Host.Text.Of(PhysicalTexts.EndsEarly, _name)
        : null;

    /// <summary>Takes a piece.</summary>
    public void Feed(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty && !_bad)
        {
            if (_data > 0)
            {
                int count = (int)Math.Min(_data, piece.Length);
                if (_keep) Keep(piece[..count]);
                _data -= count;
                piece = piece[count..];
            }
            else if (_padding > 0)
            {
                int count = (int)Math.Min(_padding, piece.Length);
                _padding -= count;
                piece = piece[count..];
            }
            else
            {
                int count = Math.Min(Block - _headerFill, piece.Length);
                piece[..count].CopyTo(_header.AsSpan(_headerFill));
                _headerFill += count;
                piece = piece[count..];
                if (_headerFill == Block) Read();
            }
        }
    }

    private void Read()
    {
        _headerFill = 0;
        _blocks++;
        if (!_header.AsSpan().ContainsAnyExcept((byte)0))
        {
            _zeros++;
            return;
        }

        if (_zeros > 0 || !IsSumRight() || Number(_header.AsSpan(124, 12)) is not { } size)
        {
            _bad = true;
            return;
        }

        _name = TextOf(0, 100);
        if (TextOf(345, 155) is { Length: > 0 } prefix && TextOf(257, 5) == "ustar") _name = $"{prefix}/{_name}";
        if (_name.StartsWith("./", StringComparison.Ordinal)) _name = _name[2..];
        byte type = _header[156];
        bool isFile = type is (byte)'0' or 0;
        _data = isFile || type is (byte)'x' or (byte)'g' or (byte)'L' ? size : 0;
        _padding = (Block - (_data % Block)) % Block;
        _keep = false;
        if (!isFile) return;
        Files++;
        HasControlFile |= _name == ControlFile;
        if (_name != FileList) return;
        HasFileList = true;
        (_keep, _tailFill) = (true, 0);
    }

    /// <summary>Only the end is kept: a list of a large cluster has many MiB.</summary>
    private void Keep(ReadOnlySpan<byte> piece)
    {
        if (piece.Length > Kept) piece = piece[^Kept..];
        int stay = Math.Min(_tailFill, Kept - piece.Length);
        _tail.AsSpan(_tailFill - stay, stay).CopyTo(_tail);
        piece.CopyTo(_tail.AsSpan(stay));
        _tailFill = stay + piece.Length;
    }

    private bool IsSumRight()
    {
        int sum = 0;
        for (int i = 0; i < Block; i++) sum += i is >= 148 and < 156 ? ' ' : _header[i];
        return Number(_header.AsSpan(148, 8)) == sum;
    }

    private string TextOf(int at, int length)
    {
        var field = _header.AsSpan(at, length);
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Octal digits, or GNU's binary form for files of 8 GiB and more.</summary>
    private static long? Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            long large = field[0] & 0x3F;
            foreach (byte b in field[1..]) large = (large << 8) | b;
            return large < 0 ? null : large;
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
