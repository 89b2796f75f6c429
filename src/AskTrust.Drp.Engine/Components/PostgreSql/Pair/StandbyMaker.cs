using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Pair;

/// <summary>What became of a server that was made a standby.</summary>
/// <param name="Outcome">How.</param>
/// <param name="Previous">Folder with its former data, when it was copied anew.</param>
/// <param name="Warnings">What somebody should look at.</param>
internal sealed record NewStandby(StandbyOutcome Outcome, string? Previous, IReadOnlyList<string> Warnings);

/// <summary>Makes a fenced server follow the primary: as it is when it has written nothing of its own, else rewound, else (when that is agreed to) copied anew.</summary>
/// <param name="pair">The pair.</param>
/// <param name="primary">The primary, asked.</param>
/// <param name="node">The other one.</param>
/// <param name="archiveSlot">Slot of the receiver of the archive, which the primary has now; null = none.</param>
/// <param name="host">The outside world.</param>
internal sealed class StandbyMaker(PairPlan pair, PairNode primary, PairNode node, string? archiveSlot, HostContext host)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    /// <summary>Does it; the server is stopped and marked when this begins.</summary>
    /// <param name="reseed">Copy it anew when nothing else helps.</param>
    /// <param name="id">Part of the name of what is kept aside.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException">It does not follow; the server is down, or a standby that does not stream: never a second primary.</exception>
    public async Task<NewStandby> RunAsync(bool reseed, string id, CancellationToken ct)
    {
        NodeLook look = await node.Shell.LookAsync(ct).ConfigureAwait(false);
        if (look.System != primary.State!.System) throw Failed(Text.Of(PairTexts.OtherSystem, node.Name, primary.Name), PairTexts.DataDirectoryHint);
        StreamConnection connection = await StreamConnection.OfAsync(pair, primary.Plan, host, ct).ConfigureAwait(false);
        await primary.MakeSlotAsync(node.Slot, ct).ConfigureAwait(false);
        bool follows = await FollowsAsync(look, ct).ConfigureAwait(false);
        StandbyOutcome outcome = StandbyOutcome.Following;
        string? previous = null;
        if (!follows)
        {
            (outcome, previous) = await RewindAsync(look, connection, reseed, id, ct).ConfigureAwait(false);
        }

        bool streams = await StartAsync(connection, ct).ConfigureAwait(false);
        if (!streams && reseed && outcome != StandbyOutcome.Reseeded)
        {
            // It had nothing of its own, but the WAL it needs is gone.
            await node.Shell.FenceAsync(force: true, ct).ConfigureAwait(false);
            (outcome, previous) = (StandbyOutcome.Reseeded, await CopyAsync(connection, id, ct).ConfigureAwait(false));
            streams = await StartAsync(connection, ct).ConfigureAwait(false);
        }

        if (!streams) throw Failed(Text.Of(PairTexts.DoesNotStream, node.Name, primary.Name, (int)pair.Patience.TotalSeconds), Text.Of(PairTexts.DoesNotStreamHint, node.Name));
        return new NewStandby(outcome, previous, await TidyAsync(ct).ConfigureAwait(false));
    }

    /// <summary>True when all that the server wrote is part of the new primary's past: then it goes on without more ado.</summary>
    private async Task<bool> FollowsAsync(NodeLook look, CancellationToken ct)
    {
        if (!look.IsSettled) return false;
        if (look.Timeline == primary.State!.Timeline) return look.State == "shut down in recovery";
        var history = await primary.HistoryAsync(ct).ConfigureAwait(false);
        // The record of an orderly end begins there; where it lies before the parting, so does its end, for a parting is between two records.
        return history.TryGetValue(look.Timeline, out Lsn fork) && (look.State == "shut down" ? look.End < fork : look.End <= fork);
    }

    private async Task<(StandbyOutcome Outcome, string? Previous)> RewindAsync(NodeLook look, StreamConnection connection, bool reseed, string id, CancellationToken ct)
    {
        try
        {
            if (!look.CanRewind) throw Failed(Text.Of(PairTexts.NoHints, node.Name), null);
            // A rewind looks at the control file of the new primary, which shows the new timeline only after its next checkpoint.
            await primary.CheckpointAsync(ct).ConfigureAwait(false);
            string? pass = connection.SuperuserPass is null ? null : node.Shell.Beside(NodeShell.BriefPassFile);
            string source = StreamConnection.Text(connection.Superuser, primary.Server.Database, pass, "drp");
            await WithPasswordAsync(connection.SuperuserPass, () => node.Shell.RewindAsync(source, ct), ct).ConfigureAwait(false);
            return (StandbyOutcome.Rewound, null);
        }
        catch (DrpException e) when (e.Code == DrpError.Failed)
        {
            if (!reseed) throw Failed(Text.Of(PairTexts.NotRewound, node.Name, e.Message), PairTexts.NotRewoundHint, e);
            host.Say(DrpEventLevel.Warning, Text.Of(PairTexts.NotRewound, node.Name, e.Message));
            return (StandbyOutcome.Reseeded, await CopyAsync(connection, id, ct).ConfigureAwait(false));
        }
    }

    private async Task<string> CopyAsync(StreamConnection connection, string id, CancellationToken ct)
    {
        string? pass = connection.StreamingPass is null ? null : node.Shell.Beside(NodeShell.BriefPassFile);
        string previous = "";
        await WithPasswordAsync(connection.StreamingPass,
            async () => previous = await node.Shell.CopyAsync(StreamConnection.Text(connection.Streaming, null, pass, "drp"), node.Slot, id, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
        return previous;
    }

    /// <summary>The password lies in a file for as long as a program needs it.</summary>
    private async Task WithPasswordAsync(string? line, Func<Task> work, CancellationToken ct)
    {
        if (line is not null) await node.Shell.WriteSecretAsync(NodeShell.BriefPassFile, line, ct).ConfigureAwait(false);
        try
        {
            await work().ConfigureAwait(false);
        }
        finally
        {
            if (line is not null) await node.Shell.RemoveSecretAsync(NodeShell.BriefPassFile, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<bool> StartAsync(StreamConnection connection, CancellationToken ct)
    {
        string? pass = connection.StreamingPass is null ? null : node.Shell.Beside(NodeShell.PassFile);
        if (connection.StreamingPass is { } line) await node.Shell.WriteSecretAsync(NodeShell.PassFile, line, ct).ConfigureAwait(false);
        string source = StreamConnection.Text(connection.Streaming, null, pass, node.Name);
        await node.Shell.ConfigureAsync($"primary_conninfo = {Setting(source)}\nprimary_slot_name = {Setting(node.Slot)}\nrecovery_target_timeline = 'latest'\n", ct).ConfigureAwait(false);
        await node.Shell.StartAsync(ct).ConfigureAwait(false);
        for (long start = host.Clock.GetTimestamp(); host.Clock.GetElapsedTime(start) < pair.Patience; await Task.Delay(s_look, host.Clock, ct).ConfigureAwait(false))
        {
            if (await primary.IsStreamedAsync(node.Slot, ct).ConfigureAwait(false)) return true;
        }

        return false;
    }

    /// <summary>Slots of its time as a primary would keep WAL on it for ever: those that we know go, others are told of.</summary>
    private async Task<IReadOnlyList<string>> TidyAsync(CancellationToken ct)
    {
        if (!await node.UntilAsync(s => s.IsStandby, pair.Patience, ct).ConfigureAwait(false)) return [];
        await node.DropSlotsAsync([primary.Slot, primary.State!.Slot, node.Slot, archiveSlot ?? ""], ct).ConfigureAwait(false);
        var idle = await node.IdleSlotsAsync(ct).ConfigureAwait(false);
        return idle.Count == 0 ? [] : [Text.Of(PairTexts.IdleSlots, node.Name, string.Join(", ", idle))];
    }

    /// <summary>A value in a configuration file.</summary>
    private static string Setting(string value) => $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";

    private DrpException Failed(string message, string? hint, Exception? cause = null) => new(DrpError.Failed, message, cause) { Subject = node.Name, Hint = hint };
}
