namespace AskTrust.Drp;

/// <summary>Result of verifying one set in one repository.</summary>
public sealed record VerificationResult
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Id of the set.</summary>
    public required string Id { get; init; }

    /// <summary>Repository looked at.</summary>
    public required string Repository { get; init; }

    /// <summary>Depth asked for.</summary>
    public required VerificationDepth Depth { get; init; }

    /// <summary>The verdict.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>Each problem: object, and what is wrong with it.</summary>
    public IReadOnlyList<string> Problems { get; init => field = Listed.Of(value); } = [];

    /// <summary>The error's number; with a warning too, when the set can be used but one copy of its manifest is damaged.</summary>
    public DrpError Code { get; init; }

    /// <summary>Bytes read.</summary>
    public long Bytes { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>True when an earlier result was taken (<c>-NewOnly</c>).</summary>
    public bool Remembered { get; init; }

    /// <summary>When it was verified (UTC).</summary>
    public required DateTimeOffset Time { get; init; }
}

/// <summary>What retention does with one set in one repository.</summary>
public enum RetentionAction
{
    /// <summary>Stays.</summary>
    Keep,

    /// <summary>Is, or would be, deleted.</summary>
    Delete,

    /// <summary>Should go, but an object lock holds it.</summary>
    Retained,

    /// <summary>Should go, but deleting failed.</summary>
    Failed,
}

/// <summary>One line of <c>Invoke-DrpRetention</c>.</summary>
public sealed record RetentionDecision
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Id of the set; for leftovers of killed runs the folder's name.</summary>
    public required string Id { get; init; }

    /// <summary>Repository.</summary>
    public required string Repository { get; init; }

    /// <summary>What is done.</summary>
    public required RetentionAction Action { get; init; }

    /// <summary>Why: <c>daily 3</c>, <c>last good set</c>, <c>newest proven</c>, <c>pinned</c>, <c>no rule keeps it</c>, <c>leftover of an interrupted run</c>.</summary>
    public required IReadOnlyList<string> Reasons { get; init => field = Listed.Of(value); }

    /// <summary>Bytes freed, or that would be freed.</summary>
    public long Bytes { get; init; }

    /// <summary>True in a dry run.</summary>
    public bool Planned { get; init; }

    /// <summary>What went wrong.</summary>
    public string? Message { get; init; }
}

/// <summary>One set copied (or to be copied) into one repository.</summary>
public sealed record SyncResult
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Id of the set.</summary>
    public required string Id { get; init; }

    /// <summary>Repository copied from.</summary>
    public required string Source { get; init; }

    /// <summary>Repository copied to; binds to <c>-Repository</c>.</summary>
    public required string Repository { get; init; }

    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Objects copied.</summary>
    public int Objects { get; init; }

    /// <summary>Bytes copied.</summary>
    public long Bytes { get; init; }

    /// <summary>What went wrong.</summary>
    public string? Message { get; init; }

    /// <summary>The error's number.</summary>
    public DrpError Code { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }
}
