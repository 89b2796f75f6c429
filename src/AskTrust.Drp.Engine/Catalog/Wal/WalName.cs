using System.Globalization;
using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Catalog.Wal;

/// <summary>What a file of the WAL is.</summary>
internal enum WalKind
{
    /// <summary>A whole segment.</summary>
    Segment,

    /// <summary>A piece of the open segment: bytes from one offset to another.</summary>
    Piece,

    /// <summary>The last segment of a timeline that another followed, archived by the server itself (<c>….partial</c>).</summary>
    Partial,

    /// <summary>How a timeline came to be.</summary>
    History,

    /// <summary>Label of a base backup that <c>archive_command</c> saw.</summary>
    BackupLabel,

    /// <summary>Which file belongs to which table at a position; written by our receiver.</summary>
    Map,
}

/// <summary>Name of a file of the WAL, as PostgreSQL writes it; those of pieces and maps are ours.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The name, letters in upper case.</param>
/// <param name="Timeline">Timeline.</param>
/// <param name="From">First offset of a piece; offset of a map.</param>
/// <param name="To">Offset behind the last byte of a piece.</param>
internal sealed partial record WalName(WalKind Kind, string Text, uint Timeline, long From = 0, long To = 0)
{
    /// <summary>Timeline in eight digits.</summary>
    public string TimelineText => Text[..8];

    /// <summary>The segment the file is, or belongs to; null for a history file.</summary>
    public WalName? Segment => Kind switch
    {
        WalKind.Segment => this,
        WalKind.History => null,
        _ => new WalName(WalKind.Segment, Text[..24], Timeline),
    };

    /// <summary>Reads a name; null for anything else, however alike.</summary>
    public static WalName? TryParse(string? text)
    {
        if (text is null || Shape().Match(text) is not { Success: true } m) return null;
        uint timeline = uint.Parse(text.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (timeline == 0) return null;
        if (m.Groups["map"].Success) return new WalName(WalKind.Map, text, timeline, long.Parse(m.Groups["at"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        if (!m.Groups["piece"].Success)
        {
            WalKind kind = m.Groups["history"].Success ? WalKind.History : m.Groups["partial"].Success ? WalKind.Partial
                : m.Groups["label"].Success ? WalKind.BackupLabel : WalKind.Segment;
            return new WalName(kind, text, timeline);
        }

        long from = long.Parse(m.Groups["from"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        long to = long.Parse(m.Groups["to"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return from < to ? new WalName(WalKind.Piece, text, timeline, from, to) : null;
    }

    /// <summary>Reads a name.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: PostgreSQL has no such file.</exception>
    public static WalName Parse(string text) => TryParse(text)
        ?? throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(CatalogTexts.WalNoName, text)) { Subject = text, Hint = CatalogTexts.WalNoNameHint };

    /// <summary>The segment that holds a position.</summary>
    public static WalName At(uint timeline, Lsn lsn, int segmentSize)
    {
        ulong perId = 0x1_0000_0000UL / (uint)segmentSize, number = lsn.Value / (uint)segmentSize;
        return new WalName(WalKind.Segment, string.Create(CultureInfo.InvariantCulture, $"{timeline:X8}{number / perId:X8}{number % perId:X8}"), timeline);
    }

    /// <summary>A piece of this segment.</summary>
    public WalName Piece(long from, long to) =>
        new(WalKind.Piece, string.Create(CultureInfo.InvariantCulture, $"{Text[..24]}.{from:X8}-{to:X8}.part"), Timeline, from, to);

    /// <summary>The map of relations at an offset of this segment.</summary>
    public WalName Map(long at) => new(WalKind.Map, string.Create(CultureInfo.InvariantCulture, $"{Text[..24]}.{at:X8}.map"), Timeline, at);

    /// <summary>The history file of a timeline.</summary>
    public static WalName History(uint timeline) => new(WalKind.History, string.Create(CultureInfo.InvariantCulture, $"{timeline:X8}.history"), timeline);

    /// <summary>Where a segment begins.</summary>
    public Lsn Start(int segmentSize) => new(
        (ulong.Parse(Text.AsSpan(8, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) << 32)
        + (ulong.Parse(Text.AsSpan(16, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) * (uint)segmentSize));

    /// <summary>How the names of the segments around this one begin: of 4 GiB before it, its own and the next.</summary>
    public IEnumerable<string> Surroundings
    {
        get
        {
            long id = long.Parse(Text.AsSpan(8, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            return new[] { id - 1, id, id + 1 }.Where(i => i is >= 0 and <= uint.MaxValue).Select(i => string.Create(CultureInfo.InvariantCulture, $"{TimelineText}{i:X8}"));
        }
    }

    /// <summary>The segment so many after this one, on the same timeline.</summary>
    public WalName Next(int segmentSize, int count = 1) => At(Timeline, new Lsn(Start(segmentSize).Value + ((ulong)count * (uint)segmentSize)), segmentSize);

    /// <inheritdoc/>
    public override string ToString() => Text;

    [GeneratedRegex(@"^(?:[0-9A-F]{24}(?:(?<piece>\.(?<from>[0-9A-F]{8})-(?<to>[0-9A-F]{8})\.part)|(?<partial>\.partial)|(?<label>\.[0-9A-F]{8}\.backup)|(?<map>\.(?<at>[0-9A-F]{8})\.map))?|(?<history>[0-9A-F]{8}\.history))\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Shape();
}
