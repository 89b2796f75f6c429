namespace AskTrust.Drp;

/// <summary>Point-in-time recovery of a PostgreSQL server: how its WAL is kept. That the section is there switches it on.</summary>
public sealed record PointInTimePlan
{
    /// <summary>Replication slot; null = <c>drp_</c>, plan and component, with <c>_</c> for what a slot's name may not hold.</summary>
    public string? Slot { get; init; }

    /// <summary>Folder in which WAL waits for its repositories; null = a folder of the state directory.</summary>
    public string? Spool { get; init; }

    /// <summary>Most bytes in the spool: above, receiving pauses and the server keeps the WAL. Default 10 GiB.</summary>
    public long SpoolLimit { get; init; } = 10L << 30;

    /// <summary>How often the open segment is shipped when it has changed. Default 5 s. A server that writes much is shipped from every second.</summary>
    public TimeSpan ShipEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The receiver confirms each commit at once, fit for <c>synchronous_standby_names</c>. Default false.</summary>
    public bool Synchronous { get; init; }

    /// <summary>How far back one can return to any moment. Default 7 days.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromDays(7);

    /// <summary>What to do when the server has to keep more than <see cref="SlotLimit"/> for us. Default <see cref="SlotPolicy.Keep"/>.</summary>
    public SlotPolicy SlotPolicy { get; init; }

    /// <summary>Bytes the server may have to keep for the slot; warnings come at half and at four fifths of it. Default 20 GiB.</summary>
    public long SlotLimit { get; init; } = 20L << 30;

    /// <summary>The receiver takes a new base backup by itself when WAL was lost: by <see cref="SlotPolicy"/>, or because the server had it no more. Default true.</summary>
    public bool BaseAfterHole { get; init; } = true;

    /// <summary>When <c>drp wal push</c> tells the server that a segment is archived. Default <see cref="WalPushPolicy.All"/>.</summary>
    public WalPushPolicy Push { get; init; }

    /// <summary>Segments that <c>drp wal fetch</c> gets ahead. Default 8.</summary>
    public int Prefetch { get; init; } = 8;
}

/// <summary>What to do with a slot for which the server keeps too much WAL.</summary>
public enum SlotPolicy
{
    /// <summary>Keep it, and warn: the archive has no hole, but the server's disk may fill up.</summary>
    Keep,

    /// <summary>Give it up: the server lives on; the archive has a hole where the server had to forget, and a new base backup is taken.</summary>
    DropAboveLimit,
}

/// <summary>When a pushed segment counts as archived.</summary>
public enum WalPushPolicy
{
    /// <summary>Every writable repository has it.</summary>
    All,

    /// <summary>One repository has it and the spool holds it for the others.</summary>
    One,
}
