namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>What a recovery is to do.</summary>
internal sealed record RecoveryPlan
{
    /// <summary>The data directory, extracted.</summary>
    public required string Data { get; init; }

    /// <summary>Target.</summary>
    public required RecoveryTarget Target { get; init; }

    /// <summary>Stop just before the target.</summary>
    public bool Exclusive { get; init; }

    /// <summary>Timeline to end on; null = the base's own.</summary>
    public uint? Timeline { get; init; }

    /// <summary>Facts of the base.</summary>
    public required PostgreSqlFacts Facts { get; init; }

    /// <summary>User of the server; null = ourselves.</summary>
    public string? RunAs { get; init; }

    /// <summary>A copy to be thrown away: nothing is made safe against a crash, memory is kept small.</summary>
    public bool Throwaway { get; init; }

    /// <summary>It also listens to TCP, for whoever knows a password of its roles. Default: to its socket alone.</summary>
    public bool Listens { get; init; }

    /// <summary>
    /// The WAL is known to hold every commit up to the target: when there is none behind it, the end of the WAL is the state of that moment. (PostgreSQL calls
    /// that an error, since it cannot know.)
    /// </summary>
    public bool EndIsEnough { get; init; }
}
