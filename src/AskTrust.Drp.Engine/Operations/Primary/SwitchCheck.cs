using AskTrust.Drp.Engine.Components.PostgreSql.Pair;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>Decides whether a switch may begin, and tells what it would cost. Changes nothing.</summary>
internal sealed class SwitchCheck(OperationContext context, PairComponent component, PrimarySwitchOptions options, List<string> warnings)
{
    /// <summary>The switch as decided.</summary>
    /// <exception cref="DrpException">It must not be: says why.</exception>
    public async Task<SwitchEntry> DecideAsync(PairView view, PhaseClock phases, CancellationToken ct)
    {
        DateTimeOffset began = context.Clock.GetUtcNow();
        foreach (PairNode node in view.Nodes.Where(n => n.Error is { Code: not DrpError.Unreachable })) throw node.Error!;
        if (view.IsSplit) throw Unsafe(PrimaryTexts.Split, PrimaryTexts.SplitHint);
        if (view.Nodes.FirstOrDefault(view.IsStale) is { } stale) throw Unsafe(Text.Of(PrimaryTexts.NodeStale, stale.Name, view.Primary?.Name ?? view.Last!.Primary, view.Epoch), Text.Of(PrimaryTexts.NodeStaleHint, stale.Name));
        PairNode to = To(view), from = view.Other(to);
        if (to.Error is { } silent) throw new DrpException(DrpError.Unreachable, Text.Of(PrimaryTexts.NodeSilent, to.Name, silent.Message), silent) { Subject = to.Name, Hint = silent.Hint };
        if (to.IsPrimary) throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.AlreadyPrimary, to.Name)) { Subject = to.Name };
        if (view.Silent.Count > 0) warnings.Add(Text.Of(PrimaryTexts.RepositoriesSilent, string.Join(", ", view.Silent)));
        foreach (PairNode node in view.Nodes.Where(n => n.State is { IsSuperuser: false })) throw new DrpException(DrpError.Failed, Text.Of(PrimaryTexts.NoSuperuser, node.Name, node.Server.User)) { Subject = node.Name, Hint = PrimaryTexts.NoSuperuserHint };

        var entry = new SwitchEntry
        {
            SwitchId = RestoreEntry.NewId(context.Clock), From = from.Name, To = to.Name, Started = phases.Started, Stage = SwitchStage.Begun, Timeline = to.State!.Timeline,
            AllowDataLoss = options.AllowDataLoss, UnfencedReason = options.UnfencedReason, Position = to.State.Position, LastCommit = to.State.LastCommit,
        };
        entry = from.State is { } primary ? await WithPrimaryAsync(entry, from, to, primary, ct).ConfigureAwait(false) : await WithoutPrimaryAsync(entry, from, to, ct).ConfigureAwait(false);
        WarnOfArchive(to);
        return entry with { Steps = [new SwitchStep("look", Text.Of(PrimaryTexts.StepLook, entry.From, entry.To), RunStatus.Succeeded, began, context.Clock.GetUtcNow() - began)] };
    }

    private PairNode To(PairView view)
    {
        if (options.To is { } name) return view[component.Node(name).Name];
        if (view.Primary is { } primary) return view.Other(primary);
        return view.Nodes.FirstOrDefault(n => n.State is { IsStandby: true }) ?? throw new DrpException(DrpError.Unreachable, Text.Of(PrimaryTexts.NobodyAnswers, string.Join("; ", view.Nodes.Select(n => n.Error?.Message)))) { Subject = component.Name };
    }

    private async Task<SwitchEntry> WithPrimaryAsync(SwitchEntry entry, PairNode from, PairNode to, NodeState primary, CancellationToken ct)
    {
        if (primary.IsStandby) throw Unsafe(PrimaryTexts.NoPrimary, PrimaryTexts.NoPrimaryHint);
        if (primary.System != to.State!.System) throw Unsafe(Text.Of(PairTexts.OtherSystem, to.Name, from.Name), PairTexts.DataDirectoryHint);
        long lag = Math.Max(0, (long)(primary.Position.Value - Math.Min(primary.Position.Value, to.State.Position.Value)));
        if (!options.AllowDataLoss)
        {
            if (!to.State.Streams) throw Unsafe(Text.Of(PrimaryTexts.NotStreaming, to.Name), PrimaryTexts.NotReadyHint);
            if (lag > component.Pair.MaximumLag) throw Unsafe(Text.Of(PrimaryTexts.LagTooLarge, to.Name, Human.Size(lag), Human.Size(component.Pair.MaximumLag)), PrimaryTexts.NotReadyHint);
        }

        try
        {
            // Both servers have the same identifier: that the right one would be stopped is shown by what it does.
            NodeLook look = await from.Shell.LookAsync(ct).ConfigureAwait(false);
            if (look.System != primary.System || look.Processes == 0 || look.State != "in production")
            {
                throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.WrongDirectory, from.Plan.DataDirectory, from.Name, look.State)) { Subject = from.Name, Hint = PairTexts.DataDirectoryHint };
            }
        }
        catch (DrpException e) when (e.Code == DrpError.Unreachable && options.AllowDataLoss)
        {
            RequireOtherFence(from, e);
        }

        return options.AllowDataLoss ? entry with { LossBytes = lag } : entry;
    }

    /// <summary>The primary does not answer: what its standby has not got is lost, unless it comes back.</summary>
    private async Task<SwitchEntry> WithoutPrimaryAsync(SwitchEntry entry, PairNode from, PairNode to, CancellationToken ct)
    {
        long? known = await KnownLossAsync(to.State!, ct).ConfigureAwait(false);
        string loss = Text.Of(PrimaryTexts.Loss, to.State!.LastCommit is { } commit ? Human.Time(commit) : "–", to.State.LastCommit is { } at ? Human.Duration(context.Clock.GetUtcNow() - at) : "–", known is { } bytes ? Human.Size(bytes) : PrimaryTexts.LossUnknown);
        bool machine = true;
        try
        {
            NodeLook look = await from.Shell.LookAsync(ct).ConfigureAwait(false);
            if (look.System != to.State.System) throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.WrongDirectory, from.Plan.DataDirectory, from.Name, look.State)) { Subject = from.Name, Hint = PairTexts.DataDirectoryHint };
        }
        catch (DrpException e) when (e.Code == DrpError.Unreachable)
        {
            machine = false;
            if (options.AllowDataLoss) RequireOtherFence(from, e);
        }

        if (!options.AllowDataLoss)
        {
            throw Unsafe(Text.Of(PrimaryTexts.PrimarySilent, from.Name, from.Error!.Message, loss), machine ? PrimaryTexts.PrimarySilentMachineHint : PrimaryTexts.PrimarySilentHint);
        }

        warnings.Add(loss);
        return entry with { LossBytes = known };
    }

    private void RequireOtherFence(PairNode from, DrpException cause)
    {
        if (component.Pair.Fence.Count > 0 || options.UnfencedReason is not null) return;
        throw Unsafe(Text.Of(PrimaryTexts.CannotFence, from.Name, cause.Message), PrimaryTexts.CannotFenceHint, cause);
    }

    /// <summary>What is known to be missing: the primary was seen further on, by us or by the receiver of its WAL.</summary>
    private async Task<long?> KnownLossAsync(NodeState standby, CancellationToken ct)
    {
        PrimarySeen? seen = await new SwitchJournal(context, component.Name).LastSeenAsync(ct).ConfigureAwait(false);
        Lsn? furthest = new[] { seen?.Position, Archived() }.Max();
        return furthest is { } lsn ? Math.Max(0, (long)(lsn.Value - Math.Min(lsn.Value, standby.Position.Value))) : null;
    }

    private Lsn? Archived() => component.Archive is { } archive ? WalStatusFile.Read(archive)?.Report.Repositories.Max(r => r.Shipped) : null;

    private void WarnOfArchive(PairNode to)
    {
        if (options.AllowDataLoss && Archived() is { } archived && archived > to.State!.Position) warnings.Add(Text.Of(PrimaryTexts.ArchiveHasMore, archived, to.Name, to.State.Position));
    }

    private DrpException Unsafe(string message, string hint, Exception? cause = null) => new(DrpError.UnsafeTarget, message, cause) { Subject = component.Name, Hint = hint };
}
