using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Decides for the components of a run whether everything is saved or only what changed, and keeps what the next run builds on.</summary>
internal interface ISetChains
{
    /// <summary>Kind of the set.</summary>
    string Kind { get; }

    /// <summary>True when something of it will build on sets before it.</summary>
    bool Builds { get; }

    /// <summary>What was decided, for the operator: expected things, and others that are warnings.</summary>
    IReadOnlyList<(DrpEventLevel Level, string Text)> Said { get; }

    /// <summary>Decides. Writes nothing; may be called again with a newer list.</summary>
    /// <param name="snapshot">What the repositories hold.</param>
    /// <param name="repositories">Those that the run writes to.</param>
    /// <param name="recipients">Keys that the run encrypts to.</param>
    /// <param name="ct">Cancels.</param>
    Task DecideAsync(CatalogSnapshot snapshot, IEnumerable<IRepository> repositories, IReadOnlyList<string> recipients, CancellationToken ct);

    /// <summary>Makes the private folder in which the sources leave what the next run needs; it goes when disposed.</summary>
    IAsyncDisposable Begin();

    /// <summary>The set exists: the next run may build on it. A state directory that takes nothing costs the next run time, not this one its success.</summary>
    Task KeepAsync(SealedManifest set, IReadOnlyList<string> recipients, CancellationToken ct);
}
