namespace AskTrust.Drp;

/// <summary>What a restore did.</summary>
public sealed record RestoreReport
{
    /// <summary>Path of the plan; null for a restore of a foreign file without one.</summary>
    public string? Plan { get; init; }

    /// <summary>Identifies this restore for <c>Undo-DrpRestore</c>.</summary>
    public required string RestoreId { get; init; }

    /// <summary>What was restored: set id or file.</summary>
    public required string Source { get; init; }

    /// <summary>Component, when it came from a set.</summary>
    public string? Component { get; init; }

    /// <summary>Where to: server and database, without secrets; or folders.</summary>
    public required string Target { get; init; }

    /// <summary>Database restored into; for files the component.</summary>
    public required string Database { get; init; }

    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Id of the safety set taken first; null when there was nothing to save or an override was given.</summary>
    public string? SafetyId { get; init; }

    /// <summary>Recorded reason for going without a safety backup.</summary>
    public string? SafetyOverride { get; init; }

    /// <summary>Where the recovery of a whole cluster ended; null for a dump.</summary>
    public RecoveryOutcome? Recovery { get; init; }

    /// <summary>What a delta restore kept and what it changed; null for any other.</summary>
    public DeltaOutcome? Delta { get; init; }

    /// <summary>True when a restore that was killed half way was settled, and nothing else had to be done: there is nothing to undo of it.</summary>
    public bool Settled { get; init; }

    /// <summary>Database, or data directory, that holds the previous content, when it was kept aside.</summary>
    public string? Previous { get; init; }

    /// <summary>Rows restored; null when unknown.</summary>
    public long? Rows { get; init; }

    /// <summary>Files restored; null for a database.</summary>
    public long? Files { get; init; }

    /// <summary>Bytes of these files; null for a database.</summary>
    public long? Bytes { get; init; }

    /// <summary>Keys restored; null for anything but Redis.</summary>
    public long? Keys { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Seconds phase by phase.</summary>
    public IReadOnlyList<PhaseTiming> Phases { get; init => field = Listed.Of(value); } = [];

    /// <summary>Warnings (errors of pg_restore that are known to be harmless are named here, never hidden).</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];

    /// <summary>In a dry run: each step that would be done.</summary>
    public IReadOnlyList<string> Steps { get; init => field = Listed.Of(value); } = [];
}

/// <summary>What a restore over an existing data directory kept and what it changed.</summary>
public sealed record DeltaOutcome
{
    /// <summary>Bytes of the base that were there already.</summary>
    public required long KeptBytes { get; init; }

    /// <summary>Bytes that differed or were missing, and were written.</summary>
    public required long RewrittenBytes { get; init; }

    /// <summary>Files and folders that were no part of the base, and were removed.</summary>
    public required long Removed { get; init; }
}

/// <summary>What an assertion of a restore test looks at.</summary>
public enum AssertionKind
{
    /// <summary>A check of the tester itself: connection, completeness, large objects.</summary>
    Check,

    /// <summary>Rows of one table, restored against dumped.</summary>
    Rows,

    /// <summary>An SQL assertion of the plan.</summary>
    Sql,

    /// <summary>The external command of the plan.</summary>
    Command,

    /// <summary>The canary row.</summary>
    Canary,
}

/// <summary>One assertion of a restore test.</summary>
public sealed record AssertionResult
{
    /// <summary>What it looks at; reports group by it.</summary>
    public AssertionKind Kind { get; init; }

    /// <summary>Name, e.g. <c>rows of public.orders</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The verdict.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>What was expected.</summary>
    public string? Expected { get; init; }

    /// <summary>What was found.</summary>
    public string? Actual { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>Result of a restore test: the proof, or the reason why there is none.</summary>
public sealed record RestoreTestResult
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Name of the product.</summary>
    public required string Product { get; init; }

    /// <summary>Id of the set.</summary>
    public required string Id { get; init; }

    /// <summary>Repository the set was read from.</summary>
    public required string Repository { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Passed only when everything was restored and every assertion held.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>Why it failed; null when passed.</summary>
    public string? Message { get; init; }

    /// <summary>The error's number.</summary>
    public DrpError Code { get; init; }

    /// <summary><c>cluster</c> or <c>container IMAGE@DIGEST</c>.</summary>
    public required string Where { get; init; }

    /// <summary>Version of the server it was restored into.</summary>
    public string? ServerVersion { get; init; }

    /// <summary>Version of the server it came from.</summary>
    public string? SourceVersion { get; init; }

    /// <summary>When the test began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took in all.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The measured recovery time: all of it but the negative control, which no recovery needs.</summary>
    public TimeSpan RecoveryTime => Duration - TimeSpan.FromTicks(Phases.Where(p => p.Name == NegativeControlPhase).Sum(p => p.Elapsed.Ticks));

    /// <summary>Name of the phase of the negative control.</summary>
    public const string NegativeControlPhase = "negative control";

    /// <summary>Seconds phase by phase: <c>start</c>, <c>fetch</c>, <c>decrypt</c>, <c>globals</c>, <c>restore</c>, <c>check</c>, <c>negative control</c>.</summary>
    public required IReadOnlyList<PhaseTiming> Phases { get; init => field = Listed.Of(value); }

    /// <summary>Assertions.</summary>
    public IReadOnlyList<AssertionResult> Assertions { get; init => field = Listed.Of(value); } = [];

    /// <summary>Moment the canary row found in the copy was written; null without a canary.</summary>
    public DateTimeOffset? Canary { get; init; }

    /// <summary>Measured recovery point: from the canary found to the start of the test; null without a canary.</summary>
    public TimeSpan? MeasuredRpo { get; init; }

    /// <summary>Negative control: true = a damaged copy was refused as it must be; false = the tester is broken; null = not asked.</summary>
    public bool? NegativeControl { get; init; }

    /// <summary>Objective for recovery time of the component's class.</summary>
    public TimeSpan? ObjectiveRto { get; init; }

    /// <summary>Objective for the recovery point of the component's class.</summary>
    public TimeSpan? ObjectiveRpo { get; init; }

    /// <summary>Rows restored.</summary>
    public long? Rows { get; init; }

    /// <summary>Files restored; null for a database.</summary>
    public long? Files { get; init; }

    /// <summary>Keys restored; null for anything but Redis.</summary>
    public long? Keys { get; init; }

    /// <summary>Stored bytes of the set.</summary>
    public long Size { get; init; }

    /// <summary>SHA-256 of the manifest.</summary>
    public string? ManifestSha256 { get; init; }

    /// <summary>Digest of the evidence record.</summary>
    public string? Evidence { get; init; }

    /// <summary>Warnings.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];
}
