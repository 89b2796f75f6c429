using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Kinds;

/// <summary>One component in a set, ready to be read.</summary>
/// <param name="Context">The plan.</param>
/// <param name="Set">The set.</param>
/// <param name="Repository">Where it is read from.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Facts">What the manifest says of the component.</param>
internal sealed record ComponentSet(OperationContext Context, CatalogSet Set, IRepository Repository, SealedManifest Manifest, ComponentFacts Facts)
{
    /// <summary>The component's artifacts.</summary>
    public IReadOnlyList<BackupArtifact> Artifacts => [.. Manifest.Manifest.Artifacts.Where(a => a.Component == Facts.Component)];

    /// <summary>What decrypts; null when nothing is encrypted, or before the set is opened.</summary>
    public IEncryption? Encryption { get; init; }

    /// <summary>True for a file that is not ours: compression and encryption are recognised, and there are no digests to compare.</summary>
    public bool IsForeign { get; init; }

    /// <summary>Changes stored bytes on their way, for negative controls; null = leaves them alone.</summary>
    public Func<Stream, BackupArtifact, Stream>? Damage { get; init; }

    /// <summary>Looks into a set.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="set">The set.</param>
    /// <param name="repository">Where it is read from.</param>
    /// <param name="component">The component; null = the only one that is no database.</param>
    /// <param name="required">False: null when the set, or the component named, is about a database.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<ComponentSet?> FindAsync(OperationContext context, CatalogSet set, IRepository repository, string? component, bool required, CancellationToken ct)
    {
        ManifestReading reading = await ManifestStore.ReadAsync(context.Catalog, repository, set.Id, ct).ConfigureAwait(false);
        Manifest manifest = reading.Sealed.Manifest;
        ComponentFacts[] fitting = [.. manifest.Components.Where(c => component is null ? c.PostgreSql is null : c.Component == component)];
        // Without a name a database, if there is one, is what was always tested.
        if (!required && (fitting.Any(f => f.PostgreSql is not null) || (component is null && fitting.Length < manifest.Components.Count))) return null;
        foreach (string warning in reading.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        if (fitting.Length == 0 && component is null) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.OnlyDatabasesIn, set.Id)) { Subject = set.Set.Id, Hint = OperationsTexts.IsADatabaseHint };
        string chosen = Selection.Component([.. (fitting.Length == 0 ? manifest.Components : fitting).Select(c => c.Component)], component, set.Set.Id);
        return new ComponentSet(context, set, repository, reading.Sealed, manifest.Components.Single(c => c.Component == chosen));
    }

    /// <summary>The artifact that was given that name when it was written, whatever endings compression and encryption added.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: the set lacks it.</exception>
    public BackupArtifact Artifact(string name) => Artifacts.FirstOrDefault(a => IsNamed(a, name))
        ?? throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.LacksArtifact, Set.Set.Id, name)) { Subject = name };

    /// <summary>True when an artifact was given that name.</summary>
    public static bool IsNamed(BackupArtifact artifact, string name) => artifact.Name == name || artifact.Name.StartsWith(name + ".", StringComparison.Ordinal);

    /// <summary>Opens the plain bytes of an artifact; at their end the digests are compared.</summary>
    public async Task<Stream> OpenAsync(BackupArtifact artifact, CancellationToken ct)
    {
        Stream stored = await Repository.OpenReadAsync(Context.Catalog.Keys.File(Set.Id, artifact.Name), 0, null, ct).ConfigureAwait(false);
        if (IsForeign) return await new Unpacker(Context.Host).OpenForeignAsync(stored, artifact.Name, Encryption, ct).ConfigureAwait(false);
        return await new Unpacker(Context.Host).OpenAsync(Damage is { } damage ? damage(stored, artifact) : stored, artifact, Encryption, ct).ConfigureAwait(false);
    }

    /// <summary>Holds what reading takes for the time of an operation: keys, and a lease so that nobody deletes the set meanwhile.</summary>
    /// <param name="purpose">For the lease, e.g. <c>restore</c>.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<OpenedSet> HoldAsync(string purpose, CancellationToken ct)
    {
        IEncryption? encryption = Artifacts.Any(a => a.Encrypted) && Context.Plan.Encryption is not null ? Context.Encryption() : null;
        try
        {
            Lease? lease = await new LeaseKeeper(Context.Catalog).AcquireAsync(Repository, LeaseMode.Read, purpose, ct).ConfigureAwait(false);
            return new OpenedSet(this with { Encryption = encryption }, lease);
        }
        catch
        {
            if (encryption is not null) await encryption.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}

/// <summary>A component that is being read.</summary>
internal sealed class OpenedSet(ComponentSet set, Lease? lease) : IAsyncDisposable
{
    /// <summary>The component, with its keys.</summary>
    public ComponentSet Set => set;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (lease is not null) await lease.DisposeAsync().ConfigureAwait(false);
        if (set.Encryption is { } encryption) await encryption.DisposeAsync().ConfigureAwait(false);
    }
}
