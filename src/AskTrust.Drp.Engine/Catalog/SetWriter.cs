using System.Collections.Concurrent;
using System.Text;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// Writes one set into several repositories. A repository that fails drops out and the others go on. The manifest comes last, its signature and second
/// copy just before it: whatever moment the writer dies, a set that lists has all its objects.
/// </summary>
/// <param name="catalog">The plan.</param>
/// <param name="id">The set; chosen by <see cref="SetId.Next"/> under the write lease.</param>
/// <param name="repositories">Where to.</param>
/// <param name="guard">Called just before each manifest is written; throws when we may not write any more (<see cref="Lease.Check"/>).</param>
internal sealed class SetWriter(CatalogContext catalog, SetId id, IReadOnlyList<IRepository> repositories, Action<IRepository>? guard = null)
{
    private readonly ConcurrentDictionary<IRepository, Exception> _dropped = new();
    private readonly ConcurrentDictionary<IRepository, bool> _done = new();

    /// <summary>The set.</summary>
    public SetId Id => id;

    /// <summary>Repositories that have taken everything so far.</summary>
    public IReadOnlyList<IRepository> Alive => [.. repositories.Where(r => !_dropped.ContainsKey(r))];

    /// <summary>Begins an artifact in one repository.</summary>
    public Task<ISink> CreateAsync(IRepository repository, string name, long? expectedSize, CancellationToken ct) =>
        Keys.IsArtifactName(name)
            ? repository.CreateAsync(catalog.Keys.File(id, name), expectedSize, ct)
            : throw new ArgumentException("Not a name for an artifact.", nameof(name));

    /// <summary>This repository did not take something: it gets no manifest.</summary>
    public void Drop(IRepository repository, Exception why) => _dropped.TryAdd(repository, why);

    /// <summary>Checks that every artifact has arrived and writes what makes the set exist, in every repository that is alive.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="signature">Its detached signature; null when manifests are not signed.</param>
    /// <param name="restore">Text of <c>RESTORE.md</c>.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Each repository's outcome, in the order given to the constructor.</returns>
    public async Task<IReadOnlyList<RepositoryOutcome>> SealAsync(SealedManifest manifest, ReadOnlyMemory<byte>? signature, string restore, CancellationToken ct)
    {
        if (manifest.Manifest.Id != id.ToString())
        {
            throw new ArgumentException("The manifest is of another set.", nameof(manifest));
        }

        await Task.WhenAll(Alive.Select(r => SealAsync(r, manifest, signature, restore, ct))).ConfigureAwait(false);
        return [.. repositories.Select(r => Outcome(r, manifest.Manifest.Size))];
    }

    /// <summary>
    /// Removes what was written to repositories that did not get the manifest: the copy of the manifest first, so that no moment shows a set that lacks
    /// something. What cannot be removed is swept by a later retention run.
    /// </summary>
    public async Task DiscardAsync(CancellationToken ct)
    {
        foreach (IRepository repository in repositories.Where(r => !_done.ContainsKey(r)))
        {
            try
            {
                if (await repository.StatAsync(catalog.Keys.File(id, Keys.Manifest), ct).ConfigureAwait(false) is null)
                {
                    await SetRemover.RemoveObjectsAsync(catalog, repository, id, ct).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (WriteOnce.IsStoreFault(e))
            {
                catalog.Host.Say(DrpEventLevel.Verbose, Text.Of(CatalogTexts.LeftoverStays, $"{repository.Name}: {id}", e.Message));
            }
        }
    }

    private async Task SealAsync(IRepository repository, SealedManifest manifest, ReadOnlyMemory<byte>? signature, string restore, CancellationToken ct)
    {
        try
        {
            foreach (BackupArtifact a in manifest.Manifest.Artifacts)
            {
                StoredObject? there = await repository.StatAsync(catalog.Keys.File(id, a.Name), ct).ConfigureAwait(false);
                if (there?.Size != a.Size)
                {
                    string where = $"{repository.Name}: {id}/{a.Name}";
                    string text = there is null ? Text.Of(CatalogTexts.ArtifactMissing, where) : Text.Of(CatalogTexts.ArtifactSize, where, there.Size, a.Size);
                    throw new DrpException(DrpError.VerificationFailed, text) { Subject = where };
                }
            }

            await repository.PutAsync(catalog.Keys.File(id, Keys.Restore), Encoding.UTF8.GetBytes(restore), ct).ConfigureAwait(false);
            if (signature is { } s)
            {
                await repository.PutAsync(catalog.Keys.File(id, Keys.Signature), s, ct).ConfigureAwait(false);
            }

            guard?.Invoke(repository);
            await repository.PutAsync(catalog.Keys.File(id, Keys.Copy), manifest.Bytes, ct).ConfigureAwait(false);
            guard?.Invoke(repository);
            await repository.PutAsync(catalog.Keys.File(id, Keys.Manifest), manifest.Bytes, ct).ConfigureAwait(false);
            _done.TryAdd(repository, true);
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e))
        {
            Drop(repository, e);
        }
    }

    private RepositoryOutcome Outcome(IRepository repository, long size) =>
        _dropped.TryGetValue(repository, out Exception? why)
            ? new() { Repository = repository.Name, Status = RunStatus.Failed, Message = why.Message, Code = (why as DrpException)?.Code ?? DrpError.Failed }
            : new() { Repository = repository.Name, Status = RunStatus.Succeeded, Bytes = size };
}
