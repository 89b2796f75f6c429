using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// Chains of base backups (<c>baseBackup: { full: 7d }</c>). One builds on the newest before it that every repository of the run has with its whole chain. Whatever is in
/// doubt, everything is saved, and it is said why; the server has the last word.
/// </summary>
/// <param name="context">The plan.</param>
/// <param name="sources">The components of the run.</param>
/// <param name="whole">Somebody asks for whole ones.</param>
internal sealed class BaseChains(OperationContext context, IReadOnlyList<IComponentSource> sources, bool whole) : ISetChains
{
    /// <summary>To restore, all of a chain is unpacked beside each other: a longer one takes more time and room than it saves.</summary>
    private const int Longest = 100;

    private readonly BaseSource[] _bases = [.. sources.OfType<BaseSource>().Where(b => b.Plan.BaseBackup.Full is not null)];

    /// <inheritdoc/>
    public string Kind => SetId.Base;

    /// <inheritdoc/>
    public bool Builds => _bases.Any(b => b.On?.Before is not null);

    /// <inheritdoc/>
    public IReadOnlyList<(DrpEventLevel Level, string Text)> Said { get; private set; } = [];

    /// <inheritdoc/>
    public async Task DecideAsync(CatalogSnapshot snapshot, IEnumerable<IRepository> repositories, IReadOnlyList<string> recipients, CancellationToken ct)
    {
        List<(DrpEventLevel, string)> said = [];
        IRepository[] all = [.. repositories];
        foreach (BaseSource source in _bases)
        {
            BaseMemory memory = new(context, source.Name);
            (BaseLast? last, DrpEventLevel level, string text) = await ChooseAsync(memory, source.Plan, snapshot, all, recipients, ct).ConfigureAwait(false);
            source.On = new BaseOn("", last?.Chain ?? [], last is null ? null : memory.ListOf(last));
            said.Add((level, text));
        }

        Said = said;
    }

    /// <inheritdoc/>
    public IAsyncDisposable Begin()
    {
        if (_bases.Length == 0) return Nothing.Instance;
        TempFolder work = context.Host.Temp.CreateFolder("filelist");
        foreach (BaseSource source in _bases) source.On = source.On! with { FileList = Path.Combine(work.Path, source.Name) };
        return work;
    }

    /// <inheritdoc/>
    public async Task KeepAsync(SealedManifest set, IReadOnlyList<string> recipients, CancellationToken ct)
    {
        foreach (BaseSource source in _bases)
        {
            if (set.Manifest.Components.FirstOrDefault(c => c.Component == source.Name)?.PostgreSql?.Base is not { } held) continue;
            try
            {
                await new BaseMemory(context, source.Name).KeepAsync(source.On!.FileList, set, held.Chain, recipients, ct).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesStateNotKept, source.Name, e.Message));
            }
        }
    }

    private async Task<(BaseLast? Last, DrpEventLevel Level, string Text)> ChooseAsync(
        BaseMemory memory, PostgreSqlPlan plan, CatalogSnapshot snapshot, IRepository[] repositories, IReadOnlyList<string> recipients, CancellationToken ct)
    {
        if (whole) return (null, DrpEventLevel.Information, Text.Of(OperationsTexts.FilesFullAsked, plan.Name));
        if (!memory.IsThere) return snapshot.Sets.Any(s => s.Id.Kind == SetId.Base && s.Set.Components.Contains(plan.Name))
            ? (null, DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesFullLost, plan.Name))
            : (null, DrpEventLevel.Information, Text.Of(OperationsTexts.FilesFullFirst, plan.Name));
        (DrpEventLevel Level, string Text)? why = null;
        foreach (BaseLast last in await memory.ReadAsync(ct).ConfigureAwait(false))
        {
            if (Judge(last, plan, snapshot, repositories, recipients) is not { } problem) return (last, DrpEventLevel.Information, Text.Of(OperationsTexts.FilesIncremental, plan.Name, last.Chain[^1].Set));
            why ??= problem;
        }

        return (null, why?.Level ?? DrpEventLevel.Warning, why?.Text ?? Text.Of(OperationsTexts.FilesFullLost, plan.Name));
    }

    /// <summary>Why nothing may build on it; null when it may.</summary>
    private (DrpEventLevel Level, string Text)? Judge(BaseLast last, PostgreSqlPlan plan, CatalogSnapshot snapshot, IRepository[] repositories, IReadOnlyList<string> recipients)
    {
        if (!ChainRules.SameKeys(last.Recipients, recipients)) return (DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesFullKeys, plan.Name));
        if (ChainRules.IsDue(plan.BaseBackup.Full!.Value, last.Full, context.Clock.GetUtcNow()) || last.Chain.Count > Longest)
        {
            return (DrpEventLevel.Information, Text.Of(OperationsTexts.FilesFullDue, plan.Name, last.Full.ToString("u", CultureInfo.InvariantCulture)));
        }

        return ChainRules.Lacking(snapshot, repositories, last.Chain) is { } gone ? (DrpEventLevel.Warning, Text.Of(OperationsTexts.FilesFullGone, plan.Name, gone.Repository, gone.Set)) : null;
    }
}
