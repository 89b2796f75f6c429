using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Watches what could stop production or the receiver: WAL the server keeps for us, the spool, its disk. Says each stage once.</summary>
internal sealed class WalWatch(OperationContext context, WalComponent component, WalSpool spool)
{
    private long _retained;
    private readonly Dictionary<string, int> _said = new(StringComparer.Ordinal);

    /// <summary>True when the spool has no room for another segment: receiving must pause.</summary>
    public bool IsFull()
    {
        long used = spool.Used(), limit = component.PointInTime.SpoolLimit, free = spool.Free();
        Stage("spool", used, limit, () => Text.Of(OperationsTexts.WalSpoolFills, spool.Folder, Human.Size(used), Human.Size(limit)));
        if (free < 4L * spool.SegmentSize) Stage("disk", 1, 1, () => Text.Of(OperationsTexts.WalDiskFills, spool.Folder, Human.Size(free)));
        else _said.Remove("disk");
        // A segment is made at its full size: one that does not fit must not be begun, nor the one that may come before we look again.
        return used + (2L * spool.SegmentSize) > limit || free < 2L * spool.SegmentSize;
    }

    /// <summary>Looks at the slot.</summary>
    /// <returns>True when the plan says that it must be given up.</returns>
    public bool MustGiveUp(WalSlot slot)
    {
        long limit = component.PointInTime.SlotLimit;
        Stage("slot", slot.Retained, limit, () => Text.Of(OperationsTexts.WalSlotFills, component.Slot, Human.Size(slot.Retained), Human.Size(limit)));
        // One that is catching up is left alone: the server has to keep less with every look.
        bool less = slot.Retained < _retained;
        _retained = slot.Retained;
        return slot.Retained > limit && !less && component.PointInTime.SlotPolicy == SlotPolicy.DropAboveLimit;
    }

    private void Stage(string what, long value, long limit, Func<string> text)
    {
        int stage = value >= limit ? 3 : value >= limit / 5 * 4 ? 2 : value >= limit / 2 ? 1 : 0;
        if (stage > _said.GetValueOrDefault(what)) context.Host.Say(DrpEventLevel.Warning, text());
        _said[what] = stage;
    }
}
