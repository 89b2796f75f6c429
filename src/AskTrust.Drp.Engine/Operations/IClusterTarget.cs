using AskTrust.Drp.Engine.Components.PostgreSql.Physical;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Where a whole cluster is restored to: a folder of this machine, or the volume of a container. The calls come in the order in which they stand here.</summary>
internal interface IClusterTarget : IAsyncDisposable
{
    /// <summary>The data directory, as the server sees it.</summary>
    string Place { get; }

    /// <summary>For people.</summary>
    string Description { get; }

    /// <summary>True when there is a cluster already.</summary>
    bool IsThere { get; }

    /// <summary>Refuses what cannot go well, before anything is touched.</summary>
    /// <param name="choice">The base and the way to the target.</param>
    /// <param name="ct">Cancels.</param>
    Task CheckAsync(RecoveryChoice choice, CancellationToken ct);

    /// <summary>What will be done before and around the extraction, for a dry run.</summary>
    /// <param name="id">Id of the restore.</param>
    IEnumerable<string> Steps(string id);

    /// <summary>What an undo must know.</summary>
    RestoreEntry Describe(RestoreEntry entry);

    /// <summary>Makes the place free.</summary>
    /// <param name="id">Id of the restore.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Where the old cluster is now; null when nothing of it is kept.</returns>
    Task<string?> PrepareAsync(string id, CancellationToken ct);

    /// <summary>Brings the base there.</summary>
    Task ExtractAsync(BaseRestore restore, CancellationToken ct);

    /// <summary>Recovers it, sees that it can be written to, and stops it.</summary>
    Task<RecoveryOutcome> RecoverAsync(BaseRestore restore, RecoveryPlan plan, CancellationToken ct);

    /// <summary>The server with its own settings, where it was asked for. From here on the restore is complete.</summary>
    Task StartAsync(CancellationToken ct);

    /// <summary>True when there is something to start at the end.</summary>
    bool Starts { get; }

    /// <summary>What a delta restore did; null for any other.</summary>
    DeltaOutcome? Delta { get; }

    /// <summary>After a failure: removes what was made, and gives the old cluster its place back.</summary>
    Task PutBackAsync();
}
