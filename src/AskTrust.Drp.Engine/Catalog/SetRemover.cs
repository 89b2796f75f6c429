using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// Deletes a set from a repository. Order: the second copy of the manifest, the manifest, everything else. So at every moment the set is either complete
/// or does not list, and what an interrupted deletion leaves has no manifest and is swept later. If a lock holds the manifest, nothing is deleted.
/// </summary>
internal static class SetRemover
{
    /// <summary>Deletes. The caller holds a <see cref="LeaseMode.Delete"/> lease.</summary>
    /// <returns><see cref="DeleteOutcome.Retained"/> when a lock holds the set or some object of it.</returns>
    public static async Task<RemoveOutcome> RemoveObjectsAsync(CatalogContext catalog, IRepository repository, SetId id, CancellationToken ct)
    {
        List<StoredObject> objects = [];
        await foreach (StoredObject o in repository.ListAsync(catalog.Keys.Set(id), ct).ConfigureAwait(false))
        {
            if (catalog.Keys.TrySet(o.Key, out _, out _))
            {
                objects.Add(o);
            }
        }

        string main = catalog.Keys.File(id, Keys.Manifest);
        string copy = catalog.Keys.File(id, Keys.Copy);
        if (!await RemoveManifestsAsync(repository, main, copy, objects, ct).ConfigureAwait(false))
        {
            return new(DeleteOutcome.Retained, 0);
        }

        long freed = 0;
        DeleteOutcome outcome = DeleteOutcome.Deleted;
        foreach (StoredObject o in objects)
        {
            if (o.Key == main || o.Key == copy || await repository.DeleteAsync(o.Key, ct).ConfigureAwait(false) == DeleteOutcome.Deleted)
            {
                freed += o.Size;
            }
            else
            {
                outcome = DeleteOutcome.Retained;
            }
        }

        return new(outcome, freed);
    }

    private static async Task<bool> RemoveManifestsAsync(IRepository repository, string main, string copy, List<StoredObject> objects, CancellationToken ct)
    {
        bool both = objects.Exists(o => o.Key == main) && objects.Exists(o => o.Key == copy);
        byte[]? bytes = both ? await repository.TryGetAsync(copy, ct).ConfigureAwait(false) : null;
        if (objects.Exists(o => o.Key == copy) && await repository.DeleteAsync(copy, ct).ConfigureAwait(false) == DeleteOutcome.Retained)
        {
            return false;
        }

        if (!objects.Exists(o => o.Key == main) || await repository.DeleteAsync(main, ct).ConfigureAwait(false) == DeleteOutcome.Deleted)
        {
            return true;
        }

        // The set stays, so it gets its second copy back.
        if (bytes is not null)
        {
            await repository.PutAsync(copy, bytes, ct).ConfigureAwait(false);
        }

        return false;
    }
}

/// <summary>How the deletion of a set ended.</summary>
/// <param name="Outcome">Gone, or held by a lock.</param>
/// <param name="Freed">Bytes deleted.</param>
internal sealed record RemoveOutcome(DeleteOutcome Outcome, long Freed);
