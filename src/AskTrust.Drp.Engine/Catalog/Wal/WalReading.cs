using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog.Wal;

/// <summary>Fetches files of the WAL: asks every repository, prefers whole segments, checks every byte.</summary>
internal sealed class WalReading(CatalogContext catalog, IEncryption? encryption)
{
    /// <summary>See <see cref="WalArchive.GetAsync"/>.</summary>
    public async Task<WalGetOutcome> GetAsync(ulong system, WalName name, string destination, bool wholeOnly, CancellationToken ct)
    {
        Answer[] answers = await Task.WhenAll(catalog.Repositories.Select(r => AskAsync(r, system, name, ct))).ConfigureAwait(false);
        List<WalObject> whole = [.. answers.SelectMany(a => a.Objects.Where(o => o.Name == name))];
        if (whole.Select(o => o.Sha256).Distinct(StringComparer.Ordinal).Count() > 1)
        {
            WalObject other = whole.First(o => o.Sha256 != whole[0].Sha256);
            throw WalArchive.Different(other.Repository, name, other.Sha256, whole[0].Sha256);
        }

        DrpException? damage = null;
        foreach (WalObject o in whole)
        {
            damage = await TryAsync(destination, (file, token) => CopyAsync(o, file, token), ct).ConfigureAwait(false);
            if (damage is null) return WalGetOutcome.Found;
        }

        // With a repository silent, a whole segment may be there: pieces would end the recovery early.
        if (damage is null && answers.FirstOrDefault(a => a.Error is not null) is { } silent) throw silent.Error!;
        if (damage is not null) throw damage;
        return name.Kind == WalKind.Segment && !wholeOnly && await AssembleAsync(answers, system, name, destination, ct).ConfigureAwait(false)
            ? WalGetOutcome.Open
            : WalGetOutcome.NotInArchive;
    }

    private async Task<Answer> AskAsync(IRepository repository, ulong system, WalName name, CancellationToken ct)
    {
        List<WalObject> found = [];
        try
        {
            string prefix = name.Kind == WalKind.Segment ? catalog.Keys.WalOf(system, name.Timeline) + name.Text : catalog.Keys.WalPrefix(system, name);
            await foreach (StoredObject o in repository.ListAsync(prefix, ct).ConfigureAwait(false))
            {
                if (catalog.Keys.TryWal(repository, o) is { } wal) found.Add(wal);
            }

            return new Answer(found, null);
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e))
        {
            return new Answer([], e as DrpException ?? new DrpException(DrpError.Failed, e.Message, e) { Subject = repository.Name });
        }
    }

    /// <summary>The repository whose pieces reach furthest gives the open segment.</summary>
    private async Task<bool> AssembleAsync(Answer[] answers, ulong system, WalName segment, string destination, CancellationToken ct)
    {
        var chains = answers.Select(a => WalPieces.Chain(a.Objects.Where(o => o.Name.Kind == WalKind.Piece && o.Name.Segment == segment)))
            .Where(c => c.Count > 0).OrderByDescending(c => c[^1].Name.To).ToList();
        if (chains.Count == 0) return false;
        IReadOnlyList<WalServer> servers = await new WalArchive(catalog, new CompressionPlan(), encryption).ServersAsync(chains[0][0].Repository, ct).ConfigureAwait(false);
        int size = WalArchive.SegmentSizeOf(servers, system);
        DrpException? damage = null;
        foreach (IReadOnlyList<WalObject> chain in chains)
        {
            damage = await TryAsync(destination, async (file, token) =>
            {
                foreach (WalObject piece in chain)
                {
                    // Two runs may have cut the same bytes differently; the same bytes they are.
                    file.Position = piece.Name.From;
                    await CopyAsync(piece, file, token).ConfigureAwait(false);
                }

                file.SetLength(size);
            }, ct).ConfigureAwait(false);
            if (damage is null) return true;
        }

        throw damage!;
    }

    private async Task<DrpException?> TryAsync(string destination, Func<FileStream, CancellationToken, Task> write, CancellationToken ct)
    {
        string temporary = $"{destination}.{Guid.NewGuid():N}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous, BufferSize = 0 };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            var file = new FileStream(temporary, options);
            await using (file.ConfigureAwait(false))
            {
                // Not flushed to the disk: a server makes what it was given durable itself (its durable_rename), and after a power failure it asks again.
                await write(file, ct).ConfigureAwait(false);
            }

            File.Move(temporary, destination, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is DrpException { Code: DrpError.VerificationFailed or DrpError.Unreachable or DrpError.RepositoryMissing })
        {
            File.Delete(temporary);
            catalog.Host.Say(DrpEventLevel.Warning, e.Message);
            return (DrpException)e;
        }
        catch (Exception e)
        {
            File.Delete(temporary);
            if (DiskFull.Is(e)) throw DiskFull.Error(destination, e);
            throw;
        }
    }

    private async Task CopyAsync(WalObject o, FileStream file, CancellationToken ct)
    {
        Stream plain = await OpenAsync(o, ct).ConfigureAwait(false);
        await using (plain.ConfigureAwait(false))
        {
            await plain.CopyToAsync(file, 256 * 1024, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Plain bytes of an object; its digest is compared before the end shows.</summary>
    public async Task<Stream> OpenAsync(WalObject o, CancellationToken ct)
    {
        string subject = $"{o.Repository.Name}: {o.Name}";
        Stream stream = await o.Repository.OpenReadAsync(o.Key, 0, null, ct).ConfigureAwait(false);
        try
        {
            if (o.Encrypted)
            {
                IEncryption keys = encryption ?? throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(CatalogTexts.WalNoKey, subject)) { Subject = subject };
                stream = await keys.DecryptAsync(stream, ct).ConfigureAwait(false);
            }

            stream = Compression.Decompress(catalog.Host, o.Compression, stream, subject);
            return new DigestStream(stream, subject, o.Name.Kind == WalKind.Piece ? o.Name.To - o.Name.From : null, o.Sha256);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private sealed record Answer(IReadOnlyList<WalObject> Objects, DrpException? Error);
}
