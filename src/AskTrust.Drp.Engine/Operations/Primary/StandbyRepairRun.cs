using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Pair;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>
/// Makes the other server of a pair follow the primary: an old primary that came back, one that was left down by a switch, a standby that lost its way. What it
/// has written on its own is thrown away.
/// </summary>
internal sealed class StandbyRepairRun(OperationContext context, StandbyRepairOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly string _id = RestoreEntry.NewId(context.Clock);
    private PairComponent _component = null!;

    /// <summary>Runs.</summary>
    public async Task<PrimarySwitchReport> RunAsync(CancellationToken ct)
    {
        _component = PairComponent.Find(context, options.Component);
        if (_component.Pair.Patroni is not null) throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.PatroniRepairs, _component.Name)) { Subject = _component.Name, Hint = PrimaryTexts.PatroniRepairsHint };
        _component.RequireMachines();
        using LocalLock _ = await LocalLock.TakeAsync(context.Host, $"switch-{context.Plan.Name}-{_component.Name}", $"primary rejoin {_component.Name}", TimeSpan.Zero, ct).ConfigureAwait(false);
        if (await new SwitchJournal(context, _component.Name).ReadAsync(ct).ConfigureAwait(false) is { } unfinished)
        {
            throw new DrpException(DrpError.Locked, SwitchRun.Standing(unfinished)) { Subject = _component.Name, Hint = PrimaryTexts.UnfinishedHint };
        }

        PairView view = await PairView.AskAsync(context, _component, ct).ConfigureAwait(false);
        await using var __ = view.ConfigureAwait(false);
        PairNode primary = view.Primary ?? throw new DrpException(DrpError.UnsafeTarget, view.IsSplit ? PrimaryTexts.Split : PrimaryTexts.NoPrimary) { Subject = _component.Name, Hint = view.IsSplit ? PrimaryTexts.SplitHint : PrimaryTexts.NoPrimaryHint };
        PairNode node = options.Node is { } name ? view[_component.Node(name).Name] : view.Other(primary);
        if (node == primary) throw new DrpException(DrpError.UnsafeTarget, Text.Of(PrimaryTexts.AlreadyPrimary, node.Name)) { Subject = node.Name };
        if (node.State is { IsStandby: true, Streams: true }) return Report(node, primary, RunStatus.Skipped) with { Warnings = [Text.Of(PrimaryTexts.AlreadyFollows, node.Name, primary.Name)] };

        NodeLook look = await node.Shell.LookAsync(ct).ConfigureAwait(false);
        if (look.System != primary.State!.System) throw new DrpException(DrpError.PlanInvalid, Text.Of(PairTexts.OtherSystem, node.Name, primary.Name)) { Subject = node.Name, Hint = PairTexts.DataDirectoryHint };
        long? thrown = await ThrownAwayAsync(node, look, primary, ct).ConfigureAwait(false);
        string[] warnings = thrown > 0 ? [Text.Of(PrimaryTexts.ThrownAway, node.Name, Human.Size(thrown.Value))] : [];
        PrimarySwitchReport report = Report(node, primary, RunStatus.Planned) with { LossBytes = thrown, Warnings = warnings };
        if (options.DryRun)
        {
            return report with
            {
                Steps =
                [
                    new SwitchStep("fence", Text.Of(PrimaryTexts.StepFence, node.Name, node.Plan.DataDirectory), RunStatus.Planned),
                    new SwitchStep("rejoin", Text.Of(options.Reseed ? PrimaryTexts.StepRejoinOrCopy : PrimaryTexts.StepRejoin, node.Name), RunStatus.Planned),
                ],
            };
        }

        await _component.RequireYesAsync(context, options.Confirmed, Text.Of(PrimaryTexts.RepairQuestion, node.Name, primary.Name), ct).ConfigureAwait(false);
        LeaseGroup leases = await SwitchRun.LeasesAsync(context, _component.Name, ct).ConfigureAwait(false);
        await using var ___ = leases.ConfigureAwait(false);
        return await RepairAsync(report, node, primary, ct).ConfigureAwait(false);
    }

    private async Task<PrimarySwitchReport> RepairAsync(PrimarySwitchReport report, PairNode node, PairNode primary, CancellationToken ct)
    {
        List<SwitchStep> steps = [];
        try
        {
            await StepAsync("fence", Text.Of(PrimaryTexts.StepFenced, node.Name), () => node.Shell.FenceAsync(force: true, ct)).ConfigureAwait(false);
            NewStandby standby = await StepAsync("rejoin", Text.Of(PrimaryTexts.StepRejoin, node.Name),
                () => new StandbyMaker(_component.Pair, primary, node, _component.Archive?.Slot, context.Host).RunAsync(options.Reseed, _id, ct)).ConfigureAwait(false);
            report = report with
            {
                Status = RunStatus.Succeeded, FencedBy = "stopped", Standby = standby.Outcome, Previous = standby.Previous, Duration = _phases.Elapsed, Steps = steps, Warnings = [.. report.Warnings, .. standby.Warnings],
            };
            await RecordAsync(report, null).ConfigureAwait(false);
            return report;
        }
        catch (Exception e)
        {
            await RecordAsync(report with { Status = RunStatus.Failed }, e).ConfigureAwait(false);
            throw;
        }

        async Task<T> StepAsync<T>(string step, string text, Func<Task<T>> work)
        {
            DateTimeOffset began = context.Clock.GetUtcNow();
            context.Host.Say(DrpEventLevel.Information, text);
            T result = await _phases.MeasureAsync(step, work).ConfigureAwait(false);
            steps.Add(new SwitchStep(step, text, RunStatus.Succeeded, began, context.Clock.GetUtcNow() - began));
            return result;
        }
    }

    /// <summary>Bytes of WAL that it has and that are no part of the primary's past; null when not known.</summary>
    private static async Task<long?> ThrownAwayAsync(PairNode node, NodeLook look, PairNode primary, CancellationToken ct)
    {
        var (timeline, end) = node.State is { } state ? (state.Timeline, state.Position) : (look.Timeline, look.End);
        if (timeline == primary.State!.Timeline) return 0;
        var history = await primary.HistoryAsync(ct).ConfigureAwait(false);
        return history.TryGetValue(timeline, out Lsn fork) ? (long)(end.Value - Math.Min(end.Value, fork.Value)) : null;
    }

    private PrimarySwitchReport Report(PairNode node, PairNode primary, RunStatus status) => new()
    {
        Plan = context.Plan.Path, Component = _component.Name, SwitchId = _id, From = node.Name, To = primary.Name, Status = status, Epoch = primary.State!.Epoch, Timeline = primary.State.Timeline,
        Started = _phases.Started, Duration = _phases.Elapsed,
    };

    private async Task RecordAsync(PrimarySwitchReport report, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("standby-repair", _component.Name, report.Status, error is null ? DrpError.None : Failures.CodeOf(error), _phases, SwitchTexts.Facts(report, error), brief.Token).ConfigureAwait(false);
    }
}
