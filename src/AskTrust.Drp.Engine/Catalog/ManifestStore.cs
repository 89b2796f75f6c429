using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Reads manifests: the file, its second copy when the file is bad, and the signature where one is required.</summary>
internal static class ManifestStore
{
    /// <summary>The manifest of a set in a repository.</summary>
    /// <exception cref="DrpException">
    /// <see cref="DrpError.RepositoryMissing"/>: no such set here; <see cref="DrpError.VerificationFailed"/>: both copies are bad, or the signature is.
    /// </exception>
    /// <param name="catalog">The plan.</param>
    /// <param name="repository">Where to read.</param>
    /// <param name="id">The set.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<ManifestReading> ReadAsync(CatalogContext catalog, IRepository repository, SetId id, CancellationToken ct)
    {
        ManifestReading reading = await ReadUnsignedAsync(catalog, repository, id, ct).ConfigureAwait(false);
        byte[]? signature = await repository.TryGetAsync(catalog.Keys.File(id, Keys.Signature), ct).ConfigureAwait(false);
        if (catalog.Signature is { } check)
        {
            string where = $"{repository.Name}: {id}";
            string? fault = signature is null ? CatalogTexts.SignatureMissing : await check(reading.Sealed.Bytes, signature, ct).ConfigureAwait(false);
            if (fault is not null)
            {
                throw new DrpException(DrpError.VerificationFailed, Text.Of(CatalogTexts.SignatureBad, where, fault)) { Subject = where, Hint = CatalogTexts.SignatureBadHint };
            }
        }

        return reading with { Signature = signature is null ? null : signature.AsMemory() };
    }

    /// <summary>The same without looking at the signature: for lists, where nothing is trusted yet.</summary>
    public static async Task<ManifestReading> ReadUnsignedAsync(CatalogContext catalog, IRepository repository, SetId id, CancellationToken ct)
    {
        List<string> warnings = [];
        string where = $"{repository.Name}: {id}";
        byte[]? main = await repository.TryGetAsync(catalog.Keys.File(id, Keys.Manifest), ct).ConfigureAwait(false);
        byte[]? copy = await repository.TryGetAsync(catalog.Keys.File(id, Keys.Copy), ct).ConfigureAwait(false);
        SealedManifest manifest = Choose(where, id, main, copy, warnings);
        // One that is not there may be a killed writer's; one that is there and differs has rotted or was changed.
        return new(manifest, null, warnings) { Damaged = warnings.Count > 0 && main is not null && copy is not null };
    }

    /// <summary>The manifest of a set in the first repository that has a good one.</summary>
    public static async Task<(IRepository Repository, ManifestReading Reading)> ReadAnyAsync(
        CatalogContext catalog, IEnumerable<IRepository> repositories, SetId id, CancellationToken ct)
    {
        DrpException? first = null;
        foreach (IRepository repository in repositories)
        {
            try
            {
                return (repository, await ReadAsync(catalog, repository, id, ct).ConfigureAwait(false));
            }
            catch (DrpException e)
            {
                // What is said at the end is the most telling fault: a missing set is the least of them.
                first = first is null || first is ObjectMissingException ? e : first;
            }
        }

        throw first is null or ObjectMissingException ? Missing(catalog, id, first) : first;
    }

    private static SealedManifest Choose(string where, SetId id, byte[]? main, byte[]? copy, List<string> warnings)
    {
        if (main is null && copy is null)
        {
            throw new DrpException(DrpError.RepositoryMissing, Text.Of(CatalogTexts.SetMissing, where)) { Subject = where };
        }

        DrpException? fault = null;
        SealedManifest? fromMain = main is null ? null : Try(main, where, id, ref fault);
        SealedManifest? fromCopy = copy is null ? null : Try(copy, $"{where} ({Keys.Copy})", id, ref fault);
        switch (fromMain, fromCopy)
        {
            case (null, null):
                throw fault!;
            case (null, not null):
                warnings.Add(main is null ? Text.Of(CatalogTexts.ManifestCopyUsedMissing, where) : Text.Of(CatalogTexts.ManifestCopyUsed, where, fault!.Message));
                return fromCopy;
            case (not null, null):
                warnings.Add(copy is null ? Text.Of(CatalogTexts.ManifestCopyMissing, where) : Text.Of(CatalogTexts.ManifestCopyBad, where));
                return fromMain;
            default:
                if (!main.AsSpan().SequenceEqual(copy))
                {
                    warnings.Add(Text.Of(CatalogTexts.ManifestCopiesDiffer, where));
                }

                return fromMain!;
        }
    }

    private static SealedManifest? Try(byte[] bytes, string where, SetId id, ref DrpException? fault)
    {
        try
        {
            return SealedManifest.Parse(bytes, where, id);
        }
        catch (DrpException e)
        {
            fault = fault is ManifestTooNewException ? fault : e is ManifestTooNewException ? e : fault ?? e;
            return null;
        }
    }

    private static DrpException Missing(CatalogContext catalog, SetId id, Exception? cause) =>
        new(DrpError.RepositoryMissing, Text.Of(CatalogTexts.SetMissing, id), cause) { Subject = id.ToString(), Hint = CatalogTexts.SetMissingHint };
}

/// <summary>A manifest as found in a repository.</summary>
/// <param name="Sealed">The manifest and its bytes.</param>
/// <param name="Signature">The detached signature; null when there is none.</param>
/// <param name="Warnings">What is not as it should be, though the manifest is good.</param>
internal sealed record ManifestReading(SealedManifest Sealed, ReadOnlyMemory<byte>? Signature, IReadOnlyList<string> Warnings)
{
    /// <summary>True when one of the two copies is not what was written; the other is good.</summary>
    public bool Damaged { get; init; }

    /// <summary>What it says.</summary>
    public Manifest Manifest => Sealed.Manifest;
}
