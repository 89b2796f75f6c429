using System.Text;

namespace AskTrust.Drp.Engine.Operations.Kinds;

/// <summary>
/// A type of component, as those see it who bring it back: how a backup of it is restored, tried, looked at and described. One class for each type; databases, whose restores
/// have options of their own, are none of them.
/// </summary>
internal interface IComponentKind
{
    /// <summary>Type in plans and manifests, e.g. <c>files</c>.</summary>
    string Type { get; }

    /// <summary>Where restore tests restore to, for reports, e.g. <c>folder</c>.</summary>
    string TrialPlace { get; }

    /// <summary>Writes the component's part of <c>RESTORE.md</c>: how to bring it back without us.</summary>
    void Guide(StringBuilder page, ComponentFacts facts, IReadOnlyList<BackupArtifact> artifacts);

    /// <summary>Looks whether an artifact could be restored; reads to the end of the stream, where its digests are compared.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    Task<string?> LookAsync(ComponentFacts facts, BackupArtifact artifact, Stream plain, CancellationToken ct);

    /// <summary>Examines the target of a restore. Changes nothing.</summary>
    /// <param name="set">What is restored.</param>
    /// <param name="options">What was asked.</param>
    /// <param name="restoreId">Id of the restore: part of every name it makes.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/> and others: nothing may be restored there.</exception>
    Task<IComponentRestore> PrepareAsync(ComponentSet set, RestoreComponentOptions options, string restoreId, CancellationToken ct);

    /// <summary>Restores into something that is thrown away, and compares it with the manifest.</summary>
    /// <exception cref="DrpException">The set cannot be restored.</exception>
    Task<TrialOutcome> TryAsync(ComponentSet set, PhaseClock phases, CancellationToken ct);

    /// <summary>The facts claiming a little more than there is: with them a trial has to fail, or the tester is broken.</summary>
    ComponentFacts Overstate(ComponentFacts facts);

    /// <summary>Examines whether a restore can be taken back. Changes nothing.</summary>
    Task<IComponentUndo> PrepareUndoAsync(RestoreEntry entry, string undoId, CancellationToken ct);

    /// <summary>Settles a restore that was killed: the target is as before it, or as after it, and nothing else of it is left.</summary>
    /// <returns>The entry as it is now; null when the restore changed nothing.</returns>
    Task<RestoreEntry?> SettleAsync(RestoreEntry killed, CancellationToken ct);
}

/// <summary>One restore of a component whose target was examined.</summary>
internal interface IComponentRestore : IAsyncDisposable
{
    /// <summary>The target, for people.</summary>
    string Target { get; }

    /// <summary>True when nothing is there that is replaced.</summary>
    bool ReplacesNothing { get; }

    /// <summary>True when it is not the component's own place, so that its being production does not matter.</summary>
    bool IsElsewhere { get; }

    /// <summary>What the operator should know beforehand.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Each step that will be done.</summary>
    IReadOnlyList<string> Steps { get; }

    /// <summary>What taking it back, or settling it after a kill, has to know.</summary>
    RestoreEntry Describe(RestoreEntry entry);

    /// <summary>Restores beside the target, counts, exchanges. A failure leaves the target as it was, once <see cref="TakeBackAsync"/> has run.</summary>
    /// <param name="exchangeAsync">Called before the target is changed for the first time: from then on a kill is settled forward where that is possible.</param>
    /// <param name="phases">Measures.</param>
    /// <param name="ct">Cancels.</param>
    Task<RestoreOutcome> RunAsync(Func<Task> exchangeAsync, PhaseClock phases, CancellationToken ct);

    /// <summary>After a failure: removes what was made, puts back what was moved.</summary>
    Task TakeBackAsync(CancellationToken ct);
}

/// <summary>A restore about to be taken back.</summary>
internal interface IComponentUndo : IAsyncDisposable
{
    /// <summary>What is put back, for people; empty when there was nothing before.</summary>
    string Source { get; }

    /// <summary>The target, for people.</summary>
    string Target { get; }

    /// <summary>Each step that will be done.</summary>
    IReadOnlyList<string> Steps { get; }

    /// <summary>The entry of the undo while it is under way, so that one that is killed is settled by the next run; null where the same undo run again does that.</summary>
    RestoreEntry? Begun(RestoreEntry entry) => null;

    /// <summary>Puts back. What was restored stays aside, so that this can be undone, too.</summary>
    /// <param name="entry">Entry for the undo itself, to be completed.</param>
    /// <param name="exchangeAsync">Called before the target is changed for the first time: from then on a kill is settled by ending the undo.</param>
    /// <param name="phases">Measures.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The entry of the undo, and where the restored content is now (null: nowhere).</returns>
    Task<(RestoreEntry Entry, string? Aside)> RunAsync(RestoreEntry entry, Func<Task> exchangeAsync, PhaseClock phases, CancellationToken ct);
}

/// <summary>What a restore did.</summary>
internal sealed record RestoreOutcome
{
    /// <summary>Where the previous content is now; null when there was none.</summary>
    public string? Previous { get; init; }

    /// <summary>Files restored; null when the component has none.</summary>
    public long? Files { get; init; }

    /// <summary>Bytes of these files.</summary>
    public long? Bytes { get; init; }

    /// <summary>Keys restored; null when the component has none.</summary>
    public long? Keys { get; init; }
}

/// <summary>What a trial found.</summary>
internal sealed record TrialOutcome
{
    /// <summary>Each comparison.</summary>
    public required IReadOnlyList<AssertionResult> Assertions { get; init; }

    /// <summary>Files restored; null when the component has none.</summary>
    public long? Files { get; init; }

    /// <summary>Keys restored; null when the component has none.</summary>
    public long? Keys { get; init; }

    /// <summary>Where it was restored to, when that is not always the same; null = as the kind says.</summary>
    public string? Where { get; init; }

    /// <summary>Version of the server it was restored into; null without one.</summary>
    public string? ServerVersion { get; init; }

    /// <summary>What the operator should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
