using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Whole;

/// <summary>One component that can be restored, and from where.</summary>
/// <param name="Plan">The component as the plan has it.</param>
/// <param name="SetId">Set.</param>
/// <param name="Time">Moment of the set.</param>
/// <param name="Repository">Repository that is read; null = the first that has it.</param>
/// <param name="Bytes">Bytes before compression and encryption.</param>
/// <param name="Globals">True when the set has the roles of the server, too.</param>
internal sealed record WholePart(ComponentPlan Plan, string SetId, DateTimeOffset Time, string? Repository, long Bytes, bool Globals);

/// <summary>What there is of a whole plan in its repositories, or in a set somebody brought along; and how one part of it is restored and taken back.</summary>
internal sealed class WholeSource : IAsyncDisposable
{
    private static readonly string[] s_notFull = ["safety", "base"];
    private readonly OperationContext _context;
    private readonly SetFolder? _folder;

    private WholeSource(OperationContext context, SetFolder? folder, IReadOnlyList<WholePart> parts) => (_context, _folder, Parts) = (context, folder, parts);

    /// <summary>What can be restored, in the order of the plan.</summary>
    public IReadOnlyList<WholePart> Parts { get; }

    /// <summary>Looks.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: there is no such set; <see cref="DrpError.PlanInvalid"/>: a component asked for is not in the plan, or not in the set.</exception>
    public static async Task<WholeSource> OpenAsync(OperationContext context, SystemRestoreOptions options, CancellationToken ct)
    {
        SetFolder? folder = options.Path is { } path ? await SetFolder.OpenAsync(context, path, ct).ConfigureAwait(false) : null;
        try
        {
            // What it says is asked of the folder alone; safety sets go into the plan's own repositories.
            CatalogContext asked = folder is null ? context.Catalog : context.Catalog with { Repositories = [folder.Repository] };
            if (folder is not null) (context, options) = (context with { Catalog = context.Catalog with { Repositories = [folder.Repository, .. context.Catalog.Repositories] } }, options with { Repository = folder.Repository.Name });
            var reader = new CatalogReader(asked);
            CatalogSnapshot snapshot = await reader.ReadAsync(ct).ConfigureAwait(false);
            foreach (string warning in snapshot.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
            bool latest = options.Id == "latest";
            BackupSet[] sets = [.. reader.Find(snapshot, new BackupFilter { Ids = latest ? [] : [options.Id], Repository = options.Repository }).Select(s => s.Set).Where(s => !latest || !s_notFull.Contains(s.Kind, StringComparer.Ordinal))];
            return new WholeSource(context, folder, Choose(context.Plan, sets, options));
        }
        catch
        {
            if (folder is not null) await folder.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Restores one part, by the road of its kind.</summary>
    /// <param name="part">The part.</param>
    /// <param name="noSafety">Recorded reason for going without a safety backup; null = takes one where there is something to save.</param>
    /// <param name="globals">Also roles and tablespaces.</param>
    /// <param name="ct">Cancels.</param>
    public Task<RestoreReport> RestoreAsync(WholePart part, string? noSafety, bool globals, CancellationToken ct) => part.Plan is PostgreSqlPlan
        ? new RestoreRun(_context, new RestoreOptions
        {
            Id = part.SetId, Component = part.Plan.Name, Repository = part.Repository, Force = true, Confirmed = true, NoSafetyReason = noSafety, Globals = globals && part.Globals,
        }).RunAsync(ct)
        : new Kinds.ComponentRestoreRun(_context, new RestoreComponentOptions { Id = part.SetId, Component = part.Plan.Name, Repository = part.Repository, Force = true, Confirmed = true }).RunAsync(ct);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _folder?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Of each component that is meant the newest set that has it.</summary>
    private static List<WholePart> Choose(DrpPlan plan, BackupSet[] sets, SystemRestoreOptions options)
    {
        foreach (string word in options.Only.Concat(options.Except).Where(w => !plan.Components.Values.Any(c => Is(c, w))))
            throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoSuchComponent, word, plan.Path)) { Subject = word, Hint = Text.Of(OperationsTexts.ChooseOf, string.Join(", ", plan.Components.Values.Select(c => c.Name))) };
        List<WholePart> parts = [];
        foreach (ComponentPlan component in plan.Components.Values.Where(c => (options.Only.Count == 0 || options.Only.Any(w => Is(c, w))) && !options.Except.Any(w => Is(c, w))))
        {
            BackupSet? set = sets.Where(s => s.Components.Contains(component.Name, StringComparer.Ordinal)).MaxBy(s => s.Time);
            if (set is null)
            {
                // Asked for by name it must be there; else it is left alone, and said so.
                if (options.Only.Count > 0) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.InNoSet, component.Name)) { Subject = component.Name };
                continue;
            }

            BackupArtifact[] artifacts = [.. set.Artifacts.Where(a => a.Component == component.Name)];
            parts.Add(new WholePart(component, set.Id, set.Time, options.Repository, artifacts.Sum(a => a.PlainSize), artifacts.Any(a => a.Role == "globals")));
        }

        return parts.Count > 0 ? parts : throw new DrpException(DrpError.RepositoryMissing, OperationsTexts.NothingToRestore) { Subject = options.Path ?? options.Id };

        static bool Is(ComponentPlan component, string word) => component.Name == word || component.Type == word;
    }
}
