using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations;
using AskTrust.Drp.Engine.Operations.Whole;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>The steps of a restore of everything.</summary>
internal sealed class SystemWork(OperationContext context, WholeSource source, StackSession? stack, SystemEntry entry, Func<SystemEntry, Task> saveAsync)
{
    private readonly SystemRestoreOptions _options = entry.Options;
    private readonly Dictionary<string, TimeSpan> _times = new(StringComparer.Ordinal);
    private SystemEntry _entry = entry;

    /// <summary>The run as it stands.</summary>
    public SystemEntry Entry => _entry;

    /// <summary>Each service after its start.</summary>
    public IReadOnlyList<ServiceOutcome> Services { get; private set; } = [];

    /// <summary>What the operator should know.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>True when containers have to be made first.</summary>
    public bool Rebuilds => stack?.IsGone ?? false;

    /// <summary>The steps, in order.</summary>
    public IEnumerable<Step> Steps()
    {
        // On an empty machine there is no proxy yet that could show a page.
        if (context.Plan.Maintenance is not null && !Rebuilds && !_options.NoStop)
            yield return new Step("maintenance", OrchestrationTexts.StepMaintenance, HideAsync) { UndoAsync = ShowAsync, StaysWhenStuck = true };
        if (stack?.Still is { Count: > 0 } still)
        {
            yield return new Step("stop", Text.Of(OrchestrationTexts.StepStopAll, string.Join(", ", still.Reverse().Select(s => s.Name))), stack.StopAsync) { UndoAsync = _ => stack.BringBackAsync() };
        }

        WholePart[] parts = [.. _entry.Parts.Select(p => source.Parts.Single(s => s.Plan.Name == p.Component))];
        WholePart[] served = [.. parts.Where(p => Places.ServiceOf(p.Plan) is not null && Places.IsServed(p.Plan))];
        foreach (WholePart part in parts.TakeWhile(p => !served.Contains(p) || !Rebuilds).Where(p => Rebuilds)) yield return PartStep(part);
        if (stack is not null && Rebuilds) yield return new Step("make containers", Text.Of(OrchestrationTexts.StepMake, stack.Project), stack.MakeAsync);
        if (stack is not null && served.Length > 0)
            yield return new Step("serve", Text.Of(OrchestrationTexts.StepServe, string.Join(", ", served.Select(p => Places.ServiceOf(p.Plan)).Distinct(StringComparer.Ordinal))), stack.ServeAsync);
        foreach (WholePart part in Rebuilds ? parts.SkipWhile(p => !served.Contains(p)) : parts) yield return PartStep(part);
        yield return new Step("mark", OrchestrationTexts.StepMark, _ => SaveAsync(_entry with { Restored = true }));
    }

    /// <summary>The last step, which takes nothing back: what is restored is restored, whether a service comes up or not.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        if (stack is null || _options.NoStart) return;
        if (!Rebuilds && stack.FileChanged)
        {
            Warnings.Add(Text.Of(OrchestrationTexts.FileChanged, stack.Project));
            await stack.MakeAsync(ct).ConfigureAwait(false);
        }

        Services = await stack.StartAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Shows the site again, when it was this run that hid it and all services are well.</summary>
    public async Task EndAsync(CancellationToken ct)
    {
        if (!_entry.Maintenance) return;
        if (_options.NoStart || Services.Any(s => s.Message is not null)) Warnings.Add(OrchestrationTexts.MaintenanceStays);
        else await ShowAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Each component as it stands.</summary>
    public IReadOnlyList<SystemPartOutcome> Outcomes(RunStatus otherwise) =>
    [
        .. _entry.Parts.Select(p => (Entry: p, Part: source.Parts.Single(s => s.Plan.Name == p.Component))).Select(p => new SystemPartOutcome
        {
            Component = p.Entry.Component, Type = p.Part.Plan.Type, SetId = p.Entry.SetId, Time = p.Part.Time, Bytes = p.Part.Bytes, RestoreId = p.Entry.RestoreId, SafetyId = p.Entry.SafetyId,
            Status = p.Entry.RestoreId is not null ? RunStatus.Succeeded : otherwise, Elapsed = _times.TryGetValue(p.Entry.Component, out TimeSpan time) ? time : null,
        }),
    ];

    private async Task HideAsync(CancellationToken ct)
    {
        if (await SitePage.HideAsync(context, $"restore-system {_entry.SystemId}", Warnings, ct).ConfigureAwait(false)) await SaveAsync(_entry with { Maintenance = true }).ConfigureAwait(false);
    }

    private async Task ShowAsync(CancellationToken ct)
    {
        if (!_entry.Maintenance) return;
        await SitePage.ShowAsync(context, ct).ConfigureAwait(false);
        await SaveAsync(_entry with { Maintenance = false }).ConfigureAwait(false);
    }

    private Step PartStep(WholePart part) => new($"restore {part.Plan.Name}", Text.Of(OrchestrationTexts.StepPart, part.Plan.Name, part.Plan.Type, part.SetId, Human.Size(part.Bytes)), ct => RestoreAsync(part, ct))
    {
        IsDone = () => Of(part).RestoreId is not null, UndoAsync = ct => TakeBackAsync(part, ct),
    };

    private async Task RestoreAsync(WholePart part, CancellationToken ct)
    {
        long began = context.Clock.GetTimestamp();
        await SaveAsync(With(Of(part) with { Begun = true })).ConfigureAwait(false);
        RestoreReport report = await source.RestoreAsync(part, _options.NoSafetyReason, globals: Rebuilds, ct).ConfigureAwait(false);
        Warnings.AddRange(report.Warnings);
        _times[part.Plan.Name] = context.Clock.GetElapsedTime(began);
        await SaveAsync(With(Of(part) with { RestoreId = report.RestoreId, SafetyId = report.SafetyId })).ConfigureAwait(false);
    }

    private async Task TakeBackAsync(WholePart part, CancellationToken ct)
    {
        if (Of(part).RestoreId is not { } id) return;
        await PartUndo.RunAsync(context, id, ct).ConfigureAwait(false);
        await SaveAsync(With(Of(part) with { RestoreId = null, Begun = false })).ConfigureAwait(false);
    }

    private SystemPartEntry Of(WholePart part) => _entry.Parts.Single(p => p.Component == part.Plan.Name);

    private SystemEntry With(SystemPartEntry changed) => _entry with { Parts = [.. _entry.Parts.Select(p => p.Component == changed.Component ? changed : p)] };

    /// <summary>Writes what is true from now on.</summary>
    public Task SaveAsync(SystemEntry changed)
    {
        _entry = changed;
        return saveAsync(changed);
    }
}
