using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Files.Incremental;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>
/// Decides for each component with files whether a run saves everything or only what changed, and keeps what the next run builds on. An incremental one is taken only
/// where it can be restored: every repository of the run has the whole chain, and nothing bad is known of it. Whatever is in doubt, everything is saved, and it is said why.
/// </summary>
/// <param name="context">The plan.</param>
/// <param name="sources">The components of the run.</param>
/// <param name="kind">Kind of the set as asked for; null = as the plan says.</param>
internal sealed class FilesChains(OperationContext context, IReadOnlyList<IComponentSource> sources, string? kind)
{
    /// <summary>A chain that is longer than this takes more time to restore than it saves.</summary>
    private const int Longest = 500;

    /// <summary>A run that begins a little earlier than the one a period ago shall not wait one more period.</summary>
    private static readonly TimeSpan s_early = TimeSpan.FromHours(1);

    private readonly FilesSource[] _files = [.. sources.OfType<FilesSource>().Where(f => f.Plan.Full is not null && kind is not (SetId.Base or SetId.Safety))];

    /// <summary>What was decided, for the operator: expected things, and others that are warnings.</summary>
    public IReadOnlyList<(DrpEventLevel Level, string Text)> Said { get; private set; } = [];

    /// <summary>Kind of the set.</summary>
    public string Kind => _files.Any(f => f.On?.Chain.Count > 0) ? SetId.Incremental : kind ?? SetId.Full;

    /// <summary>Decides. Writes nothing; may be called again with a newer list.</summary>
    /// <param name="snapshot">What the repositories hold.</param>
    /// <param name="repositories">Those that the run writes to.</param>
    /// <param name="recipients">Keys that the run encrypts to.</param>
    /// <param name="ct">Cancels.</param>
    public async Task DecideAsync(CatalogSnapshot snapshot, IEnumerable<IRepository> repositories, IReadOnlyList<string> recipients, CancellationToken ct)
    {
        List<(DrpEventLevel, string)> said = [];
        IRepository[] all = [.. repositories];
        foreach (FilesSource source in _files)
        {
            FilesMemory memory = new(context, source.Name);
            (FilesLast? last, DrpEventLevel level, string text) = await ChooseAsync(memory, source.Plan, snapshot, all, recipients, ct).ConfigureAwait(false);
            source.On = new FilesBase("", last?.Chain ?? [], last is null ? [] : memory.IndexesOf(last));
            said.Add((level, text));
        }

        Said = said;
    }

    /// <summary>Makes the private folder in which the new indexes are made; it goes when disposed.</summary>
    public IAsyncDisposable Begin()
    {
        if (_files.Length == 0) return Nothing.Instance;
        TempFolder work = context.Host.Temp.CreateFolder("index");
        foreach (FilesSource source in _files) source.On = source.On! with { Work = Path.Combine(work.Path, source.Name) };
        return work;
    }

    /// <summary>The set exists: the next run may build on it. A state directory that takes nothing costs the next run time, not this one its success.</summary>
    public async Task KeepAsync(SealedManifest set, IReadOnlyList<string> recipients, CancellationToken ct)
    {
        foreach (FilesSource source in _files.Where(f => set.Manifest.Components.Any(c => c.Component == f.Name)))
        {
            FilesMemory memory = new(context, source.Name);
            try
            {
                await memory.KeepAsync(source, set, recipients, ct).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DrpException)
            {
                memory.Forget();
                context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesStateNotKept, source.Name, e.Message));
            }
        }
    }

    private async Task<(FilesLast? Last, DrpEventLevel Level, string Text)> ChooseAsync(
        FilesMemory memory, FilesPlan plan, CatalogSnapshot snapshot, IRepository[] repositories, IReadOnlyList<string> recipients, CancellationToken ct)
    {
        if (kind == SetId.Full) return (null, DrpEventLevel.Information, Text.Of(OperationsTexts.FilesFullAsked, plan.Name));
        if (!memory.IsThere) return snapshot.Sets.Any(s => s.Set.Components.Contains(plan.Name))
            ? (null, DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesFullLost, plan.Name))
            : (null, DrpEventLevel.Information, Text.Of(OperationsTexts.FilesFullFirst, plan.Name));
        if (await memory.ReadAsync(ct).ConfigureAwait(false) is not { } last) return (null, DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesFullLost, plan.Name));
        if (!last.Folders.Select(f => f.Path).SequenceEqual(plan.Paths)) return (null, DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesFullFolders, plan.Name));
        if (!last.Recipients.Order(StringComparer.Ordinal).SequenceEqual(recipients.Order(StringComparer.Ordinal))) return (null, DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesFullKeys, plan.Name));
        TimeSpan age = context.Clock.GetUtcNow() - last.Full;
        TimeSpan slack = plan.Full!.Value / 20 < s_early ? plan.Full.Value / 20 : s_early;
        if (age >= plan.Full.Value - slack || age < -s_early || last.Chain.Count > Longest) return (null, DrpEventLevel.Information, Text.Of(OperationsTexts.FilesFullDue, plan.Name, last.Full.ToString("u", System.Globalization.CultureInfo.InvariantCulture)));
        foreach (RepositorySnapshot held in snapshot.Repositories.Where(r => repositories.Contains(r.Repository)))
        {
            ILookup<string, StoredSet> sets = held.Sets.ToLookup(s => s.Id.ToString(), StringComparer.Ordinal);
            ChainLink? lacking = last.Chain.FirstOrDefault(l => !sets[l.Set].Any(s =>
                s.State == SetState.Complete && s.Summary!.ManifestSha256 == l.Manifest && !snapshot.IsKnownBad(s.Id, held.Repository.Name)));
            if (lacking is not null) return (null, DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesFullGone, plan.Name, held.Repository.Name, lacking.Set));
        }

        return (last, DrpEventLevel.Information, Text.Of(OperationsTexts.FilesIncremental, plan.Name, last.Chain[^1].Set));
    }
}
