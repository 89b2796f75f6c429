using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Pair;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>
/// Makes the standby of a pair the primary: look → slots → fence → catch up → number → promote → verify → rejoin. What is done is written down before the next
/// step, so that a run that was killed is gone on with, or taken back as long as nothing was promoted.
/// </summary>
internal sealed class SwitchRun(OperationContext context, PrimarySwitchOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly List<string> _warnings = [];
    private PairComponent _component = null!;
    private SwitchJournal _journal = null!;

    /// <summary>Runs.</summary>
    public async Task<PrimarySwitchReport> RunAsync(CancellationToken ct)
    {
        _component = PairComponent.Find(context, options.Component);
        if (_component.Pair.Patroni is not null) return await new PatroniSwitch(context, _component, options).RunAsync(ct).ConfigureAwait(false);
        _component.RequireMachines();
        using LocalLock _ = await LocalLock.TakeAsync(context.Host, $"switch-{context.Plan.Name}-{_component.Name}", $"primary switch {_component.Name}", TimeSpan.Zero, ct).ConfigureAwait(false);
        _journal = new SwitchJournal(context, _component.Name);
        SwitchEntry? unfinished = await _journal.ReadAsync(ct).ConfigureAwait(false);
        if (options.Abort) return await AbortAsync(unfinished, ct).ConfigureAwait(false);
        if (unfinished is not null && options.To is { } other && _component.Node(other).Name != unfinished.To)
        {
            throw new DrpException(DrpError.Locked, Standing(unfinished)) { Subject = _component.Name, Hint = PrimaryTexts.UnfinishedHint };
        }

        PairView view = await PairView.AskAsync(context, _component, ct).ConfigureAwait(false);
        await using var __ = view.ConfigureAwait(false);
        SwitchEntry entry = unfinished is null ? await new SwitchCheck(context, _component, options, _warnings).DecideAsync(view, _phases, ct).ConfigureAwait(false) : Resumed(unfinished);
        if (options.DryRun) return Report(entry, RunStatus.Planned) with { Steps = [.. SwitchTexts.Steps(entry, _component, options)] };
        if (unfinished is not null) context.Host.Say(DrpEventLevel.Information, Standing(unfinished));
        await _component.RequireYesAsync(context, options.Confirmed, Text.Of(PrimaryTexts.SwitchQuestion, entry.From, entry.To, _component.Name), ct).ConfigureAwait(false);
        LeaseGroup leases = await LeasesAsync(context, _component.Name, ct).ConfigureAwait(false);
        await using var ___ = leases.ConfigureAwait(false);
        return await RunAsync(entry, view, ct).ConfigureAwait(false);
    }

    /// <summary>Where a switch that was not ended stands, for people.</summary>
    public static string Standing(SwitchEntry entry) => Text.Of(PrimaryTexts.Unfinished, entry.SwitchId, entry.From, entry.To, entry.Stage switch
    {
        SwitchStage.Begun => entry.FenceBegan is null ? PrimaryTexts.StageBegun : Text.Of(PrimaryTexts.StageFencing, entry.From),
        SwitchStage.Fenced => Text.Of(PrimaryTexts.StageFenced, entry.From),
        SwitchStage.Promoting => Text.Of(PrimaryTexts.StagePromoting, entry.To),
        _ => Text.Of(PrimaryTexts.StagePromoted, entry.To, entry.From),
    });

    /// <summary>One switch at a time, from whatever machine; a repository that is silent is told of, and holds up nothing.</summary>
    public static async Task<LeaseGroup> LeasesAsync(OperationContext context, string component, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_brief);
        var keeper = new LeaseKeeper(context.Catalog with { Keys = context.Catalog.Keys.ForSwitch(component) });
        try
        {
            foreach (IRepository repository in context.Catalog.Writable)
            {
                // Makes the folder of a new repository, too.
                try { await repository.CheckAsync(limit.Token).ConfigureAwait(false); }
                catch (DrpException e) { context.Host.Say(DrpEventLevel.Verbose, e.Message); }
            }

            LeaseGroup group = await keeper.AcquireAllAsync(context.Catalog.Writable, LeaseMode.Delete, "primary switch", limit.Token).ConfigureAwait(false);
            foreach (var (repository, error) in group.Failed) context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalRepositoryDown, repository.Name, error.Message));
            return group;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            context.Host.Say(DrpEventLevel.Warning, Text.Of(PrimaryTexts.RepositoriesSilent, string.Join(", ", context.Catalog.Writable.Select(r => r.Name))));
            return new LeaseGroup();
        }
    }

    private SwitchEntry Resumed(SwitchEntry entry) => entry with
    {
        AllowDataLoss = entry.AllowDataLoss || options.AllowDataLoss, UnfencedReason = options.UnfencedReason ?? entry.UnfencedReason,
    };

    private async Task<PrimarySwitchReport> RunAsync(SwitchEntry entry, PairView view, CancellationToken ct)
    {
        var work = new SwitchWork(context, _component, _journal, view, entry, _warnings);
        try
        {
            await work.PromoteAsync(ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            work.End();
            if (work.Entry.Stage < SwitchStage.Promoting) await TakeBackAsync(work).ConfigureAwait(false);
            await RecordAsync(Report(work.Entry, RunStatus.Failed), e).ConfigureAwait(false);
            throw;
        }

        NewStandby? standby = null;
        if (!options.LeaveOld) standby = await work.RejoinAsync(options.Reseed, ct).ConfigureAwait(false);
        work.End();
        _journal.Delete();
        PrimarySwitchReport report = Report(work.Entry, standby is null && !options.LeaveOld ? RunStatus.Incomplete : RunStatus.Succeeded) with
        {
            Standby = standby?.Outcome ?? StandbyOutcome.Left, Previous = standby?.Previous,
        };
        await RecordAsync(report, null).ConfigureAwait(false);
        return report;
    }

    /// <summary>Nothing is promoted yet: the old primary goes on. It has its own clock, for the run may be cancelled already.</summary>
    private async Task TakeBackAsync(SwitchWork work)
    {
        using var limit = new CancellationTokenSource(_component.Pair.Patience + s_brief, context.Clock);
        try
        {
            await work.TakeBackAsync(limit.Token).ConfigureAwait(false);
            _journal.Delete();
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            context.Host.Say(DrpEventLevel.Warning, Text.Of(PrimaryTexts.NotTakenBack, Standing(work.Entry), e.Message));
        }
    }

    private async Task<PrimarySwitchReport> AbortAsync(SwitchEntry? entry, CancellationToken ct)
    {
        if (entry is null) throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.NothingToAbort, _component.Name)) { Subject = _component.Name };
        if (entry.Stage >= SwitchStage.Promoting) throw new DrpException(DrpError.UnsafeTarget, Text.Of(PrimaryTexts.TooLateToAbort, Standing(entry))) { Subject = entry.SwitchId, Hint = PrimaryTexts.TooLateToAbortHint };
        PrimarySwitchReport report = Report(entry, RunStatus.Planned) with { Steps = [new SwitchStep("abort", Text.Of(PrimaryTexts.StepAbort, entry.From), RunStatus.Planned)] };
        if (options.DryRun) return report;
        await _component.RequireYesAsync(context, options.Confirmed, Text.Of(PrimaryTexts.AbortQuestion, Standing(entry)), ct).ConfigureAwait(false);
        PairView view = await PairView.AskAsync(context, _component, ct).ConfigureAwait(false);
        await using var _ = view.ConfigureAwait(false);
        var work = new SwitchWork(context, _component, _journal, view, entry, _warnings);
        await work.TakeBackAsync(ct).ConfigureAwait(false);
        _journal.Delete();
        report = Report(work.Entry, RunStatus.Succeeded) with { From = entry.From, To = entry.From };
        await RecordAsync(report, null).ConfigureAwait(false);
        return report;
    }

    private PrimarySwitchReport Report(SwitchEntry entry, RunStatus status) => new()
    {
        Plan = context.Plan.Path, Component = _component.Name, SwitchId = entry.SwitchId, From = entry.From, To = entry.To, Status = status, LossFree = entry.LossFree,
        Epoch = entry.Epoch?.Epoch ?? 0, Timeline = entry.Stage == SwitchStage.Promoted ? entry.Timeline : null, Position = entry.Position, FencedBy = entry.FencedBy,
        UnfencedReason = entry.FencedBy is null ? entry.UnfencedReason : null, LossBytes = entry.LossBytes, LastCommit = entry.LossFree ? null : entry.LastCommit,
        Downtime = entry.Written - entry.FenceBegan, Started = entry.Started, Duration = context.Clock.GetUtcNow() - entry.Started, Steps = entry.Steps, Warnings = _warnings,
    };

    private async Task RecordAsync(PrimarySwitchReport report, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        foreach (SwitchStep step in report.Steps) _phases.Add(step.Step, step.Elapsed ?? TimeSpan.Zero);
        await context.RecordAsync("primary-switch", _component.Name, report.Status, error is null ? (report.Status == RunStatus.Incomplete ? DrpError.Incomplete : DrpError.None) : Failures.CodeOf(error), _phases,
            SwitchTexts.Facts(report, error), brief.Token).ConfigureAwait(false);
    }
}
