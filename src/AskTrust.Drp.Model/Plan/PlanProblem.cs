namespace AskTrust.Drp;

/// <summary>One error of a plan, with its place.</summary>
/// <param name="File">The plan file.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Message">What is wrong and what is expected.</param>
public sealed record PlanProblem(string File, int Line, int Column, string Message)
{
    /// <summary>The way compilers print it, so that editors can jump there.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}: {Message}";
}

/// <summary>Verdict of one check.</summary>
public enum CheckVerdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works, but look.</summary>
    Warning,

    /// <summary>Does not work.</summary>
    Failed,

    /// <summary>Not checked, with the reason; never counted as success.</summary>
    Skipped,
}

/// <summary>One line of <c>Test-DrpPlan</c>.</summary>
public sealed record PlanCheck
{
    /// <summary>The plan file.</summary>
    public required string Plan { get; init; }

    /// <summary>What was checked: <c>plan</c>, <c>component db</c>, <c>repository local</c>, <c>key 0123…</c>, <c>tool pg_dump</c>, <c>job nightly</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>Name of the check, e.g. <c>connection</c>, <c>write</c>, <c>free space</c>.</summary>
    public required string Check { get; init; }

    /// <summary>The verdict.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>What was found.</summary>
    public required string Message { get; init; }

    /// <summary>What to do; null when nothing is to be done.</summary>
    public string? Hint { get; init; }

    /// <summary>The error this would be in a run.</summary>
    public DrpError Code { get; init; }

    /// <summary>How long the check took.</summary>
    public TimeSpan Elapsed { get; init; }
}
