using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Pair;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>The steps of a switch. Each can be done a second time: after a run that was killed, the next one does again the one that may have been cut short.</summary>
internal sealed class SwitchWork(OperationContext context, PairComponent component, SwitchJournal journal, PairView view, SwitchEntry entry, List<string> warnings)
{
    private static readonly TimeSpan s_repositories = TimeSpan.FromSeconds(30);
    private readonly PairNode _from = view[entry.From];
    private readonly PairNode _to = view[entry.To];
    private readonly TimeSpan _patience = component.Pair.Patience;
    private NodeLook? _fenced;

    /// <summary>How far it is.</summary>
    public SwitchEntry Entry { get; private set; } = entry;

    /// <summary>Everything up to a new primary that takes writes.</summary>
    public async Task PromoteAsync(CancellationToken ct)
    {
        if (Entry.Stage == SwitchStage.Begun)
        {
            await journal.WriteAsync(Entry).ConfigureAwait(false);
            await StepAsync("slots", Text.Of(PrimaryTexts.StepSlots, _to.Name), () => MakeSlotsAsync(ct)).ConfigureAwait(false);
            await StepAsync("fence", Text.Of(PrimaryTexts.StepFenced, _from.Name), () => FenceAsync(ct)).ConfigureAwait(false);
        }

        if (Entry.Stage == SwitchStage.Fenced) await StepAsync("catch up", Text.Of(PrimaryTexts.StepCatchUp, _to.Name, _from.Name), () => CatchUpAsync(ct)).ConfigureAwait(false);
        if (Entry.Stage > SwitchStage.Promoting) return;
        // From here on a cancelled run would leave nobody who takes writes: it is gone through with.
        ct.ThrowIfCancellationRequested();
        await StepAsync("epoch", PrimaryTexts.StepEpoch, NumberAsync).ConfigureAwait(false);
        await StepAsync("promote", Text.Of(PrimaryTexts.StepPromote, _to.Name), PromoteAsync).ConfigureAwait(false);
        await StepAsync("verify", Text.Of(PrimaryTexts.StepVerify, _to.Name), VerifyAsync).ConfigureAwait(false);
    }

    /// <summary>The old primary becomes a standby. That it does not is told, and no failure of the switch.</summary>
    /// <returns>Null when it did not.</returns>
    public async Task<NewStandby?> RejoinAsync(bool reseed, CancellationToken ct)
    {
        NewStandby? standby = null;
        DateTimeOffset began = context.Clock.GetUtcNow();
        Show(Text.Of(PrimaryTexts.StepRejoin, _from.Name), finished: false);
        try
        {
            await _to.AskAsync(ct).ConfigureAwait(false);
            if (_to.Error is { } error) throw error;
            await _from.Shell.FenceAsync(force: true, ct).ConfigureAwait(false);
            standby = await new StandbyMaker(component.Pair, _to, _from, component.Archive?.Slot, context.Host).RunAsync(reseed, Entry.SwitchId, ct).ConfigureAwait(false);
            warnings.AddRange(standby.Warnings);
        }
        catch (DrpException e)
        {
            warnings.Add(Text.Of(PrimaryTexts.NotRejoined, _from.Name, e.Message, _from.Name));
        }

        Add("rejoin", Text.Of(standby is null ? PrimaryTexts.StepLeft : PrimaryTexts.StepRejoin, _from.Name), standby is null ? RunStatus.Incomplete : RunStatus.Succeeded, began);
        return standby;
    }

    /// <summary>Nothing more will be done.</summary>
    public void End() => Show("", finished: true);

    /// <summary>Nothing was promoted: the old primary is primary again.</summary>
    public Task TakeBackAsync(CancellationToken ct) => StepAsync("take back", Text.Of(PrimaryTexts.StepAbort, _from.Name), async () =>
    {
        if (Entry.FenceBegan is not null)
        {
            await _from.AskAsync(ct).ConfigureAwait(false);
            // A fence that failed half way: the mark may be there although the server runs.
            await _from.Shell.UnfenceAsync(running: _from.IsPrimary, ct).ConfigureAwait(false);
            if (!await _from.UntilAsync(s => !s.IsStandby, _patience, ct).ConfigureAwait(false)) throw new DrpException(DrpError.Failed, Text.Of(PrimaryTexts.NotBack, _from.Name)) { Subject = _from.Name };
        }

        if (_to.State is null) await _to.AskAsync(ct).ConfigureAwait(false);
        if (Entry.Slots.Count > 0 && _to.State is not null) await _to.DropSlotsAsync(Entry.Slots, ct).ConfigureAwait(false);
        context.Host.Say(DrpEventLevel.Information, Text.Of(PrimaryTexts.TakenBack, _from.Name));
    });

    private async Task MakeSlotsAsync(CancellationToken ct)
    {
        List<string> made = [.. Entry.Slots];
        // Made before the promotion, so that nothing is removed between it and the first who comes: the old primary, the receiver of the archive.
        foreach (string slot in new[] { _from.Slot, component.Archive?.Slot }.OfType<string>())
        {
            if (await _to.MakeSlotAsync(slot, ct).ConfigureAwait(false)) made.Add(slot);
        }

        await SaveAsync(Entry with { Slots = made }).ConfigureAwait(false);
    }

    private async Task FenceAsync(CancellationToken ct)
    {
        // Makes the stop short. A primary that hangs is not asked for ever.
        if (_from.IsPrimary) await BrieflyAsync(c => _from.CheckpointAsync(c), ct).ConfigureAwait(false);
        await SaveAsync(Entry with { FenceBegan = Entry.FenceBegan ?? context.Clock.GetUtcNow() }).ConfigureAwait(false);
        string? by = null;
        DrpException? failed = null;
        try
        {
            _fenced = await _from.Shell.FenceAsync(force: Entry.AllowDataLoss, ct).ConfigureAwait(false);
            by = "stopped";
        }
        catch (DrpException e)
        {
            failed = e;
        }

        if (failed is not null && Entry.AllowDataLoss && component.Pair.Fence.Count > 0)
        {
            (by, failed) = await CommandAsync(failed, ct).ConfigureAwait(false);
        }

        // Whoever fenced it: nobody may be able to write there any more.
        await _from.AskAsync(ct).ConfigureAwait(false);
        if (by is not null && _from.IsPrimary) (by, failed) = (null, new DrpException(DrpError.Failed, Text.Of(PrimaryTexts.StillWrites, _from.Name)));
        if (failed is not null)
        {
            if (Entry.UnfencedReason is null || !Entry.AllowDataLoss) throw new DrpException(DrpError.UnsafeTarget, Text.Of(PrimaryTexts.CannotFence, _from.Name, failed.Message), failed) { Subject = _from.Name, Hint = PrimaryTexts.CannotFenceHint };
            warnings.Add(Text.Of(PrimaryTexts.Unfenced, _from.Name, failed.Message));
            // No fence, for a session may ask for writes again; but the best there is.
            if (_from.IsPrimary) await BrieflyAsync(c => _from.RefuseWritesAsync(c), ct).ConfigureAwait(false);
        }

        await SaveAsync(Entry with { Stage = SwitchStage.Fenced, FencedBy = by }).ConfigureAwait(false);
    }

    private async Task<(string? By, DrpException? Failed)> CommandAsync(DrpException why, CancellationToken ct)
    {
        context.Host.Say(DrpEventLevel.Warning, Text.Of(PrimaryTexts.ByCommand, _from.Name, why.Message));
        var command = new Command(component.Pair.Fence[0], [.. component.Pair.Fence.Skip(1), _from.Name]) { Timeout = _patience, WorkingDirectory = context.Plan.Folder };
        ProcessResult result = await context.Host.Processes.RunAsync(command, ct).ConfigureAwait(false);
        return result.Ok ? ("command", null) : (null, new DrpException(DrpError.Failed, Text.Of(PrimaryTexts.CommandFailed, component.Pair.Fence[0], result.ExitCode, result.Errors.Trim())));
    }

    private async Task CatchUpAsync(CancellationToken ct)
    {
        NodeLook? look = Entry.FencedBy == "stopped" ? _fenced ?? await _from.Shell.LookAsync(ct).ConfigureAwait(false) : null;
        // Only an orderly end writes a last record, and only then it is known that there is nothing behind it.
        bool ended = look is { State: "shut down" } && look.Timeline == Entry.Timeline;
        bool whole = ended && await _to.UntilAsync(s => s.Replayed > look!.End, _patience, ct).ConfigureAwait(false);
        if (_to.State is null) await _to.AskAsync(ct).ConfigureAwait(false);
        if (_to.State is not { IsStandby: true } standby) throw new DrpException(DrpError.Unreachable, Text.Of(PrimaryTexts.NodeSilent, _to.Name, _to.Error?.Message)) { Subject = _to.Name };
        if (!whole && !Entry.AllowDataLoss)
        {
            string end = look is null ? "?" : look.End.ToString();
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(PrimaryTexts.NotCaughtUp, _to.Name, standby.Replayed, _from.Name, end, look?.State ?? "?")) { Subject = _to.Name, Hint = PrimaryTexts.NotCaughtUpHint };
        }

        long? loss = whole ? 0 : ended ? (long)(look!.End.Value - Math.Min(look.End.Value, standby.Position.Value)) : Entry.LossBytes;
        Entry = Entry with { LossFree = whole, LossBytes = loss, Position = standby.Position, LastCommit = standby.LastCommit };
    }

    private async Task NumberAsync()
    {
        long last = view.Epoch;
        PrimaryEpoch number = Entry.Epoch ?? new PrimaryEpoch(
            last + 1, component.Name, _to.Name, _from.Name, _to.State!.System.ToString(System.Globalization.CultureInfo.InvariantCulture), Entry.SwitchId, context.Clock.GetUtcNow(), Environment.MachineName, Environment.UserName);
        await SaveAsync(Entry with { Stage = SwitchStage.Promoting, Epoch = number }).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(s_repositories, context.Clock);
        IReadOnlyList<string> silent;
        try
        {
            silent = await new PrimaryEpochs(context.Catalog).WriteAsync(number, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            silent = [.. context.Catalog.Writable.Select(r => r.Name)];
        }
        catch (DrpException e) when (e.Code == DrpError.Locked)
        {
            // Somebody else switches: this run has promoted nothing, and may be taken back.
            await SaveAsync(Entry with { Stage = SwitchStage.Fenced, Epoch = null }).ConfigureAwait(false);
            throw;
        }

        if (silent.Count > 0) warnings.Add(Text.Of(PrimaryTexts.NumberNotKept, number.Epoch, string.Join(", ", silent)));
    }

    private async Task PromoteAsync()
    {
        if (_to.State is null) await _to.AskAsync(CancellationToken.None).ConfigureAwait(false);
        if (_to.Error is { } error) throw error;
        if (_to.State!.IsStandby) await _to.PromoteAsync(_patience, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task VerifyAsync()
    {
        uint timeline = _to.State!.Timeline;
        if (timeline <= Entry.Timeline) throw new DrpException(DrpError.Failed, Text.Of(PrimaryTexts.TimelineStays, _to.Name, timeline)) { Subject = _to.Name };
        await EpochTable.WriteAsync(_to.Server, Entry.Epoch!.Epoch, _to.Name, CancellationToken.None).ConfigureAwait(false);
        await SaveAsync(Entry with { Stage = SwitchStage.Promoted, Timeline = timeline, Written = context.Clock.GetUtcNow() }).ConfigureAwait(false);
        context.Host.Say(DrpEventLevel.Information, Text.Of(PrimaryTexts.IsPrimaryNow, _to.Name, timeline));
    }

    private async Task BrieflyAsync(Func<CancellationToken, Task> work, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_patience);
        try
        {
            await work(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when ((e is DrpException or OperationCanceledException) && !ct.IsCancellationRequested)
        {
            context.Host.Say(DrpEventLevel.Verbose, e.Message);
        }
    }

    private async Task StepAsync(string step, string text, Func<Task> work)
    {
        DateTimeOffset began = context.Clock.GetUtcNow();
        Show(text, finished: false);
        try
        {
            await work().ConfigureAwait(false);
            Add(step, text, RunStatus.Succeeded, began);
        }
        catch
        {
            Add(step, text, RunStatus.Failed, began);
            throw;
        }

        await journal.WriteAsync(Entry).ConfigureAwait(false);
    }

    private void Show(string text, bool finished) =>
        context.Host.Observer.On(new DrpProgress(Text.Of(PrimaryTexts.Switching, Entry.From, Entry.To), text, Entry.Steps.Count, null, ProgressUnit.Items, finished));

    private void Add(string step, string text, RunStatus status, DateTimeOffset began) => Entry = Entry with { Steps = [.. Entry.Steps, new SwitchStep(step, text, status, began, context.Clock.GetUtcNow() - began)] };

    private async Task SaveAsync(SwitchEntry entry)
    {
        Entry = entry;
        await journal.WriteAsync(entry).ConfigureAwait(false);
    }
}
