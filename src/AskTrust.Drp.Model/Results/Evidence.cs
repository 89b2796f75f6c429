namespace AskTrust.Drp;

/// <summary>One record of the evidence ledger. Each carries the digest of the one before: nothing can be changed or dropped unseen.</summary>
public sealed record EvidenceRecord
{
    /// <summary>Position in the chain, from 1.</summary>
    public required long Sequence { get; init; }

    /// <summary>What was done: <c>backup</c>, <c>sync</c>, <c>verify</c>, <c>retention</c>, <c>remove</c>, <c>pin</c>, <c>unpin</c>, <c>restore</c>, <c>restore-table</c>, <c>undo</c>, <c>restore-test</c>, <c>pitr-enable</c>, <c>pitr-disable</c>, <c>service-register</c>, <c>service-unregister</c>, <c>job</c>, <c>schedule-register</c>, <c>schedule-unregister</c>, <c>maintenance-on</c>, <c>maintenance-off</c>, <c>gate</c>, <c>service-restart</c>, <c>restore-system</c>, <c>undo-system</c>, <c>recovery-kit</c>, <c>primary-switch</c>, <c>standby-repair</c> …</summary>
    public required string Operation { get; init; }

    /// <summary>Name of the product.</summary>
    public required string Product { get; init; }

    /// <summary>On what: set id, database, repository.</summary>
    public required string Subject { get; init; }

    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>The error's number.</summary>
    public DrpError Code { get; init; }

    /// <summary>Operating-system user.</summary>
    public required string User { get; init; }

    /// <summary>Host.</summary>
    public required string Host { get; init; }

    /// <summary>Tool and version.</summary>
    public required string Tool { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Seconds it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>Phases.</summary>
    public IReadOnlyList<PhaseTiming> Phases { get; init => field = Listed.Of(value); } = [];

    /// <summary>Further facts (digests, sizes, reasons, overrides), all text; never a secret.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Digest of the previous record (SHA-256, hex); 64 zeros for the first.</summary>
    public required string Previous { get; init; }

    /// <summary>Digest of this record.</summary>
    public required string Digest { get; init; }
}

/// <summary>Result of <c>Test-DrpEvidence</c> for one copy of the ledger.</summary>
public sealed record EvidenceVerdict
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Which copy: <c>state directory</c> or a repository's name.</summary>
    public required string Copy { get; init; }

    /// <summary>The verdict.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>Records in the chain.</summary>
    public required long Records { get; init; }

    /// <summary>Digest of the newest record.</summary>
    public string? Head { get; init; }

    /// <summary>Each break: sequence and what is wrong.</summary>
    public IReadOnlyList<string> Problems { get; init => field = Listed.Of(value); } = [];
}

/// <summary>A report that was written.</summary>
public sealed record ReportFile
{
    /// <summary>Full path.</summary>
    public required string Path { get; init; }

    /// <summary>Format.</summary>
    public required ReportFormat Format { get; init; }

    /// <summary>Title.</summary>
    public required string Title { get; init; }

    /// <summary>The verdict it reports.</summary>
    public required CheckVerdict Verdict { get; init; }
}

/// <summary>Formats of a report.</summary>
public enum ReportFormat
{
    /// <summary>Markdown.</summary>
    Markdown,

    /// <summary>JSON.</summary>
    Json,

    /// <summary>One self-contained HTML page.</summary>
    Html,
}
