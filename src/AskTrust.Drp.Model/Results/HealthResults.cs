namespace AskTrust.Drp;

/// <summary>One thing looked at by <c>Test-DrpHealth</c>.</summary>
public sealed record HealthCheck
{
    /// <summary>Path of the plan; binds to <c>-Plan</c> down the pipe.</summary>
    public required string Plan { get; init; }

    /// <summary>What was looked at: the component, page, container, disk or repository, and what of it: <c>db connections</c>, <c>site certificate</c>, <c>disk /</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its kind.</summary>
    public required HealthKind Kind { get; init; }

    /// <summary>How it is: <see cref="CheckVerdict.Failed"/> does not work or breaks a promise, <see cref="CheckVerdict.Warning"/> is over a limit.</summary>
    public required CheckVerdict Status { get; init; }

    /// <summary>What was found, for people: <c>83 %</c>, <c>210 ms</c>; null when nothing could be found.</summary>
    public string? Value { get; init; }

    /// <summary>The limit it is held against, likewise; null when there is none.</summary>
    public string? Limit { get; init; }

    /// <summary>What was found as a number, in <see cref="Unit"/>.</summary>
    public double? Measured { get; init; }

    /// <summary>The limit as a number, in <see cref="Unit"/>.</summary>
    public double? Threshold { get; init; }

    /// <summary>Unit of both: <c>percent</c>, <c>seconds</c>, <c>bytes</c>, <c>days</c>, <c>count</c>.</summary>
    public string? Unit { get; init; }

    /// <summary>What is wrong, or worth knowing.</summary>
    public string? Message { get; init; }

    /// <summary>What to do; null when nothing is to be done.</summary>
    public string? Advice { get; init; }

    /// <summary>The error this is: 14 a promise is broken, 17 nobody answers, 12 refused, 1 everything else; none unless it has failed.</summary>
    public DrpError Code { get; init; }

    /// <summary>When it was looked at (UTC).</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>How long that took.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>Kinds of things that are looked at, in the order in which they are shown.</summary>
public enum HealthKind
{
    /// <summary>A page.</summary>
    Http,

    /// <summary>The certificate of a page.</summary>
    Certificate,

    /// <summary>A container or Compose service.</summary>
    Container,

    /// <summary>A PostgreSQL server.</summary>
    PostgreSql,

    /// <summary>A Redis server.</summary>
    Redis,

    /// <summary>Backups and restore tests.</summary>
    Backup,

    /// <summary>A repository.</summary>
    Repository,

    /// <summary>This machine.</summary>
    Host,

    /// <summary>A log.</summary>
    Log,
}
