namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>Point-in-time recovery.</content>
internal static partial class PlanKeys
{
    private static readonly SizeType s_size = new();

    private static SectionType<PointInTimePlan> PointInTime => s_pointInTime ??= new("pointintime", _ => new PointInTimePlan(),
    [
        new PlanKey<PointInTimePlan, string>(
            "slot", new TextType(() => PlanTexts.ExpectedSlot, @"^[a-z0-9_]{1,63}\z"), p => p.Slot, (p, v) => p with { Slot = v }) { Absent = () => PlanTexts.AbsentSlot },
        new PlanKey<PointInTimePlan, string>("spool", s_path, p => p.Spool, (p, v) => p with { Spool = v }) { Absent = () => PlanTexts.AbsentSpool },
        new PlanKey<PointInTimePlan, long>("spoolLimit", s_size, p => p.SpoolLimit, (p, v) => p with { SpoolLimit = v }),
        new PlanKey<PointInTimePlan, TimeSpan>("shipEvery", s_duration, p => p.ShipEvery, (p, v) => p with { ShipEvery = v }),
        new PlanKey<PointInTimePlan, bool>("synchronous", s_boolean, p => p.Synchronous, (p, v) => p with { Synchronous = v }),
        new PlanKey<PointInTimePlan, TimeSpan>("window", s_duration, p => p.Window, (p, v) => p with { Window = v }),
        new PlanKey<PointInTimePlan, SlotPolicy>(
            "slotPolicy", new EnumType<SlotPolicy>(("keep", SlotPolicy.Keep), ("drop-above-limit", SlotPolicy.DropAboveLimit)),
            p => p.SlotPolicy, (p, v) => p with { SlotPolicy = v }),
        new PlanKey<PointInTimePlan, long>("slotLimit", s_size, p => p.SlotLimit, (p, v) => p with { SlotLimit = v }),
        new PlanKey<PointInTimePlan, bool>("baseAfterHole", s_boolean, p => p.BaseAfterHole, (p, v) => p with { BaseAfterHole = v }),
        new PlanKey<PointInTimePlan, WalPushPolicy>(
            "push", new EnumType<WalPushPolicy>(("all", WalPushPolicy.All), ("one", WalPushPolicy.One)), p => p.Push, (p, v) => p with { Push = v }),
        new PlanKey<PointInTimePlan, int>("prefetch", new IntegerType(0, 64), p => p.Prefetch, (p, v) => p with { Prefetch = v }),
    ]);

    private static SectionType<PointInTimePlan>? s_pointInTime;
}
