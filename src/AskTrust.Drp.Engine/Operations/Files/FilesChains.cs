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
internal sealed class FilesChains(OperationContext context, IReadOnlyList<IComponentSource> sources, string? kind) : ISetChains
{
    /// <summary>A chain that is longer than this takes more time to restore than it saves.</summary>
    private const int Longest = 500;

    private readonly FilesSource[] _files = [.. sources.OfType<FilesSource>().Where(f => f.Plan.Full is not null && kind is not (SetId.Base or SetId.Safety))];

    /// <inheritdoc/>
    public IReadOnlyList<(DrpEventLevel Level, string Text)> Said { get; private set; } = [];

    /// <inheritdoc/>
    public bool Builds => Kind == SetId.Incremental;

    /// <inheritdoc/>
    public string Kind => _files.Any(f => f.On?.Chain.Count > 0) ? SetId.Incremental : kind ?? SetId.Full;

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public IAsyncDisposable Begin()
    {
        if (_files.Length == 0) return Nothing.Instance;
        TempFolder work = context.Host.Temp.CreateFolder("index");
        foreach (FilesSource source in _files) source.On = source.On! with { Work = Path.Combine(work.Path, source.Name) };
        return work;
    }

    /// <inheritdoc/>
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
        if (!ChainRules.SameKeys(last.Recipients, recipients)) return (null, DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesFullKeys, plan.Name));
        if (ChainRules.IsDue(plan.Full!.Value, last.Full, context.Clock.GetUtcNow()) || last.Chain.Count > Longest)
        {
            return (null, DrpEventLevel.Information, Text.Of(OperationsTexts.FilesFullDue, plan.Name, last.Full.ToString("u", System.Globalization.CultureInfo.InvariantCulture)));
        }

        if (ChainRules.Lacking(snapshot, repositories, last.Chain) is { } gone) return (null, DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesFullGone, plan.Name, gone.Repository, gone.Set));
        return (last, DrpEventLevel.Information, Text.Of(OperationsTexts.FilesIncremental, plan.Name, last.Chain[^1].Set));
    }
}
