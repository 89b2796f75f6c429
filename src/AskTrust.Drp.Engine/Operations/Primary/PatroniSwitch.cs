using AskTrust.Drp.Engine.Components.PostgreSql.Pair;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>Where Patroni runs, it fences, promotes and rewinds; we check, ask, and wait until the new leader is there and the old one follows.</summary>
internal sealed class PatroniSwitch(OperationContext context, PairComponent component, PrimarySwitchOptions options)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly List<SwitchStep> _steps = [];

    /// <summary>Runs.</summary>
    public async Task<PrimarySwitchReport> RunAsync(CancellationToken ct)
    {
        if (options.Abort) throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.NothingToAbort, component.Name)) { Subject = component.Name };
        if (options.UnfencedReason is not null || options.Reseed || options.LeaveOld) throw new DrpException(DrpError.PlanInvalid, PrimaryTexts.PatroniDoesThat) { Subject = component.Name };
        using LocalLock _ = await LocalLock.TakeAsync(context.Host, $"switch-{context.Plan.Name}-{component.Name}", $"primary switch {component.Name}", TimeSpan.Zero, ct).ConfigureAwait(false);
        using PatroniApi api = await PatroniApi.OpenAsync(component.Pair.Patroni!, context.Host, ct).ConfigureAwait(false);
        IReadOnlyList<PatroniMember> members = await api.ClusterAsync(ct).ConfigureAwait(false);
        PatroniMember? leader = members.FirstOrDefault(m => m.IsLeader);
        PatroniMember candidate = Candidate(members, leader);
        bool planned = leader is { Works: true };
        Check(leader, candidate, planned);
        string from = leader?.Name ?? "-", text = Text.Of(planned && !options.AllowDataLoss ? PrimaryTexts.StepSwitchover : PrimaryTexts.StepFailover, candidate.Name);
        var report = new PrimarySwitchReport
        {
            Plan = context.Plan.Path, Component = component.Name, SwitchId = RestoreEntry.NewId(context.Clock), From = from, To = candidate.Name, Status = RunStatus.Planned, FencedBy = "patroni",
            LossBytes = planned ? null : candidate.Lag, Started = _phases.Started, Duration = _phases.Elapsed, Steps = [new SwitchStep("promote", text, RunStatus.Planned)],
        };
        if (options.DryRun) return report;
        await component.RequireYesAsync(context, options.Confirmed, Text.Of(PrimaryTexts.SwitchQuestion, from, candidate.Name, component.Name), ct).ConfigureAwait(false);
        try
        {
            DateTimeOffset asked = context.Clock.GetUtcNow();
            await StepAsync("promote", text, async () =>
            {
                if (planned && !options.AllowDataLoss) await api.SwitchoverAsync(from, candidate.Name, component.Pair.Patience, ct).ConfigureAwait(false);
                else await api.FailoverAsync(candidate.Name, component.Pair.Patience, ct).ConfigureAwait(false);
                if (!await UntilAsync(api, m => m.Any(x => x.Name == candidate.Name && x is { IsLeader: true, Works: true }), ct).ConfigureAwait(false))
                    throw new DrpException(DrpError.Failed, Text.Of(PrimaryTexts.PatroniDidNot, candidate.Name, (int)component.Pair.Patience.TotalSeconds)) { Subject = component.Name, Hint = PrimaryTexts.PatroniDidNotHint };
            }).ConfigureAwait(false);
            DateTimeOffset led = context.Clock.GetUtcNow();
            bool follows = false;
            await StepAsync("rejoin", Text.Of(PrimaryTexts.StepFollows, from), async () =>
                follows = leader is not null && await UntilAsync(api, m => m.Any(x => x.Name == from && x is { IsLeader: false, Works: true, Timeline: not null }), ct).ConfigureAwait(false)).ConfigureAwait(false);
            uint? timeline = (await api.ClusterAsync(ct).ConfigureAwait(false)).FirstOrDefault(m => m.Name == candidate.Name)?.Timeline;
            report = report with
            {
                Status = follows ? RunStatus.Succeeded : RunStatus.Incomplete, Timeline = timeline, LossFree = planned && !options.AllowDataLoss, Downtime = led - asked,
                Standby = follows ? StandbyOutcome.Following : StandbyOutcome.Left, Duration = _phases.Elapsed, Steps = _steps,
                Warnings = follows ? [] : [Text.Of(PrimaryTexts.PatroniOldAway, from)],
            };
            await RecordAsync(report, null).ConfigureAwait(false);
            return report;
        }
        catch (Exception e)
        {
            await RecordAsync(report with { Status = RunStatus.Failed }, e).ConfigureAwait(false);
            throw;
        }
    }

    private PatroniMember Candidate(IReadOnlyList<PatroniMember> members, PatroniMember? leader)
    {
        if (options.To is { } name)
        {
            PatroniMember named = members.FirstOrDefault(m => m.Name == name)
                ?? throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.NoNode, name, component.Name)) { Subject = name, Hint = Text.Of(OperationsTexts.ChooseOf, string.Join(", ", members.Select(m => m.Name))) };
            return named != leader ? named : throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.AlreadyPrimary, name)) { Subject = name };
        }

        return members.Where(m => m != leader && m.Works).OrderBy(m => m.Role == "sync_standby" ? 0 : 1).ThenBy(m => m.Lag ?? long.MaxValue).FirstOrDefault()
            ?? throw new DrpException(DrpError.UnsafeTarget, PrimaryTexts.NoStandby) { Subject = component.Name, Hint = PrimaryTexts.NotReadyHint };
    }

    private void Check(PatroniMember? leader, PatroniMember candidate, bool planned)
    {
        if (!candidate.Works) throw new DrpException(DrpError.Unreachable, Text.Of(PrimaryTexts.NodeSilent, candidate.Name, candidate.State)) { Subject = candidate.Name };
        if (options.AllowDataLoss) return;
        if (!planned) throw new DrpException(DrpError.UnsafeTarget, Text.Of(PrimaryTexts.PatroniNoLeader, leader?.State ?? "–")) { Subject = component.Name, Hint = PrimaryTexts.PatroniNoLeaderHint };
        if (candidate.Lag is not { } lag || lag > component.Pair.MaximumLag)
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(PrimaryTexts.LagTooLarge, candidate.Name, candidate.Lag is { } l ? Human.Size(l) : PrimaryTexts.LossUnknown, Human.Size(component.Pair.MaximumLag))) { Subject = candidate.Name, Hint = PrimaryTexts.NotReadyHint };
    }

    private async Task<bool> UntilAsync(PatroniApi api, Func<IReadOnlyList<PatroniMember>, bool> done, CancellationToken ct)
    {
        for (long start = context.Clock.GetTimestamp(); context.Clock.GetElapsedTime(start) < component.Pair.Patience; await Task.Delay(s_look, context.Clock, ct).ConfigureAwait(false))
        {
            try
            {
                if (done(await api.ClusterAsync(ct).ConfigureAwait(false))) return true;
            }
            catch (DrpException e) when (e.Code is DrpError.Unreachable or DrpError.Failed)
            {
                // While the leader changes, a member may not answer, or not know.
                context.Host.Say(DrpEventLevel.Debug, e.Message);
            }
        }

        return false;
    }

    private async Task StepAsync(string step, string text, Func<Task> work)
    {
        DateTimeOffset began = context.Clock.GetUtcNow();
        context.Host.Say(DrpEventLevel.Information, text);
        await _phases.MeasureAsync(step, work).ConfigureAwait(false);
        _steps.Add(new SwitchStep(step, text, RunStatus.Succeeded, began, context.Clock.GetUtcNow() - began));
    }

    private async Task RecordAsync(PrimarySwitchReport report, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("primary-switch", component.Name, report.Status, error is null ? (report.Status == RunStatus.Incomplete ? DrpError.Incomplete : DrpError.None) : Failures.CodeOf(error), _phases,
            SwitchTexts.Facts(report, error), brief.Token).ConfigureAwait(false);
    }
}
