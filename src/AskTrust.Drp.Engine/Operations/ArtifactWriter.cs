using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Writes the artifacts of components into the repositories of one set, and remembers what arrived where.</summary>
internal sealed class ArtifactWriter(OperationContext context, SetWriter writer, CompressionPlan compression, IEncryption? encryption)
{
    private readonly List<BackupArtifact> _done = [];
    private readonly Dictionary<string, Exception> _lost = new(StringComparer.Ordinal);

    /// <summary>Artifacts written, in the order of the source.</summary>
    public IReadOnlyList<BackupArtifact> Done => _done;

    /// <summary>Writes every artifact of a component: one after another, those of one group at the same time.</summary>
    /// <param name="source">The component.</param>
    /// <param name="onRead">Told when the last byte of it was read; the slowest repository may still be busy with what was read before.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<ComponentFacts> WriteAsync(IComponentSource source, Action onRead, CancellationToken ct)
    {
        var backup = await source.BeginAsync(ct).ConfigureAwait(false);
        await using var _ = backup.ConfigureAwait(false);
        DateTimeOffset began = context.Clock.GetUtcNow(), read = began;
        int left = backup.Artifacts.Count(a => a.ReadsComponent);
        void Read()
        {
            if (Interlocked.Decrement(ref left) != 0) return;
            read = context.Clock.GetUtcNow();
            onRead();
        }

        foreach (var group in backup.Artifacts.Select((artifact, place) => (artifact, place)).GroupBy(a => a.artifact.Group == 0 ? -1 - a.place : a.artifact.Group))
        {
            var together = group.Select(g => g.artifact).ToList();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var running = together.Select(a => WriteAsync(source.Name, a, a.ReadsComponent ? Read : static () => { }, stop.Token)).ToList();
            try
            {
                await FirstFailureStopsAll(running, stop).ConfigureAwait(false);
            }
            finally
            {
                _done.AddRange(running.Where(r => r.IsCompletedSuccessfully).Select(r => r.Result));
            }
        }

        ComponentFacts facts = await backup.CompleteAsync(ct).ConfigureAwait(false);
        if (facts.Moment is not null) return facts;
        if (facts.PostgreSql is { } database) return facts with { Moment = database.Base?.Stopped ?? began };
        // What is no snapshot is of the time it was read in.
        return facts with { Moment = began, Until = read };
    }

    /// <summary>A component failed while others go on: what it wrote belongs to no set and is removed.</summary>
    public async Task ForgetAsync(string component, CancellationToken ct)
    {
        foreach (var artifact in _done.Where(a => a.Component == component))
        {
            foreach (var repository in writer.Alive)
            {
                try
                {
                    await repository.DeleteAsync(context.Catalog.Keys.File(writer.Id, artifact.Name), ct).ConfigureAwait(false);
                }
                catch (DrpException e)
                {
                    context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.StrayObject, repository.Name, artifact.Name, e.Message));
                }
            }
        }

        _done.RemoveAll(a => a.Component == component);
    }

    /// <summary>The outcome with the message of the artifact that was lost first.</summary>
    public RepositoryOutcome Refine(RepositoryOutcome outcome) =>
        outcome.Status != RunStatus.Succeeded && _lost.TryGetValue(outcome.Repository, out var why)
            ? outcome with { Message = why.Message, Code = Failures.CodeOf(why) }
            : outcome;

    private async Task<BackupArtifact> WriteAsync(string component, IArtifactSource artifact, Action onRead, CancellationToken ct)
    {
        bool made = artifact.IsCompressed;
        CompressionKind kind = made ? CompressionKind.Zstd : compression.Kind;
        string name = artifact.Name + Compression.Suffix(kind) + (encryption is null ? "" : ".gpg");
        var (branches, owners) = await OpenAsync(name, artifact.EstimatedSize, ct).ConfigureAwait(false);
        string activity = Text.Of(OperationsTexts.BackingUp, component);
        void Progress(long bytes) => context.Host.Observer.On(new DrpProgress(activity, artifact.Name, made ? artifact.PlainSize : bytes, artifact.EstimatedSize));
        async Task ReadAsync(ISink plain, CancellationToken c)
        {
            await artifact.WriteAsync(plain, c).ConfigureAwait(false);
            onRead();
        }

        PackResult packed = await new Packer(context.Host).PackAsync(
            new PackRequest { Source = ReadAsync, Compression = made ? null : compression, Encryption = encryption, Branches = branches, OnProgress = Progress }, ct).ConfigureAwait(false);
        long plain = made ? artifact.PlainSize : packed.SourceSize;
        context.Host.Observer.On(new DrpProgress(activity, artifact.Name, plain, plain, ProgressUnit.Bytes, Finished: true));
        foreach (var lost in packed.Branches.Where(b => b.Error is not null)) Drop(owners[lost.Name], lost.Error!);
        return new BackupArtifact
        {
            Name = name,
            Component = component,
            Role = artifact.Role,
            Size = packed.Size,
            PlainSize = plain,
            Sha256 = packed.Sha256,
            PlainSha256 = made ? null : packed.SourceSha256,
            PackedSha256 = made ? packed.SourceSha256 : null,
            Compression = kind,
            Encrypted = encryption is not null,
        };
    }

    private async Task<(List<Branch> Branches, Dictionary<string, IRepository> Owners)> OpenAsync(string name, long? expected, CancellationToken ct)
    {
        List<Branch> branches = [];
        Dictionary<string, IRepository> owners = new(StringComparer.Ordinal);
        foreach (var repository in writer.Alive)
        {
            try
            {
                ISink sink = await writer.CreateAsync(repository, name, expected, ct).ConfigureAwait(false);
                branches.Add(new Branch(repository.Name, sink, context.Plan.Repositories[repository.Name].StallTimeout));
                owners[repository.Name] = repository;
            }
            catch (DrpException e)
            {
                Drop(repository, e);
            }
        }

        if (branches.Count > 0) return (branches, owners);
        throw new DrpException(Failures.CodeOf(_lost.Values.First()), Text.Of(OperationsTexts.NoRepositoryTookIt, string.Join("; ", _lost.Select(l => $"{l.Key}: {l.Value.Message}"))), _lost.Values.First());
    }

    private void Drop(IRepository repository, Exception why)
    {
        writer.Drop(repository, why);
        lock (_lost) _lost.TryAdd(repository.Name, why);
        context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.RepositoryDropped, repository.Name, why.Message));
    }

    private static async Task FirstFailureStopsAll(List<Task<BackupArtifact>> running, CancellationTokenSource stop)
    {
        var waiting = running.ToList();
        Exception? first = null;
        while (waiting.Count > 0)
        {
            var ended = await Task.WhenAny(waiting).ConfigureAwait(false);
            waiting.Remove(ended);
            if (ended.IsCompletedSuccessfully || first is not null) continue;
            first = ended.Exception?.InnerException ?? new OperationCanceledException(stop.Token);
            await stop.CancelAsync().ConfigureAwait(false);
        }

        if (first is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }
}
