using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Where a restore takes its bytes from: a set in a repository, a set in a folder, or a file made by anybody.</summary>
/// <param name="Fetch">Time and bytes of reading what is stored.</param>
/// <param name="Unpack">Time and bytes of the plain streams: fetching, decrypting and decompressing together.</param>
internal sealed record RestoreSource(StreamTime Fetch, StreamTime Unpack)
{
    /// <summary>Set id or file, for people.</summary>
    public required string Name { get; init; }

    /// <summary>Component of the plan.</summary>
    public required string Component { get; init; }

    /// <summary>What goes into the database.</summary>
    public required RestoreInput Input { get; init; }

    /// <summary>Roles and tablespaces; null when the source has none.</summary>
    public PlainSource? Globals { get; init; }

    /// <summary>The manifest; null for a foreign file.</summary>
    public SealedManifest? Manifest { get; init; }

    /// <summary>Repository it is read from; null for a file or folder.</summary>
    public IRepository? Repository { get; init; }

    /// <summary>Tables and their rows as dumped.</summary>
    public PostgreSqlFacts? Facts => Input.Facts;

    /// <summary>
    /// The phases of a run in the order of the flow. Fetching, decrypting and restoring happen at the same time: each gets the time the others
    /// waited for it, so that together they are the time that passed.
    /// </summary>
    public IReadOnlyList<PhaseTiming> Phases(IReadOnlyList<PhaseTiming> measured)
    {
        TimeSpan check = measured.Where(p => p.Name == "check").Aggregate(TimeSpan.Zero, (sum, p) => sum + p.Elapsed);
        List<PhaseTiming> phases = [.. measured.Where(p => p.Name is not ("restore" or "check" or "negative control"))];
        phases.Add(new PhaseTiming("fetch", Fetch.Elapsed, Fetch.Bytes));
        phases.Add(new PhaseTiming("decrypt", AtLeastZero(Unpack.Elapsed - Fetch.Elapsed), Unpack.Bytes));
        phases.AddRange(measured.Where(p => p.Name == "restore").Select(p => p with { Elapsed = AtLeastZero(p.Elapsed - Unpack.Elapsed - (CheckIsInside ? check : TimeSpan.Zero)) }));
        phases.AddRange(measured.Where(p => p.Name is "check" or "negative control"));
        return phases;
    }

    /// <summary>True when the check is part of the measured restore (before the swap).</summary>
    public bool CheckIsInside { get; init; }

    private static TimeSpan AtLeastZero(TimeSpan time) => time < TimeSpan.Zero ? TimeSpan.Zero : time;
}

/// <summary>Opens <see cref="RestoreSource"/>s.</summary>
internal sealed class RestoreSources(OperationContext context, IEncryption? encryption)
{
    /// <summary>A set in a repository.</summary>
    /// <param name="id">The set.</param>
    /// <param name="repository">Where from.</param>
    /// <param name="component">Component; null when the set has only one.</param>
    /// <param name="damage">Changes the stored bytes on their way, for negative controls; null = leave them alone.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<RestoreSource> OfSetAsync(SetId id, IRepository repository, string? component, Func<Stream, BackupArtifact, Stream>? damage, CancellationToken ct)
    {
        ManifestReading reading = await ManifestStore.ReadAsync(context.Catalog, repository, id, ct).ConfigureAwait(false);
        foreach (string warning in reading.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        return Make(id.ToString(), reading.Sealed, repository, component, async (artifact, c) =>
        {
            Stream stored = await repository.OpenReadAsync(context.Catalog.Keys.File(id, artifact.Name), 0, null, c).ConfigureAwait(false);
            return damage is null ? stored : damage(stored, artifact);
        });
    }

    /// <summary>A file, or a folder that holds a set.</summary>
    public async Task<RestoreSource> OfPathAsync(string path, string component, CancellationToken ct)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full)) return await OfFolderAsync(full, component, ct).ConfigureAwait(false);
        if (!File.Exists(full)) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.FileMissing, full)) { Subject = full };
        StreamTime fetch = new(), unpack = new();
        return new RestoreSource(fetch, unpack)
        {
            Name = full,
            Component = component,
            Input = new RestoreInput(new PlainSource(InnerName(full), async c =>
            {
                Stream stored = new TimedStream(Open(full), context.Clock, fetch);
                return new TimedStream(await new Unpacker(context.Host).OpenForeignAsync(stored, Path.GetFileName(full), encryption, c).ConfigureAwait(false), context.Clock, unpack);
            })),
        };
    }

    private async Task<RestoreSource> OfFolderAsync(string folder, string component, CancellationToken ct)
    {
        string manifest = Path.Combine(folder, Keys.Manifest);
        if (!File.Exists(manifest))
        {
            throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.NoManifestIn, folder)) { Subject = folder, Hint = OperationsTexts.NoManifestHint };
        }

        var file = SealedManifest.Parse(await File.ReadAllBytesAsync(manifest, ct).ConfigureAwait(false), manifest, null);
        return Make(folder, file, null, component, (artifact, _) => Task.FromResult<Stream>(Open(Path.Combine(folder, artifact.Name))));
    }

    private RestoreSource Make(string name, SealedManifest file, IRepository? repository, string? component, Func<BackupArtifact, CancellationToken, Task<Stream>> open)
    {
        if (component is null && file.Manifest.Components is [var other, ..] && file.Manifest.Components.All(c => c.PostgreSql is null))
        {
            throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NotADatabase, other.Component, other.Type)) { Subject = other.Component, Hint = OperationsTexts.NotADatabaseHint };
        }

        string chosen = Selection.Component([.. file.Manifest.Components.Where(c => component is not null || c.PostgreSql is not null).Select(c => c.Component)], component, name);
        var facts = file.Manifest.Components.Single(c => c.Component == chosen);
        if (facts.PostgreSql is null) throw new DrpException(DrpError.Failed, Text.Of(OperationsTexts.NotADatabase, chosen, facts.Type)) { Subject = chosen, Hint = OperationsTexts.NotADatabaseHint };
        if (facts.PostgreSql.Base is not null) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.IsABase, name)) { Subject = name, Hint = OperationsTexts.IsABaseHint };
        var artifacts = file.Manifest.Artifacts.Where(a => a.Component == chosen).ToList();
        StreamTime fetch = new(), unpack = new();

        PlainSource Plain(BackupArtifact artifact) => new(artifact.Name, async c =>
        {
            Stream stored = new TimedStream(await open(artifact, c).ConfigureAwait(false), context.Clock, fetch);
            return new TimedStream(await new Unpacker(context.Host).OpenAsync(stored, artifact, encryption, c).ConfigureAwait(false), context.Clock, unpack);
        }, artifact.PlainSize);

        return new RestoreSource(fetch, unpack)
        {
            Name = name,
            Component = chosen,
            Manifest = file,
            Repository = repository,
            Globals = artifacts.Find(a => a.Role == "globals") is { } globals ? Plain(globals) : null,
            Input = new RestoreInput(Plain(artifacts.Single(a => a.Role == "dump")))
            {
                Data = [.. artifacts.Where(a => a.Role == "data").Select(Plain)],
                Facts = facts.PostgreSql,
            },
        };
    }

    /// <summary>The name without the endings of encryption and compression, by which a plain script is told from an archive.</summary>
    private static string InnerName(string path)
    {
        string name = Path.GetFileName(path);
        while (Path.GetExtension(name).ToLowerInvariant() is ".gpg" or ".pgp" or ".asc" or ".gz" or ".zst") name = Path.GetFileNameWithoutExtension(name);
        return name;
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 256 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrpException(e is FileNotFoundException ? DrpError.RepositoryMissing : DrpError.Failed, Text.Of(OperationsTexts.CannotRead, path, e.Message), e) { Subject = path };
        }
    }
}
