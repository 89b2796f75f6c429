using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components;

/// <summary>What can be backed up: one component of the plan, seen as streams of bytes and facts.</summary>
internal interface IComponentSource
{
    /// <summary>Name in the plan.</summary>
    string Name { get; }

    /// <summary>Looks whether a backup would work: server, rights, tools. Reads only; each finding is a check.</summary>
    Task<IReadOnlyList<PlanCheck>> ProbeAsync(CancellationToken ct);

    /// <summary>True when <see cref="EstimateAsync"/> waits for the decision what a backup builds on: where only what changed is saved.</summary>
    bool BuildsOn => false;

    /// <summary>Expected plain bytes, for the free-space check; null when unknown. Reads only.</summary>
    Task<long?> EstimateAsync(CancellationToken ct);

    /// <summary>Begins a backup (writes the canary row where the plan wants one, opens connections and snapshots).</summary>
    Task<IComponentBackup> BeginAsync(CancellationToken ct);
}

/// <summary>One backup of a component under way.</summary>
internal interface IComponentBackup : IAsyncDisposable
{
    /// <summary>Its streams. The engine writes them one after another, except those that share a <see cref="IArtifactSource.Group"/>, which it writes at the same time.</summary>
    IReadOnlyList<IArtifactSource> Artifacts { get; }

    /// <summary>After every artifact was written: checks that nothing is missing and returns the facts.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/> when the source called itself complete but is not.</exception>
    Task<ComponentFacts> CompleteAsync(CancellationToken ct);
}

/// <summary>One stream of bytes of a component.</summary>
internal interface IArtifactSource
{
    /// <summary>File name without suffixes of compression and encryption, e.g. <c>db.dump</c>. Made of the component's plan name, never of foreign names.</summary>
    string Name { get; }

    /// <summary>What it is: <c>dump</c>, <c>data</c>, <c>globals</c>.</summary>
    string Role { get; }

    /// <summary>Artifacts of the same group (not 0) are written at the same time.</summary>
    int Group { get; }

    /// <summary>Expected plain bytes; null when unknown.</summary>
    long? EstimatedSize { get; }

    /// <summary>False when nothing of what is protected is read for it any more: it is in memory, or was made on the way of another.</summary>
    bool ReadsComponent => true;

    /// <summary>True when it writes zstd frames, which are stored as they are; asked when it is written.</summary>
    bool IsCompressed => false;

    /// <summary>Plain bytes of what it compressed itself, so far and, when it is written, altogether.</summary>
    long PlainSize => 0;

    /// <summary>Writes every byte into the sink, and does not complete it. Returns only when the source ended well.</summary>
    Task WriteAsync(ISink plain, CancellationToken ct);
}
