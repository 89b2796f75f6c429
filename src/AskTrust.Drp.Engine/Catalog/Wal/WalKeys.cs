using System.Globalization;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <content>
/// WAL. Everything a listing should tell is in the name: digests of the plain and of the stored bytes, the moment of the last commit, the point of a
/// timeline switch. So no second object is needed, and a host without a private key can decide whether two segments are the same.
/// </content>
internal sealed partial class Keys
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmssffffff'Z'";
    private const string NoMark = "none";

    /// <summary>Folder of the WAL of all servers.</summary>
    public string Wal { get; } = $"{plan}/wal/";

    /// <summary>Keys of the same plan with the locks of WAL receivers, which are in nobody else's way.</summary>
    public Keys ForReceiver(string component) => new(plan) { Locks = $"{plan}/wal/locks/{component}/" };

    /// <summary>Folder of the WAL of one server.</summary>
    public string WalOf(ulong system) => string.Create(CultureInfo.InvariantCulture, $"{Wal}{system}/");

    /// <summary>Folder of one timeline.</summary>
    public string WalOf(ulong system, uint timeline) => string.Create(CultureInfo.InvariantCulture, $"{Wal}{system}/{timeline:X8}/");

    /// <summary>What the names of the objects of a file begin with; of no other file.</summary>
    public string WalPrefix(ulong system, WalName name) => $"{WalOf(system, name.Timeline)}{name.Text}-";

    /// <summary>What the names of the pieces of an open segment begin with.</summary>
    public string WalPieces(ulong system, WalName segment) => $"{WalOf(system, segment.Timeline)}{segment.Text}.";

    /// <summary>Folder of the records of servers.</summary>
    public string WalServers { get; } = $"{plan}/wal/servers/";

    /// <summary>The record that a component's server has this system identifier.</summary>
    public string WalServer(WalServer server) =>
        string.Create(CultureInfo.InvariantCulture, $"{WalServers}{server.Component}.{server.System}.{server.Major}.{server.SegmentSize}.json");

    /// <summary>A record of a hole that was made knowingly, e.g. because a slot was given up.</summary>
    public string WalHole(ulong system, WalName first, string cause) => $"{WalOf(system, first.Timeline)}{first.Text}.hole-{cause}.json";

    /// <summary>One object.</summary>
    public string WalObject(ulong system, WalName name, string sha256, string storedSha256, WalMark mark, CompressionKind compression, bool encrypted) =>
        $"{WalPrefix(system, name)}{sha256}-{storedSha256[..32]}-{MarkText(mark)}{Compression.Suffix(compression)}{(encrypted ? ".gpg" : "")}";

    /// <summary>Takes the key of a listed object apart; null for what we would not have written.</summary>
    public WalObject? TryWal(IRepository repository, StoredObject o)
    {
        if (!o.Key.StartsWith(Wal, StringComparison.Ordinal)
            || o.Key[Wal.Length..].Split('/') is not [string system, { Length: 8 } timeline, string file]
            || !ulong.TryParse(system, NumberStyles.None, CultureInfo.InvariantCulture, out ulong id)
            || ObjectName().Match(file) is not { Success: true } m
            || WalName.TryParse(m.Groups["name"].Value) is not { } name
            || !name.TimelineText.Equals(timeline, StringComparison.Ordinal)
            || TryMark(m.Groups["mark"].Value) is not { } mark)
        {
            return null;
        }

        return new WalObject
        {
            Repository = repository, Key = o.Key, System = id, Name = name, Sha256 = m.Groups["plain"].Value, StoredSha256 = m.Groups["stored"].Value, Mark = mark,
            Compression = m.Groups["zip"].Value switch { ".zst" => CompressionKind.Zstd, ".gz" => CompressionKind.Gzip, _ => CompressionKind.None },
            Encrypted = m.Groups["gpg"].Success, Size = o.Size, Modified = o.Modified,
        };
    }

    /// <summary>Takes the key of a server's record apart; null when it is none.</summary>
    public WalServer? TryWalServer(string key) =>
        key.StartsWith(WalServers, StringComparison.Ordinal) && ServerName().Match(key[WalServers.Length..]) is { Success: true } m
        && ulong.TryParse(m.Groups["system"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong id)
            ? new WalServer(id, m.Groups["component"].Value, int.Parse(m.Groups["major"].Value, CultureInfo.InvariantCulture), int.Parse(m.Groups["size"].Value, CultureInfo.InvariantCulture))
            : null;

    /// <summary>Takes the key of a hole apart; null when it is none.</summary>
    public WalHole? TryWalHole(string key) =>
        key.StartsWith(Wal, StringComparison.Ordinal) && key[Wal.Length..].Split('/') is [string system, _, string file]
        && ulong.TryParse(system, NumberStyles.None, CultureInfo.InvariantCulture, out ulong id)
        && HoleName().Match(file) is { Success: true } m && WalName.TryParse(m.Groups["name"].Value) is { } first
            ? new WalHole(key, id, first, m.Groups["cause"].Value)
            : null;

    private static string MarkText(WalMark mark) =>
        mark.Switch is { } s ? string.Create(CultureInfo.InvariantCulture, $"{s.Parent:X8}.{s.At.Value:X16}")
        : mark.LastCommit is { } time ? time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)
        : NoMark;

    private static WalMark? TryMark(string text)
    {
        if (text == NoMark) return new WalMark();
        if (text.Split('.') is [string parent, string at])
        {
            return new WalMark(Switch: new WalSwitch(
                uint.Parse(parent, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), new Lsn(ulong.Parse(at, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))));
        }

        return DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? new WalMark(time) : null;
    }

    [GeneratedRegex(@"^(?<name>[0-9A-F]{24}(?:\.[0-9A-F]{8}-[0-9A-F]{8}\.part|\.partial|\.[0-9A-F]{8}\.(?:backup|map))?|[0-9A-F]{8}\.history)-(?<plain>[0-9a-f]{64})-(?<stored>[0-9a-f]{32})-(?<mark>none|[0-9]{8}T[0-9]{12}Z|[0-9A-F]{8}\.[0-9A-F]{16})(?<zip>\.zst|\.gz)?(?<gpg>\.gpg)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ObjectName();

    [GeneratedRegex(@"^(?<component>[a-z0-9_-]{1,64})\.(?<system>[0-9]{1,20})\.(?<major>[0-9]{2,3})\.(?<size>[0-9]{7,10})\.json\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ServerName();

    [GeneratedRegex(@"^(?<name>[0-9A-F]{24})\.hole-(?<cause>[a-z-]{1,40})\.json\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HoleName();
}
