using System.Collections.Concurrent;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Around;
using AskTrust.Drp.Engine.Operations.Files;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// Backs up: every source is read once and flows into every repository at the same time. What fails is left out and named, the
/// rest goes on; only when nothing can be completed does the run fail.
/// </summary>
internal sealed class BackupRun(OperationContext context, BackupOptions options)
{
    private const int ManySets = 1000;
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly List<string> _warnings = [];
    private readonly List<string> _errors = [];
    private readonly Dictionary<string, DrpException> _lost = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DrpException> _unasked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _new = new(StringComparer.Ordinal);
    private string _kind = SetId.Full;
    private ISetChains? _chains;
    private int _listed;

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException">Nothing was backed up.</exception>
    public async Task<BackupReport> RunAsync(CancellationToken ct)
    {
        JobPlan? job = Selection.Job(context.Plan, options.Job);
        IReadOnlyList<ComponentPlan> components = Selection.Components(context.Plan, job, options.Components);
        List<IRepository> repositories = Chosen(job);
        // A job that says nothing is a job of kind full: there the plan of a component decides how much is saved.
        string? asked = options.Kind ?? (job?.Kind == SetId.Full ? null : job?.Kind);
        _kind = asked ?? SetId.Full;
        if (_kind is not (SetId.Full or SetId.Base or SetId.Safety)) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoSuchKind, _kind)) { Subject = _kind, Hint = OperationsTexts.NoSuchKindHint };
        if (_kind == SetId.Base) components = Selection.Databases(components, named: options.Components.Count > 0 || job?.Components.Count > 0);
        if (options.Full) Selection.RequireChains(components, _kind == SetId.Base);
        IComponentSource[] sources = [.. components.Select(c => context.Source(c, _kind))];
        CompressionPlan compression = job?.Compression ?? context.Plan.Compression;
        foreach (BaseSource source in sources.OfType<BaseSource>()) source.Compression = compression;
        _chains = asked == SetId.Base ? new BaseChains(context, sources, options.Full) : new FilesChains(context, sources, options.Full ? SetId.Full : asked);

        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        if (options.DryRun) return Planned(repositories, components, compression, await PrepareAsync(repositories, sources, compression, encryption, ct).ConfigureAwait(false));
        await PrepareAsync(repositories, sources, compression, encryption, ct).ConfigureAwait(false);
        await LetGoOfListAsync().ConfigureAwait(false);
        await Leftovers.SweepAsync(context.Host, containers: false, ct).ConfigureAwait(false);
        LeaseGroup leases = await new LeaseKeeper(context.Catalog).AcquireAllAsync(Alive(repositories), LeaseMode.Write, "backup", ct).ConfigureAwait(false);
        await using var __ = leases.ConfigureAwait(false);
        foreach (var (repository, error) in leases.Failed) Lose(repository, error);
        RequireOne(repositories);

        SetId id = await NameAsync(repositories, encryption, ct).ConfigureAwait(false);
        await LetGoOfListAsync().ConfigureAwait(false);
        SayChains();
        await using var ___ = _chains!.Begin().ConfigureAwait(false);
        return await WriteAsync(id, job, components, sources, repositories, compression, encryption, leases, ct).ConfigureAwait(false);
    }

    private List<IRepository> Chosen(JobPlan? job)
    {
        HashSet<string> names = [.. Selection.Repositories(context.Plan, job, options.Repositories).Select(r => r.Name)];
        List<IRepository> chosen = [.. context.Catalog.Writable.Where(r => names.Contains(r.Name))];
        return chosen.Count > 0 ? chosen : throw new DrpException(DrpError.PlanInvalid, OperationsTexts.NothingToWriteTo) { Hint = OperationsTexts.NothingToWriteToHint };
    }

    /// <summary>A dry run must leave a new repository unmade.</summary>
    private async Task ReachAsync(IRepository repository, CancellationToken ct)
    {
        if (!options.DryRun) await repository.CheckAsync(ct).ConfigureAwait(false);
        else if (!await repository.LookAsync(ct).ConfigureAwait(false)) lock (_new) _new.Add(repository.Name);
    }

    private bool IsThere(IRepository repository) => !_new.Contains(repository.Name);

    /// <summary>Keys usable; repositories reachable, with room; sources big as expected. Servers are asked while keys and repositories are looked at: neither needs the other.</summary>
    private async Task<CatalogSnapshot> PrepareAsync(List<IRepository> repositories, IComponentSource[] sources, CompressionPlan compression, IEncryption? encryption, CancellationToken ct)
    {
        using var asking = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task<long?[]> early = Task.WhenAll(sources.Where(s => !s.BuildsOn).Select(s => Task.Run(() => EstimateAsync(s, asking.Token), asking.Token)));
        try
        {
            if (encryption is not null) await encryption.CheckAsync(ct).ConfigureAwait(false);
            return await LookAsync(repositories, sources, early, compression, encryption, ct).ConfigureAwait(false);
        }
        finally
        {
            await asking.CancelAsync().ConfigureAwait(false);
            await ((Task)early).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<CatalogSnapshot> LookAsync(
        List<IRepository> repositories, IComponentSource[] sources, Task<long?[]> early, CompressionPlan compression, IEncryption? encryption, CancellationToken ct)
    {
        await Task.WhenAll(repositories.Select(r => TryAsync(r, () => ReachAsync(r, ct)))).ConfigureAwait(false);
        RequireOne(repositories);
        CatalogSnapshot snapshot = await ListAsync(ct).ConfigureAwait(false);
        await DecideAsync(snapshot, repositories, encryption, ct).ConfigureAwait(false);
        long?[] sizes = [.. await Task.WhenAll(sources.Where(s => s.BuildsOn).Select(s => EstimateAsync(s, ct))).ConfigureAwait(false), .. await early.ConfigureAwait(false)];
        long? plain = sizes.Any(s => s is null) ? null : sizes.Sum(s => s!.Value);
        BackupSet? last = SpaceCheck.LastLike(snapshot, [.. sources.Select(s => s.Name)], _kind == SetId.Base, _chains!.Builds);
        long? expected = SpaceCheck.Expect(plain, compression.Kind != CompressionKind.None, last);
        await Task.WhenAll(Alive(repositories).Where(IsThere).Select(r => TryAsync(r, () => SpaceCheck.RequireAsync(r, expected, ct)))).ConfigureAwait(false);
        RequireOne(repositories);
        return snapshot;
    }

    /// <summary>The buffers of the run take the place of a long list, not one beside it: the collector alone would leave it until much later.</summary>
    private async Task LetGoOfListAsync()
    {
        if (_listed <= ManySets) return;
        // The thread that ended the listing carries on with us, and holds the list until it has gone back all the way.
        await Task.Delay(s_moment, CancellationToken.None).ConfigureAwait(false);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }

    /// <summary>
    /// Lists again under the lease: another run may have ended in between. Here alone, so that no list is kept while the bytes flow: ten thousand sets take as much
    /// memory as all the rest.
    /// </summary>
    private async Task<SetId> NameAsync(List<IRepository> repositories, IEncryption? encryption, CancellationToken ct)
    {
        CatalogSnapshot snapshot = await ListAsync(ct).ConfigureAwait(false);
        await DecideAsync(snapshot, repositories, encryption, ct).ConfigureAwait(false);
        SetId id = SetId.Next(context.Clock.GetUtcNow(), _kind, snapshot.KnownIds, out TimeSpan ahead);
        if (ahead > TimeSpan.Zero) Warn(Text.Of(OperationsTexts.ClockBehind, id, ahead));
        return id;
    }

    private async Task<CatalogSnapshot> ListAsync(CancellationToken ct)
    {
        CatalogSnapshot snapshot = await new CatalogReader(context.Catalog).ReadAsync(ct, _new).ConfigureAwait(false);
        _listed = snapshot.Sets.Count;
        return snapshot;
    }

    /// <summary>Which components save only what changed; the kind of the set follows from it.</summary>
    private async Task DecideAsync(CatalogSnapshot snapshot, List<IRepository> repositories, IEncryption? encryption, CancellationToken ct)
    {
        await _chains!.DecideAsync(snapshot, Alive(repositories), encryption?.Recipients ?? [], ct).ConfigureAwait(false);
        _kind = _chains.Kind;
    }

    private void SayChains()
    {
        foreach (var (level, text) in _chains!.Said)
        {
            if (level == DrpEventLevel.Warning) Warn(text);
            else context.Host.Say(level, text);
        }
    }

    /// <summary>A source that cannot even be asked for its size fails later, with its own name on the failure.</summary>
    private async Task<long?> EstimateAsync(IComponentSource source, CancellationToken ct)
    {
        try
        {
            return await source.EstimateAsync(ct).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            _unasked[source.Name] = e;
            return null;
        }
    }

    private async Task<BackupReport> WriteAsync(
        SetId id, JobPlan? job, IReadOnlyList<ComponentPlan> components, IComponentSource[] sources, List<IRepository> repositories,
        CompressionPlan compression, IEncryption? encryption, LeaseGroup leases, CancellationToken ct)
    {
        var writer = new SetWriter(context.Catalog, id, [.. Alive(repositories)], leases.Check);
        using var halt = CancellationTokenSource.CreateLinkedTokenSource([ct, .. writer.Alive.Select(leases.Lost)]);
        var artifacts = new ArtifactWriter(context, writer, compression, encryption);
        var around = new ComponentAround(context);
        List<ComponentFacts> facts = [];
        try
        {
            foreach (var source in sources)
            {
                try
                {
                    await _phases.MeasureAsync($"back up {source.Name}", async () => facts.Add(await SaveAsync(around, components, source, artifacts, halt.Token).ConfigureAwait(false))).ConfigureAwait(false);
                }
                catch (DrpException e) when (sources.Length > 1 && writer.Alive.Count > 0 && !halt.IsCancellationRequested)
                {
                    // The other components are worth having all the same; the set says what it lacks.
                    await artifacts.ForgetAsync(source.Name, halt.Token).ConfigureAwait(false);
                    _errors.Add($"{source.Name}: {e.Message}");
                    Warn(Text.Of(OperationsTexts.ComponentLeftOut, source.Name, e.Message));
                    if (facts.Count == 0 && source == sources[^1]) throw;
                }
            }

            _errors.AddRange(around.Failures);
            foreach (string warning in facts.SelectMany(f => f.Warnings)) Warn(warning);
            foreach (var part in facts.Where(f => f.Missing is not null))
            {
                _errors.AddRange(part.Missing!.Select(m => $"{part.Component}: {m}"));
                foreach (string missing in part.Missing!) Warn(missing);
            }

            SealedManifest manifest = await new ManifestBuilder(context, options, _phases).BuildAsync(
                id, job, facts, artifacts.Done, encryption, _warnings, _errors, halt.Token).ConfigureAwait(false);
            ReadOnlyMemory<byte>? signature = context.Signatures is { SigningKey: not null } signer
                ? await signer.SignAsync(manifest.Bytes, halt.Token).ConfigureAwait(false)
                : default(ReadOnlyMemory<byte>?);
            string guide = RestoreGuide.Write(context, id.ToString(), facts, artifacts.Done);
            var outcomes = await _phases.MeasureAsync("seal", () => writer.SealAsync(manifest, signature, guide, halt.Token)).ConfigureAwait(false);
            outcomes = [.. outcomes.Select(o => artifacts.Refine(o)), .. _lost.Select(Lost)];
            if (outcomes.Any(o => o.Status == RunStatus.Succeeded)) await _chains!.KeepAsync(manifest, encryption?.Recipients ?? [], CancellationToken.None).ConfigureAwait(false);
            return await FinishAsync(manifest, components, outcomes, writer).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            using var brief = new CancellationTokenSource(s_brief);
            await writer.DiscardAsync(brief.Token).ConfigureAwait(false);
            Exception told = e is OperationCanceledException && !ct.IsCancellationRequested ? LeaseLost(writer, leases) ?? e : e;
            await RecordFailureAsync(id, told, brief.Token).ConfigureAwait(false);
            if (told != e) throw told;
            throw;
        }
    }

    /// <summary>A safety set is taken in the middle of a restore, which stops what has to be stopped itself.</summary>
    private Task<ComponentFacts> SaveAsync(ComponentAround around, IReadOnlyList<ComponentPlan> components, IComponentSource source, ArtifactWriter artifacts, CancellationToken ct) => _kind == SetId.Safety
        ? artifacts.WriteAsync(source, static () => { }, ct)
        : around.RunAsync(components.First(c => c.Name == source.Name), onRead => artifacts.WriteAsync(source, onRead, ct), ct);

    private async Task<BackupReport> FinishAsync(SealedManifest manifest, IReadOnlyList<ComponentPlan> components, IReadOnlyList<RepositoryOutcome> outcomes, SetWriter writer)
    {
        using var brief = new CancellationTokenSource(s_brief);
        if (outcomes.All(o => o.Status != RunStatus.Succeeded))
        {
            throw new DrpException(outcomes[0].Code, Text.Of(OperationsTexts.NoRepositoryTookIt, string.Join("; ", outcomes.Select(o => $"{o.Repository}: {o.Message}"))));
        }

        await writer.DiscardAsync(brief.Token).ConfigureAwait(false);
        Manifest m = manifest.Manifest;
        bool complete = outcomes.All(o => o.Status == RunStatus.Succeeded) && _errors.Count == 0;
        foreach (var outcome in outcomes.Where(o => o.Status != RunStatus.Succeeded)) Warn(Text.Of(OperationsTexts.RepositoryLacksIt, outcome.Repository, outcome.Message));
        var report = new BackupReport
        {
            Plan = context.Plan.Path,
            Id = m.Id,
            Status = complete ? RunStatus.Succeeded : RunStatus.Incomplete,
            Code = complete ? DrpError.None : DrpError.Incomplete,
            Components = [.. m.Components.Select(c => c.Component)],
            Repositories = outcomes,
            Started = m.Started,
            Duration = _phases.Elapsed,
            Size = m.Size,
            PlainSize = m.PlainSize,
            Skew = m.Skew is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Rows = RowsOf(m.Components),
            Warnings = _warnings,
        };
        await context.RecordAsync("backup", m.Id, report.Status, report.Code, _phases, new(StringComparer.Ordinal)
        {
            ["manifest"] = manifest.Sha256,
            ["bytes"] = m.Size.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["components"] = string.Join(", ", components.Select(c => c.Name)),
            ["repositories"] = string.Join(", ", outcomes.Select(o => $"{o.Repository}={(o.Status == RunStatus.Succeeded ? "ok" : "failed")}")),
            ["reason"] = options.Reason ?? "",
        }, brief.Token).ConfigureAwait(false);
        return report;
    }

    private Task RecordFailureAsync(SetId id, Exception e, CancellationToken ct) => context.RecordAsync(
        "backup", id.ToString(), RunStatus.Failed, Failures.CodeOf(e), _phases, new(StringComparer.Ordinal) { ["error"] = e.Message, ["reason"] = options.Reason ?? "" }, ct);

    /// <summary>What a run would do now: also that it would be incomplete, with what it would lack.</summary>
    /// <exception cref="DrpException">It would fail, like this.</exception>
    private BackupReport Planned(List<IRepository> repositories, IReadOnlyList<ComponentPlan> components, CompressionPlan compression, CatalogSnapshot? snapshot)
    {
        // What a command before makes ready may well not answer yet.
        ComponentPlan[] silent = [.. components.Where(c => c.Before.Count == 0 && _unasked.ContainsKey(c.Name))];
        if (silent.Length == components.Count) throw _unasked[silent[^1].Name];
        foreach (ComponentPlan left in silent) Warn(Text.Of(OperationsTexts.ComponentWouldBeLeftOut, left.Name, _unasked[left.Name].Message));
        foreach (IRepository missed in repositories.Except(Alive(repositories))) Warn(Text.Of(OperationsTexts.RepositoryWouldLackIt, missed.Name, _lost[missed.Name].Message));
        SetId id = SetId.Next(context.Clock.GetUtcNow(), _kind, snapshot?.KnownIds ?? [], out _);
        string how = $"{compression.Kind.ToString().ToLowerInvariant()} {compression.Level}";
        string key = context.Plan.Encryption is not { } e ? OperationsTexts.Unencrypted : e.Recipients.Count > 0 ? string.Join(", ", e.Recipients) : OperationsTexts.WithPassphrase;
        return new BackupReport
        {
            Plan = context.Plan.Path,
            Id = id.ToString(),
            Status = RunStatus.Planned,
            Code = _lost.Count + silent.Length == 0 ? DrpError.None : DrpError.Incomplete,
            Components = [.. components.Except(silent).Select(c => c.Name)],
            Repositories = [.. repositories.Select(r => _lost.TryGetValue(r.Name, out var e) ? Lost(new(r.Name, e)) : new RepositoryOutcome { Repository = r.Name, Status = RunStatus.Planned })],
            Started = _phases.Started,
            Duration = _phases.Elapsed,
            Steps =
            [
                .. components.Except(silent).SelectMany(c => ComponentAround.Steps(c).Prepend(Text.Of(OperationsTexts.StepBackUp, c.Name, how, key))),
                .. _chains!.Said.Select(s => s.Text),
                .. Alive(repositories).Where(r => !IsThere(r)).Select(r => Text.Of(OperationsTexts.StepMake, r.Name, r.Location)),
                .. Alive(repositories).Select(r => Text.Of(OperationsTexts.StepStore, id, r.Name, r.Location)),
            ],
            Warnings = _warnings,
        };
    }

    private async Task TryAsync(IRepository repository, Func<Task> step)
    {
        try
        {
            await step().ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            Lose(repository, e);
        }
    }

    private void Lose(IRepository repository, DrpException error)
    {
        lock (_lost) _lost.TryAdd(repository.Name, error);
    }

    private IEnumerable<IRepository> Alive(IEnumerable<IRepository> repositories) => repositories.Where(r => !_lost.ContainsKey(r.Name));

    private void RequireOne(List<IRepository> repositories)
    {
        if (Alive(repositories).Any()) return;
        DrpException first = _lost[repositories[0].Name];
        if (_lost.Count == 1) throw first;
        throw new DrpException(first.Code, Text.Of(OperationsTexts.NoRepositoryTookIt, string.Join("; ", repositories.Select(r => $"{r.Name}: {_lost[r.Name].Message}"))), first) { Hint = first.Hint };
    }

    private static RepositoryOutcome Lost(KeyValuePair<string, DrpException> lost) =>
        new() { Repository = lost.Key, Status = RunStatus.Failed, Code = lost.Value.Code, Message = lost.Value.Message };

    private static DrpException? LeaseLost(SetWriter writer, LeaseGroup leases)
    {
        try
        {
            foreach (var repository in writer.Alive) leases.Check(repository);
            return null;
        }
        catch (DrpException e)
        {
            return e;
        }
    }

    private static long? RowsOf(IReadOnlyList<ComponentFacts> facts) =>
        facts.Any(f => f.PostgreSql is { Rows: null }) || facts.All(f => f.PostgreSql is null) ? null : facts.Sum(f => f.PostgreSql?.Rows?.Values.Sum() ?? 0);

    private void Warn(string text)
    {
        _warnings.Add(text);
        context.Host.Say(DrpEventLevel.Warning, text);
    }
}
