using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog.Wal;

/// <summary>The WAL of a plan's servers in its repositories: write-once, exact names, the same bytes twice are a success and different ones an error.</summary>
internal sealed class WalArchive(CatalogContext catalog, CompressionPlan compression, IEncryption? encryption)
{
    private const int DefaultSegmentSize = 16 * 1024 * 1024;

    /// <summary>Packs a file, in memory: it is at most one segment, and every repository gets the same bytes at its own pace.</summary>
    public async Task<PackedWal> PackAsync(WalFile file, Stream plain, CancellationToken ct)
    {
        var memory = new MemorySink();
        PackResult packed = await new Packer(catalog.Host).PackAsync(
            new PackRequest
            {
                Source = (sink, token) => CopyAsync(plain, sink, token),
                // Segments are packed several at a time: more threads for each would only be in each other's way.
                Compression = compression with { Threads = 1 },
                Encryption = encryption,
                Branches = [new Branch("memory", memory, TimeSpan.FromMinutes(5))],
            }, ct).ConfigureAwait(false);
        string key = catalog.Keys.WalObject(file.System, file.Name, packed.SourceSha256, packed.Sha256, file.Mark, compression.Kind, encryption is not null);
        return new PackedWal(file, key, packed.SourceSha256, packed.SourceSize, memory.Bytes);
    }

    /// <summary>Writes a packed file into one repository.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="packed">The file.</param>
    /// <param name="there">What the repository has under that name, when the caller knows; null = look.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>True when it was written, false when the same bytes were there.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: there are other bytes of that name. Or the store's own.</exception>
    public async Task<bool> PutAsync(IRepository repository, PackedWal packed, IReadOnlyList<WalObject>? there, CancellationToken ct)
    {
        there ??= await FindAsync(repository, packed.File.System, packed.File.Name, ct).ConfigureAwait(false);
        if (there.FirstOrDefault(o => o.Sha256 != packed.Sha256) is { } other) throw Different(repository, packed.File.Name, other.Sha256, packed.Sha256);
        if (there.Count > 0) return false;
        await repository.PutAsync(packed.Key, packed.Bytes, ct).ConfigureAwait(false);
        return true;
    }

    /// <summary>Writes a file into every writable repository at the same time. One that fails does not keep the others from getting it.</summary>
    public async Task<IReadOnlyList<WalPutOutcome>> PutAsync(WalFile file, Stream plain, CancellationToken ct)
    {
        PackedWal packed = await PackAsync(file, plain, ct).ConfigureAwait(false);
        return await Task.WhenAll(catalog.Writable.Select(PutOneAsync)).ConfigureAwait(false);

        async Task<WalPutOutcome> PutOneAsync(IRepository repository)
        {
            try
            {
                return new WalPutOutcome(repository, await PutAsync(repository, packed, null, ct).ConfigureAwait(false), null);
            }
            catch (Exception e) when (WriteOnce.IsStoreFault(e))
            {
                return new WalPutOutcome(repository, false, e as DrpException ?? new DrpException(DrpError.Failed, e.Message, e) { Subject = repository.Name });
            }
        }
    }

    /// <summary>
    /// Fetches a file by its exact name. A segment that is not there whole is put together from its pieces and filled up with zeros. A damaged copy is
    /// told and another repository asked.
    /// </summary>
    /// <param name="system">System identifier.</param>
    /// <param name="name">Exact name.</param>
    /// <param name="destination">File to write; it appears whole or not at all; not made durable.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="wholeOnly">Does not put segments together from pieces: what is fetched ahead must be final.</param>
    /// <exception cref="DrpException">
    /// A repository that might have it does not answer (<see cref="DrpError.Unreachable"/>), every copy is damaged or copies differ
    /// (<see cref="DrpError.VerificationFailed"/>), the key is missing (<see cref="DrpError.KeyOrPassphrase"/>): whether the WAL ends here is not known.
    /// </exception>
    public Task<WalGetOutcome> GetAsync(ulong system, WalName name, string destination, CancellationToken ct, bool wholeOnly = false) =>
        new WalReading(catalog, encryption).GetAsync(system, name, destination, wholeOnly, ct);

    /// <summary>
    /// True when the repositories that answer have whole segments of the same timeline before and behind this one: the WAL does not end at it. Looks as far as 4 GiB
    /// to either side.
    /// </summary>
    public async Task<bool> IsHoleAsync(ulong system, WalName segment, CancellationToken ct)
    {
        bool before = false, behind = false;
        foreach (IRepository repository in catalog.Repositories)
        {
            foreach (string part in segment.Surroundings)
            {
                await foreach (StoredObject o in repository.ListAsync(catalog.Keys.WalOf(system, segment.Timeline) + part, ct).ConfigureAwait(false))
                {
                    if (catalog.Keys.TryWal(repository, o) is not { Name.Kind: WalKind.Segment } wal) continue;
                    int order = string.CompareOrdinal(wal.Name.Text, segment.Text);
                    before |= order < 0;
                    behind |= order > 0;
                }
            }
        }

        return before && behind;
    }

    /// <summary>Lists what each repository has of a server.</summary>
    /// <param name="system">System identifier; null = of all.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<WalListing>> ListAsync(ulong? system, CancellationToken ct) =>
        await Task.WhenAll(catalog.Repositories.Select(r => ListAsync(r, system, ct))).ConfigureAwait(false);

    /// <summary>Lists one repository; one that does not answer is an error in the listing.</summary>
    public async Task<WalListing> ListAsync(IRepository repository, ulong? system, CancellationToken ct)
    {
        List<WalObject> objects = [];
        List<WalServer> servers = [];
        List<WalHole> holes = [];
        try
        {
            servers.AddRange(await ServersAsync(repository, ct).ConfigureAwait(false));
            await foreach (StoredObject o in repository.ListAsync(system is { } id ? catalog.Keys.WalOf(id) : catalog.Keys.Wal, ct).ConfigureAwait(false))
            {
                if (catalog.Keys.TryWal(repository, o) is { } wal) objects.Add(wal);
                else if (catalog.Keys.TryWalHole(o.Key) is { } hole) holes.Add(hole);
            }

            return new WalListing { Repository = repository, Objects = objects, Servers = servers, Holes = holes };
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e))
        {
            return new WalListing { Repository = repository, Error = e as DrpException ?? new DrpException(DrpError.Failed, e.Message, e) { Subject = repository.Name } };
        }
    }

    /// <summary>Objects of one exact name in one repository.</summary>
    public async Task<IReadOnlyList<WalObject>> FindAsync(IRepository repository, ulong system, WalName name, CancellationToken ct)
    {
        List<WalObject> found = [];
        await foreach (StoredObject o in repository.ListAsync(catalog.Keys.WalPrefix(system, name), ct).ConfigureAwait(false))
        {
            if (catalog.Keys.TryWal(repository, o) is { } wal && wal.Name == name) found.Add(wal);
        }

        return found;
    }

    /// <summary>
    /// Records which server a component's WAL comes from, and refuses another one: WAL of two servers in one archive would end in a restore of the wrong data.
    /// </summary>
    /// <param name="repository">Repository.</param>
    /// <param name="server">The server as it is now.</param>
    /// <param name="acceptNew">The operator says that the component has a new server (after <c>pg_upgrade</c>, or made anew).</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: the archive holds the WAL of another server, or of another version.</exception>
    public async Task ClaimAsync(IRepository repository, WalServer server, bool acceptNew, CancellationToken ct)
    {
        List<WalServer> known = [.. (await ServersAsync(repository, ct).ConfigureAwait(false)).Where(k => k.Component == server.Component)];
        if (known.Contains(server)) return;
        if (known.Find(k => k.System == server.System) is { } changed)
        {
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(CatalogTexts.WalOtherVersion, repository.Name, server.Component, changed.Major, changed.SegmentSize, server.Major, server.SegmentSize))
            {
                Subject = server.Component, Hint = CatalogTexts.WalOtherVersionHint,
            };
        }

        if (known.Count > 0 && !acceptNew)
        {
            throw new DrpException(DrpError.UnsafeTarget,
                Text.Of(CatalogTexts.WalOtherServer, repository.Name, server.Component, string.Join(", ", known), server))
            {
                Subject = server.Component, Hint = CatalogTexts.WalOtherServerHint,
            };
        }

        byte[] bytes = System.Text.Encoding.UTF8.GetBytes($$"""{ "system": "{{server.System}}", "component": "{{server.Component}}", "major": {{server.Major}}, "segmentSize": {{server.SegmentSize}} }""" + "\n");
        await repository.PutAsync(catalog.Keys.WalServer(server), bytes, ct).ConfigureAwait(false);
    }

    /// <summary>The servers a repository has WAL of, in the order in which they came.</summary>
    public async Task<IReadOnlyList<WalServer>> ServersAsync(IRepository repository, CancellationToken ct)
    {
        List<(DateTimeOffset Since, WalServer Server)> servers = [];
        await foreach (StoredObject o in repository.ListAsync(catalog.Keys.WalServers, ct).ConfigureAwait(false))
        {
            if (catalog.Keys.TryWalServer(o.Key) is { } server) servers.Add((o.Modified, server));
        }

        return [.. servers.OrderBy(s => s.Since).Select(s => s.Server)];
    }

    /// <summary>Bytes of a segment of that server; PostgreSQL's default where nobody recorded it.</summary>
    public static int SegmentSizeOf(IEnumerable<WalServer> servers, ulong system) =>
        servers.FirstOrDefault(s => s.System == system)?.SegmentSize ?? DefaultSegmentSize;

    /// <summary>Records that WAL from this segment on was given up knowingly.</summary>
    public async Task RecordHoleAsync(IRepository repository, ulong system, WalName first, string cause, CancellationToken ct) =>
        await repository.PutAsync(catalog.Keys.WalHole(system, first, cause), "{}\n"u8.ToArray(), ct).ConfigureAwait(false);

    internal static DrpException Different(IRepository repository, WalName name, string there, string ours) =>
        new(DrpError.VerificationFailed, Text.Of(CatalogTexts.WalDifferent, repository.Name, name, there, ours)) { Subject = name.Text, Hint = CatalogTexts.WalDifferentHint };

    private static async Task CopyAsync(Stream from, ISink to, CancellationToken ct)
    {
        byte[] buffer = new byte[256 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0) await to.WriteAsync(buffer.AsMemory(0, read), ct).ConfigureAwait(false);
    }

    private sealed class MemorySink : ISink
    {
        private readonly MemoryStream _memory = new();

        public ReadOnlyMemory<byte> Bytes => _memory.GetBuffer().AsMemory(0, (int)_memory.Length);

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            _memory.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public Task CompleteAsync(CancellationToken ct) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
