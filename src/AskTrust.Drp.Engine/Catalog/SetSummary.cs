namespace AskTrust.Drp.Engine.Catalog;

/// <summary>What a list needs of a manifest; small enough to keep ten thousand of them.</summary>
internal sealed record SetSummary
{
    /// <summary>SHA-256 of the whole manifest file.</summary>
    public required string ManifestSha256 { get; init; }

    /// <summary>Start of the backup, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>Components.</summary>
    public required IReadOnlyList<string> Components { get; init; }

    /// <summary>Stored bytes of the artifacts.</summary>
    public required long Size { get; init; }

    /// <summary>Plain bytes of the artifacts.</summary>
    public required long PlainSize { get; init; }

    /// <summary>Why it was taken.</summary>
    public string? Reason { get; init; }

    /// <summary>Job.</summary>
    public string? Job { get; init; }

    /// <summary>Pinned when made.</summary>
    public bool Pinned { get; init; }

    /// <summary>Seconds that its components lie apart; null when unknown.</summary>
    public double? Skew { get; init; }

    /// <summary>Rows over all tables.</summary>
    public long? Rows { get; init; }

    /// <summary>Files of all components with files; null = there is none.</summary>
    public long? Files { get; init; }

    /// <summary>Sets without which this one cannot be restored; null = it stands alone.</summary>
    public IReadOnlyList<ChainLink>? Chain { get; init; }

    /// <summary>Warnings of the run.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Artifacts.</summary>
    public required IReadOnlyList<BackupArtifact> Artifacts { get; init; }

    /// <summary>The summary of a manifest.</summary>
    public static SetSummary Of(SealedManifest file)
    {
        Manifest m = file.Manifest;
        return new()
        {
            ManifestSha256 = file.Sha256,
            Started = m.Started,
            Seconds = m.Seconds,
            Components = [.. m.Components.Select(c => c.Component)],
            Size = m.Size,
            PlainSize = m.PlainSize,
            Reason = m.Reason,
            Job = m.Job,
            Pinned = m.Pinned,
            Skew = m.Skew,
            Rows = RowsOf(m),
            Files = m.Components.Any(c => c.Files is not null) ? m.Components.Sum(c => c.Files?.Folders.Sum(f => f.Whole?.Files ?? f.Files) ?? 0) : null,
            Chain = Chains.Of(m.Components),
            Warnings = m.Warnings,
            Artifacts = m.Artifacts,
        };
    }

    /// <summary>What is known of a set none of whose manifests can be read.</summary>
    public static SetSummary Unknown(SetId id) => new()
    {
        ManifestSha256 = "", Started = id.Time, Seconds = 0, Components = [], Size = 0, PlainSize = 0, Warnings = [], Artifacts = [],
    };

    // Unknown for one component means unknown for the set: half a sum would mislead.
    private static long? RowsOf(Manifest m)
    {
        long sum = 0;
        foreach (ComponentFacts c in m.Components.Where(c => c.PostgreSql is not null))
        {
            if (c.PostgreSql!.Rows is not { } rows)
            {
                return null;
            }

            sum += rows.Values.Sum();
        }

        return m.Components.Any(c => c.PostgreSql is not null) ? sum : null;
    }
}

/// <summary>First line of a cache file.</summary>
internal sealed record SummaryHeader(int Version, string Location);

/// <summary>One line of a cache file: which object was read, and what it said.</summary>
internal sealed record SummaryLine(string Id, string File, long Size, DateTimeOffset Modified, SetSummary Summary);
