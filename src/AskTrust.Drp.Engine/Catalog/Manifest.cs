using System.Text.Json;
using System.Text.Json.Serialization;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>What <c>manifest.json</c> says, formats 1 and 2 (docs/repository-format.md). The order of the properties is the order in the file.</summary>
internal sealed record Manifest
{
    /// <summary>The format of a set that stands alone.</summary>
    public const int Alone = 1;

    /// <summary>The format of a set that builds on others, and the newest this version reads: a version that does not know chains must neither restore such a set nor take it for good.</summary>
    public const int Chained = 2;

    /// <summary>Number of the format.</summary>
    public int Format { get; init; } = Alone;

    /// <summary>SHA-256 of the file itself, see <see cref="SelfDigest"/>.</summary>
    public string Digest { get; init; } = SelfDigest.Zeros;

    /// <summary>Id of the set; equals the name of its folder.</summary>
    public required string Id { get; init; }

    /// <summary><c>full</c>, <c>incremental</c>, <c>base</c> or <c>safety</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Name of the product.</summary>
    public required string Plan { get; init; }

    /// <summary>Start of the backup, UTC: the moment one returns to.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>End of the backup, UTC.</summary>
    public required DateTimeOffset Ended { get; init; }

    /// <summary>How long it took, by a clock that nobody sets.</summary>
    public required double Seconds { get; init; }

    /// <summary>Seconds from the earliest to the latest moment that its components stand for; null with one, or when one does not say.</summary>
    public double? Skew { get; init; }

    /// <summary>Stored bytes of all artifacts.</summary>
    public required long Size { get; init; }

    /// <summary>Bytes before compression and encryption.</summary>
    public required long PlainSize { get; init; }

    /// <summary>True when every artifact is encrypted.</summary>
    public required bool Encrypted { get; init; }

    /// <summary>Why it was taken.</summary>
    public string? Reason { get; init; }

    /// <summary>Job that made it.</summary>
    public string? Job { get; init; }

    /// <summary>Pinned when it was made; pins made or lifted later are objects of their own.</summary>
    public bool Pinned { get; init; }

    /// <summary>Set this one builds on, itself perhaps built on others (each component has the whole chain); null = it stands alone.</summary>
    [JsonPropertyName("base")]
    public string? BaseSet { get; init; }

    /// <summary>Host.</summary>
    public required string Host { get; init; }

    /// <summary>Operating system.</summary>
    public required string Os { get; init; }

    /// <summary>Operating-system user.</summary>
    public required string User { get; init; }

    /// <summary>Tool and version.</summary>
    public required string Tool { get; init; }

    /// <summary>Docker's version; null without Docker.</summary>
    public string? Docker { get; init; }

    /// <summary>Version and commit of the application.</summary>
    public ManifestApplication? Application { get; init; }

    /// <summary>How artifacts are encrypted; null = not.</summary>
    public ManifestEncryption? Encryption { get; init; }

    /// <summary>Warnings of the run.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Errors of the run that did not end it.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>What is known of each component.</summary>
    public required IReadOnlyList<ComponentFacts> Components { get; init; }

    /// <summary>The streams, in the order they are restored in.</summary>
    public required IReadOnlyList<BackupArtifact> Artifacts { get; init; }

    /// <summary>Fields of later minor versions.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Further { get; set; }
}

/// <summary>The protected application.</summary>
internal sealed record ManifestApplication(string? Version, string? Commit);

/// <summary>How artifacts are encrypted.</summary>
/// <param name="Method">Always <c>openpgp</c>.</param>
/// <param name="Recipients">Fingerprints of the public keys.</param>
/// <param name="Symmetric">True when a passphrase opens them.</param>
internal sealed record ManifestEncryption(string Method, IReadOnlyList<string> Recipients, bool Symmetric);
