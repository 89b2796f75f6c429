using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Verifies one set in one repository and collects what it finds.</summary>
internal sealed class SetVerification(CatalogContext catalog, IRepository repository, SetId id, VerificationDepth depth, VerifierKeys keys)
{
    private const int BufferSize = 256 * 1024;
    private readonly List<string> _failed = [];
    private readonly List<string> _warned = [];
    private readonly string _where = $"{repository.Name}: {id}";
    private bool _noKey = keys.Encryption is null;
    private bool _storedOnly;

    /// <summary>Bytes read.</summary>
    public long Bytes { get; private set; }

    /// <summary>How deep it got: without a private key no archive can be looked into.</summary>
    public VerificationDepth Reached => _storedOnly && depth == VerificationDepth.Archive ? VerificationDepth.Content : depth;

    /// <summary>Problems that make the set unfit.</summary>
    public IReadOnlyList<string> Failed => _failed;

    /// <summary>Problems that do not.</summary>
    public IReadOnlyList<string> Warned => _warned;

    /// <summary>True when the set is good, but one copy of its manifest is not what was written.</summary>
    public bool Damaged { get; private set; }

    /// <summary>Verifies.</summary>
    /// <exception cref="DrpException">The repository did not answer: nothing is known of the set.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        Dictionary<string, long> there = await ObjectsAsync(ct).ConfigureAwait(false);
        ManifestReading reading;
        try
        {
            reading = await ManifestStore.ReadAsync(catalog, repository, id, ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (e.Code is DrpError.VerificationFailed or DrpError.RepositoryMissing && e is not ObjectMissingException)
        {
            _failed.Add(e.Message);
            return;
        }

        _warned.AddRange(reading.Warnings);
        Damaged = reading.Damaged;
        CheckPresent(reading.Manifest, there);
        await CheckChainAsync(reading.Manifest, ct).ConfigureAwait(false);
        if (depth == VerificationDepth.Present)
        {
            return;
        }

        foreach (BackupArtifact artifact in reading.Manifest.Artifacts.Where(a => there.TryGetValue(a.Name, out long size) && size == a.Size))
        {
            await ReadAsync(reading.Manifest, artifact, ct).ConfigureAwait(false);
        }
    }

    private async Task<Dictionary<string, long>> ObjectsAsync(CancellationToken ct)
    {
        Dictionary<string, long> there = new(StringComparer.Ordinal);
        await foreach (StoredObject o in repository.ListAsync(catalog.Keys.Set(id), ct).ConfigureAwait(false))
        {
            if (catalog.Keys.TrySet(o.Key, out _, out string name))
            {
                there[name] = o.Size;
            }
        }

        return there;
    }

    private void CheckPresent(Manifest manifest, Dictionary<string, long> there)
    {
        foreach (BackupArtifact a in manifest.Artifacts)
        {
            string where = $"{_where}/{a.Name}";
            if (!there.TryGetValue(a.Name, out long size))
            {
                _failed.Add(Text.Of(CatalogTexts.ArtifactMissing, where));
            }
            else if (size != a.Size)
            {
                _failed.Add(Text.Of(CatalogTexts.ArtifactSize, where, size, a.Size));
            }
        }

        if (!there.ContainsKey(Keys.Restore))
        {
            _warned.Add(Text.Of(CatalogTexts.ArtifactMissing, $"{_where}/{Keys.Restore}"));
        }

        HashSet<string> known = [Keys.Manifest, Keys.Copy, Keys.Signature, Keys.Restore, .. manifest.Artifacts.Select(a => a.Name)];
        _warned.AddRange(there.Keys.Where(n => !known.Contains(n)).Select(n => Text.Of(CatalogTexts.NotInManifest, $"{_where}/{n}")));
    }

    /// <summary>What it builds on must be there as it was; whether it is good, its own verification tells.</summary>
    private async Task CheckChainAsync(Manifest manifest, CancellationToken ct)
    {
        foreach (ChainLink link in Chains.Of(manifest.Components) ?? [])
        {
            string broken = CatalogTexts.ChainBroken;
            try
            {
                ManifestReading before = await ManifestStore.ReadUnsignedAsync(catalog, repository, SetId.Parse(link.Set), ct).ConfigureAwait(false);
                if (before.Sealed.Sha256 == link.Manifest) continue;
            }
            catch (DrpException e) when (e.Code is DrpError.VerificationFailed or DrpError.RepositoryMissing)
            {
                if (e.Code == DrpError.RepositoryMissing) broken = CatalogTexts.ChainMissing;
            }

            _failed.Add(Text.Of(broken, _where, link.Set));
        }
    }

    private async Task ReadAsync(Manifest manifest, BackupArtifact artifact, CancellationToken ct)
    {
        try
        {
            if (!artifact.Encrypted || !_noKey)
            {
                await ReadPlainAsync(manifest, artifact, ct).ConfigureAwait(false);
                return;
            }
        }
        catch (DrpException e) when (e.Code == DrpError.KeyOrPassphrase)
        {
            // The usual case on the protected host, which holds public keys only. The stored bytes can be proven all the same.
            _noKey = true;
        }
        catch (Exception e) when (IsVerdict(e))
        {
            _failed.Add($"{_where}/{artifact.Name}: {e.Message}");
            return;
        }

        await ReadStoredAsync(artifact, ct).ConfigureAwait(false);
    }

    private async Task ReadPlainAsync(Manifest manifest, BackupArtifact artifact, CancellationToken ct)
    {
        Stream stored = await OpenAsync(artifact, ct).ConfigureAwait(false);
        Stream plain = await new Unpacker(catalog.Host).OpenAsync(stored, artifact, keys.Encryption, ct).ConfigureAwait(false);
        await using (plain.ConfigureAwait(false))
        {
            if (depth == VerificationDepth.Archive && keys.Archive is { } check && await check(repository, manifest, artifact, plain, ct).ConfigureAwait(false) is { } problem)
            {
                _failed.Add($"{_where}/{artifact.Name}: {problem}");
            }

            // To the very end, where the digests are compared.
            await DrainAsync(plain, artifact, ct).ConfigureAwait(false);
        }

        Bytes += artifact.Size;
    }

    private async Task ReadStoredAsync(BackupArtifact artifact, CancellationToken ct)
    {
        try
        {
            Stream stored = new DigestStream(await OpenAsync(artifact, ct).ConfigureAwait(false), artifact.Name, artifact.Size, artifact.Sha256);
            await using (stored.ConfigureAwait(false))
            {
                await DrainAsync(stored, artifact, ct).ConfigureAwait(false);
            }

            Bytes += artifact.Size;
            _storedOnly = true;
            _warned.Add(Text.Of(CatalogTexts.NotDecrypted, $"{_where}/{artifact.Name}"));
        }
        catch (Exception e) when (IsVerdict(e))
        {
            _failed.Add($"{_where}/{artifact.Name}: {e.Message}");
        }
    }

    private Task<Stream> OpenAsync(BackupArtifact artifact, CancellationToken ct) => repository.OpenReadAsync(catalog.Keys.File(id, artifact.Name), 0, null, ct);

    private async Task DrainAsync(Stream stream, BackupArtifact artifact, CancellationToken ct)
    {
        byte[] buffer = new byte[BufferSize];
        string activity = Text.Of(CatalogTexts.Verifying, _where);
        long done = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            done += read;
            catalog.Host.Observer.On(new DrpProgress(activity, artifact.Name, done, null));
        }

        catalog.Host.Observer.On(new DrpProgress(activity, artifact.Name, done, done, Finished: true));
    }

    // What says something of the bytes, as opposed to a store that does not answer.
    private static bool IsVerdict(Exception e) => e is DrpException { Code: DrpError.VerificationFailed } or ObjectMissingException or EndOfStreamException or InvalidDataException;
}

/// <summary>What a verification may use to look inside.</summary>
/// <param name="Encryption">Decrypts; null when there is nothing to decrypt with.</param>
/// <param name="Archive">Looks whether an archive can be read.</param>
internal sealed record VerifierKeys(IEncryption? Encryption, ArchiveCheck? Archive);

/// <summary>Looks whether the plain bytes of an artifact are an archive that a restore could read. Need not read to the end.</summary>
/// <param name="repository">Where it is read from.</param>
/// <param name="manifest">The set's manifest.</param>
/// <param name="artifact">The artifact; of a kind without archive format, the answer is null.</param>
/// <param name="plain">Plain bytes; not disposed by the check.</param>
/// <param name="ct">Cancels.</param>
/// <returns>What is wrong; null when nothing is.</returns>
internal delegate Task<string?> ArchiveCheck(IRepository repository, Manifest manifest, BackupArtifact artifact, Stream plain, CancellationToken ct);
