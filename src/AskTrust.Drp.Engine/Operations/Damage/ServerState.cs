using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>A PostgreSQL server as it was found.</summary>
internal sealed record ServerState
{
    /// <summary>What is wrong.</summary>
    public IReadOnlyList<DamageFinding> Findings { get; init; } = [];

    /// <summary>It answers.</summary>
    public bool IsUp { get; init; }

    /// <summary>The database of the plan is there.</summary>
    public bool HasDatabase { get; init; }

    /// <summary>Name of the database; null when nothing tells.</summary>
    public string? Database { get; init; }

    /// <summary>Its data directory; null when it is not on this machine or in a container, or nobody tells.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Its container, which need not run; null when it is none, or is gone.</summary>
    public ContainerFacts? Container { get; init; }

    /// <summary>Rows that the server has and the newest backup has not, by its statistics; null when not known.</summary>
    public long? NewRows { get; init; }

    /// <summary>Tables gone or emptied, as the manifest names them.</summary>
    public IReadOnlyList<string> LostTables { get; init; } = [];
}
