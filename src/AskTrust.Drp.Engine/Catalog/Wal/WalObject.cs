using System.Globalization;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog.Wal;

/// <summary>A server whose WAL is kept.</summary>
/// <param name="System">Its system identifier.</param>
/// <param name="Component">Component of the plan.</param>
/// <param name="Major">Major version.</param>
/// <param name="SegmentSize">Bytes of a segment.</param>
internal sealed record WalServer(ulong System, string Component, int Major, int SegmentSize)
{
    /// <summary>For people.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{System} (PostgreSQL {Major})");
}

/// <summary>A hole that was made knowingly.</summary>
/// <param name="Key">Key of its record.</param>
/// <param name="System">System identifier.</param>
/// <param name="First">First segment that is missing.</param>
/// <param name="Cause">Why: a word of <see cref="WalHoles"/>.</param>
internal sealed record WalHole(string Key, ulong System, WalName First, string Cause);

/// <summary>Where a timeline left its parent.</summary>
internal sealed record WalSwitch(uint Parent, Lsn At);

/// <summary>What the name of an object tells beside its digests.</summary>
/// <param name="LastCommit">The last commit in a segment or piece; null when there is none, or it is not known.</param>
/// <param name="Switch">Of a history file: where its timeline began.</param>
internal sealed record WalMark(DateTimeOffset? LastCommit = null, WalSwitch? Switch = null);

/// <summary>A file of the WAL on its way into the archive.</summary>
/// <param name="System">System identifier of the server.</param>
/// <param name="Name">Its name.</param>
/// <param name="Mark">What the archive shall know of it.</param>
internal sealed record WalFile(ulong System, WalName Name, WalMark Mark);

/// <summary>One object of the archive, known from a listing.</summary>
internal sealed record WalObject
{
    /// <summary>Repository.</summary>
    public required IRepository Repository { get; init; }

    /// <summary>Key.</summary>
    public required string Key { get; init; }

    /// <summary>System identifier.</summary>
    public required ulong System { get; init; }

    /// <summary>Name.</summary>
    public required WalName Name { get; init; }

    /// <summary>SHA-256 of the plain bytes.</summary>
    public required string Sha256 { get; init; }

    /// <summary>First half of the SHA-256 of the stored bytes.</summary>
    public required string StoredSha256 { get; init; }

    /// <summary>What else is known.</summary>
    public required WalMark Mark { get; init; }

    /// <summary>Compression.</summary>
    public required CompressionKind Compression { get; init; }

    /// <summary>OpenPGP-encrypted.</summary>
    public required bool Encrypted { get; init; }

    /// <summary>Stored bytes.</summary>
    public required long Size { get; init; }

    /// <summary>When it was stored, by the store's clock.</summary>
    public required DateTimeOffset Modified { get; init; }
}

/// <summary>A file, packed once for every repository: its key is known only now.</summary>
/// <param name="File">What it is.</param>
/// <param name="Key">Key.</param>
/// <param name="Sha256">SHA-256 of the plain bytes.</param>
/// <param name="PlainSize">Plain bytes.</param>
/// <param name="Bytes">Stored bytes.</param>
internal sealed record PackedWal(WalFile File, string Key, string Sha256, long PlainSize, ReadOnlyMemory<byte> Bytes);

/// <summary>How a file got into a repository.</summary>
/// <param name="Repository">Repository.</param>
/// <param name="Stored">True when it was written now; false when the same bytes were there already.</param>
/// <param name="Error">Why it is not there.</param>
internal sealed record WalPutOutcome(IRepository Repository, bool Stored, DrpException? Error);

/// <summary>What one repository holds of the WAL of one server, or why that is not known.</summary>
internal sealed record WalListing
{
    /// <summary>Repository.</summary>
    public required IRepository Repository { get; init; }

    /// <summary>Why it could not be listed.</summary>
    public DrpException? Error { get; init; }

    /// <summary>Servers that were recorded there, in the order in which they came.</summary>
    public IReadOnlyList<WalServer> Servers { get; init; } = [];

    /// <summary>Objects, in the order of their keys.</summary>
    public IReadOnlyList<WalObject> Objects { get; init; } = [];

    /// <summary>Holes that were made knowingly.</summary>
    public IReadOnlyList<WalHole> Holes { get; init; } = [];
}

/// <summary>Whether the archive has a file.</summary>
internal enum WalGetOutcome
{
    /// <summary>It is at the destination.</summary>
    Found,

    /// <summary>A segment of which there are only pieces: they are at the destination, filled up with zeros.</summary>
    Open,

    /// <summary>Every repository answered, and none has it.</summary>
    NotInArchive,
}
