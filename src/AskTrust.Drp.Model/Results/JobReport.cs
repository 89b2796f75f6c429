namespace AskTrust.Drp;

/// <summary>What a run of a job did.</summary>
public sealed record JobReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Name of the job.</summary>
    public required string Job { get; init; }

    /// <summary>Set it took; null when it took none.</summary>
    public string? Id { get; init; }

    /// <summary>How it ended; <see cref="RunStatus.Skipped"/> when it was not due.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>The one number of the run: that of the first step that failed, else <see cref="DrpError.Incomplete"/> when a step was not complete.</summary>
    public DrpError Code { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Each step, in order; those after a failure are <see cref="RunStatus.Skipped"/>.</summary>
    public IReadOnlyList<JobStepResult> Steps { get; init => field = Listed.Of(value); } = [];

    /// <summary>What the operator should know besides; why it was skipped.</summary>
    public string? Message { get; init; }
}

/// <summary>How one step of a job ended.</summary>
public sealed record JobStepResult
{
    /// <summary>What was done.</summary>
    public required JobAction Action { get; init; }

    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>The error's number.</summary>
    public DrpError Code { get; init; }

    /// <summary>What came of it, or what went wrong.</summary>
    public required string Message { get; init; }

    /// <summary>What to do next, when something went wrong.</summary>
    public string? Hint { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }
}
