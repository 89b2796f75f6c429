namespace AskTrust.Drp;

/// <summary>The only exception that leaves the engine on purpose: what failed, on what, and what to do next.</summary>
/// <param name="code">Which error of the numbered list.</param>
/// <param name="message">One sentence for an operator: what failed and on what. Never a secret.</param>
/// <param name="cause">The exception behind it, when there is one.</param>
public class DrpException(DrpError code, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Which error of the numbered list.</summary>
    public DrpError Code => code;

    /// <summary>What to do next, one sentence; null when the message says it all.</summary>
    public string? Hint { get; init; }

    /// <summary>What it failed on (a component, repository, set or file), for the error record's target.</summary>
    public string? Subject { get; init; }

    /// <summary>True when trying the same thing again may succeed (a cut connection, a 503); decided where it is known.</summary>
    public bool IsTransient { get; init; }
}

/// <summary>A plan with errors: every one of them, not only the first.</summary>
/// <param name="message">The summary.</param>
/// <param name="problems">Each error with its place.</param>
public sealed class PlanException(string message, IReadOnlyList<PlanProblem> problems) : DrpException(DrpError.PlanInvalid, message)
{
    /// <summary>Each error with file, line and column.</summary>
    public IReadOnlyList<PlanProblem> Problems { get; } = Listed.Of(problems);
}
