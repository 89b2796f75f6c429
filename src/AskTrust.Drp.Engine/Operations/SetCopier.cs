using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Copies a set from one repository to another, the manifest last; what an interrupted run left there is used when it is whole.</summary>
internal sealed class SetCopier(OperationContext context)
{
    private const int BufferSize = 256 * 1024;
    private CatalogContext Catalog => context.Catalog;

    /// <summary>Copies.</summary>
    /// <returns>Objects written.</returns>
    public async Task<int> CopyAsync(SetId id, IRepository source, IRepository target, Lease? lease, CancellationToken ct)
    {
        ManifestReading manifest = await ManifestStore.ReadAsync(Catalog, source, id, ct).ConfigureAwait(false);
        int written = 0;
        foreach (var artifact in manifest.Manifest.Artifacts)
        {
            if (await CopyArtifactAsync(id, artifact, source, target, ct).ConfigureAwait(false)) written++;
        }

        written += await PutAsync(target, id, Keys.Restore, await source.TryGetAsync(Catalog.Keys.File(id, Keys.Restore), ct).ConfigureAwait(false), ct).ConfigureAwait(false);
        written += await PutAsync(target, id, Keys.Signature, manifest.Signature?.ToArray(), ct).ConfigureAwait(false);
        lease?.Check();
        written += await PutAsync(target, id, Keys.Copy, manifest.Sealed.Bytes.ToArray(), ct).ConfigureAwait(false);
        lease?.Check();
        written += await PutAsync(target, id, Keys.Manifest, manifest.Sealed.Bytes.ToArray(), ct).ConfigureAwait(false);
        return written;
    }

    /// <summary>Copies pins and remembered verdicts from every repository into the target, and the evidence it lacks.</summary>
    public async Task CopyNotesAsync(IRepository target, CancellationToken ct)
    {
        foreach (string folder in new[] { Catalog.Keys.Pins, Catalog.Keys.Verified })
        {
            HashSet<string> there = [];
            await foreach (var note in target.ListAsync(folder, ct).ConfigureAwait(false)) there.Add(note.Key);
            foreach (var source in Catalog.Repositories.Where(r => r != target))
            {
                try
                {
                    await foreach (var note in source.ListAsync(folder, ct).ConfigureAwait(false))
                    {
                        if (there.Add(note.Key)) await target.PutAsync(note.Key, await source.GetAsync(note.Key, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
                    }
                }
                catch (DrpException e) when (!ct.IsCancellationRequested)
                {
                    context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.NotesNotCopied, source.Name, e.Message));
                }
            }
        }

        await context.Evidence.SyncAsync(ct).ConfigureAwait(false);
    }

    /// <returns>False when the target had the whole artifact already.</returns>
    private async Task<bool> CopyArtifactAsync(SetId id, BackupArtifact artifact, IRepository source, IRepository target, CancellationToken ct)
    {
        string key = Catalog.Keys.File(id, artifact.Name);
        if (await target.StatAsync(key, ct).ConfigureAwait(false) is { } there)
        {
            if (there.Size == artifact.Size && await IsIntactAsync(target, key, artifact, ct).ConfigureAwait(false)) return false;
            // A set without manifest does not exist: this is debris, not a backup.
            if (await target.DeleteAsync(key, ct).ConfigureAwait(false) == DeleteOutcome.Retained)
            {
                throw new DrpException(DrpError.Failed, Text.Of(OperationsTexts.DebrisLocked, target.Name, key)) { Subject = target.Name };
            }
        }

        string activity = Text.Of(OperationsTexts.Copying, id, target.Name);
        ISink sink = await target.CreateAsync(key, artifact.Size, ct).ConfigureAwait(false);
        await using var _ = sink.ConfigureAwait(false);
        Stream stored = new DigestStream(await source.OpenReadAsync(key, 0, null, ct).ConfigureAwait(false), artifact.Name, artifact.Size, artifact.Sha256);
        await using var __ = stored.ConfigureAwait(false);
        byte[] buffer = new byte[BufferSize];
        long done = 0;
        while (await stored.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and var count)
        {
            await sink.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
            context.Host.Observer.On(new DrpProgress(activity, artifact.Name, done += count, artifact.Size));
        }

        await sink.CompleteAsync(ct).ConfigureAwait(false);
        context.Host.Observer.On(new DrpProgress(activity, artifact.Name, done, done, ProgressUnit.Bytes, Finished: true));
        return true;
    }

    private static async Task<bool> IsIntactAsync(IRepository repository, string key, BackupArtifact artifact, CancellationToken ct)
    {
        try
        {
            Stream stored = new DigestStream(await repository.OpenReadAsync(key, 0, null, ct).ConfigureAwait(false), artifact.Name, artifact.Size, artifact.Sha256);
            await using var _ = stored.ConfigureAwait(false);
            await stored.CopyToAsync(Stream.Null, BufferSize, ct).ConfigureAwait(false);
            return true;
        }
        catch (DrpException e) when (e.Code == DrpError.VerificationFailed)
        {
            return false;
        }
    }

    private async Task<int> PutAsync(IRepository target, SetId id, string name, byte[]? bytes, CancellationToken ct)
    {
        if (bytes is null) return 0;
        string key = Catalog.Keys.File(id, name);
        if (await target.TryGetAsync(key, ct).ConfigureAwait(false) is { } there)
        {
            if (there.AsSpan().SequenceEqual(bytes)) return 0;
            await target.DeleteAsync(key, ct).ConfigureAwait(false);
        }

        await target.PutAsync(key, bytes, ct).ConfigureAwait(false);
        return 1;
    }
}
