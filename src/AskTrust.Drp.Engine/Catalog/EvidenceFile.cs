using System.Text.Json;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>A record of the ledger and its exact bytes.</summary>
internal sealed record EvidenceFile(EvidenceRecord Record, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Fact of a record that anchors branches of the ledger: digests of their newest records, comma-separated.</summary>
    public const string ForkFact = "fork";

    /// <summary>Turns a record into the bytes of its file, digest filled in.</summary>
    public static EvidenceFile Seal(EvidenceRecord record)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(record with { Digest = SelfDigest.Zeros }, CatalogJson.Files.EvidenceRecord);
        (byte[] bytes, string digest) = SelfDigest.Seal(json);
        return new(record with { Digest = digest }, bytes);
    }

    /// <summary>Reads a record; null when it is not what was written.</summary>
    public static EvidenceFile? Parse(byte[] bytes)
    {
        try
        {
            EvidenceRecord? r = JsonSerializer.Deserialize(bytes, CatalogJson.Files.EvidenceRecord);
            bool whole = r is not null && SelfDigest.Check(bytes, out string? digest) && digest == r.Digest && r.Sequence > 0 && r.Previous.Length == r.Digest.Length;
            return whole ? new(r! with { Phases = r.Phases ?? [], Facts = r.Facts ?? new Dictionary<string, string>(StringComparer.Ordinal) }, bytes) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What an operation tells the ledger; the ledger adds number, host, user and digests.</summary>
internal sealed record EvidenceEntry
{
    /// <summary>What was done, see <see cref="EvidenceRecord.Operation"/>.</summary>
    public required string Operation { get; init; }

    /// <summary>On what.</summary>
    public required string Subject { get; init; }

    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>The error's number.</summary>
    public DrpError Code { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Phases.</summary>
    public IReadOnlyList<PhaseTiming> Phases { get; init; } = [];

    /// <summary>Further facts; never a secret.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
