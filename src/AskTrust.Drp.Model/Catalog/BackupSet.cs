namespace AskTrust.Drp;

/// <summary>A backup set as the catalog shows it: one run's artifacts, and in which repositories they are.</summary>
public sealed record BackupSet
{
    /// <summary>Path of the plan; binds to <c>-Plan</c> down the pipe.</summary>
    public required string Plan { get; init; }

    /// <summary><c>yyyyMMddTHHmmssZ-kind</c>; binds to <c>-Id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Moment of the set (UTC): the consistent point one returns to.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary><c>full</c> (dumps and files), <c>incremental</c> (of some files only what changed), <c>base</c> (a whole cluster, for a return to any moment), or <c>safety</c> (taken before a restore).</summary>
    public required string Kind { get; init; }

    /// <summary>Components in it.</summary>
    public required IReadOnlyList<string> Components { get; init => field = Listed.Of(value); }

    /// <summary>Repositories that hold it completely (as far as listing shows).</summary>
    public required IReadOnlyList<string> Repositories { get; init => field = Listed.Of(value); }

    /// <summary>Stored bytes of one copy.</summary>
    public required long Size { get; init; }

    /// <summary>Bytes before compression and encryption.</summary>
    public required long PlainSize { get; init; }

    /// <summary>How long the backup took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Why it was taken, when someone said so.</summary>
    public string? Reason { get; init; }

    /// <summary>Job that made it.</summary>
    public string? Job { get; init; }

    /// <summary>Never deleted by retention.</summary>
    public bool Pinned { get; init; }

    /// <summary>When a restore test of this set last passed; null = never proven.</summary>
    public DateTimeOffset? Proven { get; init; }

    /// <summary>Deepest verification that passed and when; null = never.</summary>
    public VerificationDepth? Verified { get; init; }

    /// <summary>How far its components lie apart: from the earliest moment that one stands for to the latest. Null with one component, or when one does not say.</summary>
    public TimeSpan? Skew { get; init; }

    /// <summary>Row counts, sum over all tables; null when unknown.</summary>
    public long? Rows { get; init; }

    /// <summary>Files of its components with files; null when there are none.</summary>
    public long? Files { get; init; }

    /// <summary>The newest set this one builds on: without it, and those that one builds on, it cannot be restored. Null = it stands alone.</summary>
    public string? Base { get; init; }

    /// <summary>Warnings of the run.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];

    /// <summary>Artifacts.</summary>
    public required IReadOnlyList<BackupArtifact> Artifacts { get; init => field = Listed.Of(value); }
}

/// <summary>One stream of bytes of a set.</summary>
public sealed record BackupArtifact
{
    /// <summary>File name inside the set, e.g. <c>db.dump.zst.gpg</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Component it belongs to.</summary>
    public required string Component { get; init; }

    /// <summary>What it is: <c>dump</c>, <c>data</c> (a parallel part), <c>globals</c>; of a base <c>base</c>, <c>tablespace</c>, <c>filelist</c>, <c>relations</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Stored bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Bytes before compression and encryption.</summary>
    public required long PlainSize { get; init; }

    /// <summary>SHA-256 of the stored bytes, hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>SHA-256 of the plain bytes, hex; null when their source had compressed them.</summary>
    public string? PlainSha256 { get; init; }

    /// <summary>SHA-256 of the bytes as their source had compressed them, before encryption, hex; null when drp compressed them.</summary>
    public string? PackedSha256 { get; init; }

    /// <summary>Compression.</summary>
    public required CompressionKind Compression { get; init; }

    /// <summary>True when OpenPGP-encrypted.</summary>
    public required bool Encrypted { get; init; }
}

/// <summary>How deep a verification looks.</summary>
public enum VerificationDepth
{
    /// <summary>Every object present with its size, manifest intact.</summary>
    Present = 1,

    /// <summary>Every byte read, decrypted, decompressed, digests compared.</summary>
    Content = 2,

    /// <summary>As <see cref="Content"/>, and the archive readable by <c>pg_restore --list</c>, a base readable as tar with its file list.</summary>
    Archive = 3,
}

/// <summary>Which sets are meant. All conditions must hold.</summary>
public sealed record BackupFilter
{
    /// <summary>Ids, or <c>latest</c>; wildcards <c>*</c> and <c>?</c> allowed. Empty = all.</summary>
    public IReadOnlyList<string> Ids { get; init => field = Listed.Of(value); } = [];

    /// <summary>Only sets with this component.</summary>
    public string? Component { get; init; }

    /// <summary>Only sets of this kind.</summary>
    public string? Kind { get; init; }

    /// <summary>Only sets in this repository.</summary>
    public string? Repository { get; init; }

    /// <summary>Only sets before this moment.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Only sets at or after this moment.</summary>
    public DateTimeOffset? After { get; init; }

    /// <summary>Only proven (true) or unproven (false) sets.</summary>
    public bool? Proven { get; init; }

    /// <summary>Only the newest that fits; safety sets only when <see cref="Kind"/> asks for them, base sets also when there are no others.</summary>
    public bool Latest { get; init; }
}
