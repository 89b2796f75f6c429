using System.Globalization;
using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Tells how the WAL is on its way: asks the server, and reads what the receiver of this machine last said.</summary>
internal sealed class WalStatus(OperationContext context)
{
    private static readonly TimeSpan s_silent = TimeSpan.FromSeconds(30);

    /// <summary>One result for each component with point-in-time recovery.</summary>
    public async IAsyncEnumerable<ReplicationStatus> RunAsync(string? component, [EnumeratorCancellation] CancellationToken ct)
    {
        if (component is not null) WalComponent.Find(context, component);
        foreach (PostgreSqlPlan plan in WalComponent.All(context.Plan).Where(c => component is null || c.Name == component)) yield return await OfAsync(WalComponent.Of(context, plan), ct).ConfigureAwait(false);
    }

    private async Task<ReplicationStatus> OfAsync(WalComponent component, CancellationToken ct)
    {
        List<string> failed = [], warned = [];
        WalServerState? state = null;
        WalSlot? slot = null;
        try
        {
            IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(component.Plan, context.Host, ct).ConfigureAwait(false);
            await using var _ = server.ConfigureAwait(false);
            var source = new WalSource(server, context.Host);
            state = await source.StateAsync(ct).ConfigureAwait(false);
            slot = await source.SlotAsync(component.Slot, ct).ConfigureAwait(false);
            if (slot is null) failed.Add(Text.Of(OperationsTexts.WalSlotMissing, component.Slot));
            else if (!slot.Active) failed.Add(Text.Of(OperationsTexts.WalNobodyStreams, component.Slot));
            if (slot?.Status is "unreserved" or "lost") failed.Add(Text.Of(OperationsTexts.WalSlotState, component.Slot, slot.Status));
            if (WalDebts.OwesBase(component, state.System)) warned.Add(Text.Of(OperationsTexts.WalNeedsBase, component.Name));
            if (slot?.Retained > component.PointInTime.SlotLimit / 2) warned.Add(Text.Of(OperationsTexts.WalSlotFills, component.Slot, Human.Size(slot.Retained), Human.Size(component.PointInTime.SlotLimit)));
        }
        catch (DrpException e)
        {
            failed.Add(e.Message);
        }

        var said = WalStatusFile.Read(component);
        if (state is not null && said is { } other && other.Report.SystemIdentifier != state.System.ToString(CultureInfo.InvariantCulture))
        {
            failed.Add(Text.Of(OperationsTexts.WalStatusOther, component.Name, state.System, state.Major, other.Report.SystemIdentifier));
            said = null;
        }

        DateTimeOffset now = context.Clock.GetUtcNow();
        IReadOnlyList<WalShipment> shipments = said?.Report.Repositories ?? [];
        warned.AddRange(shipments.Where(s => s.Message is not null).Select(s => $"{s.Repository}: {s.Message}"));
        if (said is { } old && now - old.Written > s_silent) warned.Add(Text.Of(OperationsTexts.WalSilent, Human.Time(old.Written)));
        ulong? least = shipments.Count == 0 || shipments.Any(s => s.Shipped is null) ? null : shipments.Min(s => s.Shipped!.Value.Value);
        long? behind = state is null || least is null ? null : Math.Max(0, (long)(state.Flushed.Value - Math.Min(state.Flushed.Value, least.Value)));
        DateTimeOffset? commit = behind > 0 ? shipments.Min(s => s.LastCommit) : null;
        return new ReplicationStatus
        {
            Plan = context.Plan.Path, Component = component.Name, Slot = component.Slot, SystemIdentifier = state?.System.ToString(CultureInfo.InvariantCulture) ?? "",
            Written = state?.Flushed, Active = slot?.Active ?? false, SlotStatus = slot?.Status, Retained = slot?.Retained, SpoolBytes = SizeOf(component.Spool),
            Repositories = shipments, LagBytes = behind, Reported = said?.Written, Lag = behind == 0 ? TimeSpan.Zero : commit is { } last ? now - last : null,
            Verdict = failed.Count > 0 ? CheckVerdict.Failed : warned.Count > 0 ? CheckVerdict.Warning : CheckVerdict.Ok, Problems = [.. failed, .. warned],
        };
    }

    private static long SizeOf(string folder) =>
        Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Exists ? f.Length : 0) : 0;
}
