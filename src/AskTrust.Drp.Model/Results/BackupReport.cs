namespace AskTrust.Drp;

/// <summary>How a run ended. Skipped is never success, partial is never failure.</summary>
public enum RunStatus
{
    /// <summary>Everything asked for was done.</summary>
    Succeeded,

    /// <summary>Done, but a repository or component lacks something (exit code 3).</summary>
    Incomplete,

    /// <summary>Not done.</summary>
    Failed,

    /// <summary>Only shown what would be done.</summary>
    Planned,

    /// <summary>Nothing to do, with the reason.</summary>
    Skipped,
}

/// <summary>How one repository fared in a run.</summary>
public sealed record RepositoryOutcome
{
    /// <summary>Name in the plan.</summary>
    public required string Repository { get; init; }

    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Bytes written.</summary>
    public long Bytes { get; init; }

    /// <summary>What went wrong.</summary>
    public string? Message { get; init; }

    /// <summary>The error's number.</summary>
    public DrpError Code { get; init; }
}

/// <summary>Seconds of one phase of a run.</summary>
/// <param name="Name">Phase, e.g. <c>fetch</c>, <c>restore</c>, <c>check</c>.</param>
/// <param name="Elapsed">How long.</param>
/// <param name="Bytes">Bytes handled, when that means something.</param>
public sealed record PhaseTiming(string Name, TimeSpan Elapsed, long? Bytes = null);

/// <summary>What a backup did.</summary>
public sealed record BackupReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Id of the set made; in a dry run the one that would be made.</summary>
    public required string Id { get; init; }

    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary><see cref="DrpError.Incomplete"/>: a repository or component lacks something, or in a dry run would lack it.</summary>
    public DrpError Code { get; init; }

    /// <summary>Components backed up.</summary>
    public required IReadOnlyList<string> Components { get; init => field = Listed.Of(value); }

    /// <summary>Each repository's outcome.</summary>
    public required IReadOnlyList<RepositoryOutcome> Repositories { get; init => field = Listed.Of(value); }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Stored bytes of one copy.</summary>
    public long Size { get; init; }

    /// <summary>Bytes before compression and encryption.</summary>
    public long PlainSize { get; init; }

    /// <summary>How far its components lie apart: from the earliest moment that one stands for to the latest. Null with one component, or when one does not say.</summary>
    public TimeSpan? Skew { get; init; }

    /// <summary>Rows counted; null when unknown.</summary>
    public long? Rows { get; init; }

    /// <summary>Warnings.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];

    /// <summary>In a dry run: each step that would be done.</summary>
    public IReadOnlyList<string> Steps { get; init => field = Listed.Of(value); } = [];
}
