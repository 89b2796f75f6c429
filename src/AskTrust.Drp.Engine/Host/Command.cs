namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// A program and its arguments, as a list: never a shell line. Secrets go by <see cref="Environment"/>, standard input or a
/// file, never into <see cref="Arguments"/>, which may be logged and are visible to every user of the machine.
/// </summary>
internal sealed record Command(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>Variables added to (null: removed from) the environment; values are never logged.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Working directory; null = the caller's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>User to run as, when we are root; null = ourselves. PostgreSQL servers refuse root.</summary>
    public string? RunAs { get; init; }

    /// <summary>Killed with its children after this long; null = never.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Run when this command had to be killed: stops what it left behind elsewhere (inside a container). Null = nothing.</summary>
    public Command? AfterKill { get; init; }

    /// <summary>Program and arguments for messages; holds no secret by the rule above.</summary>
    public override string ToString() => string.Join(' ', Arguments.Prepend(Program).Select(a => a.Contains(' ', StringComparison.Ordinal) ? $"'{a}'" : a));
}
