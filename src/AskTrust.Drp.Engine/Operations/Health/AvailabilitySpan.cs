namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>A time in which something was seen to answer, or not to.</summary>
/// <param name="From">From when.</param>
/// <param name="To">Until when.</param>
/// <param name="Up">It answered.</param>
internal sealed record AvailabilitySpan(DateTimeOffset From, DateTimeOffset To, bool Up)
{
    /// <summary>Looks further apart than this tell nothing of the time between them.</summary>
    public static readonly TimeSpan Gap = TimeSpan.FromMinutes(10);

    /// <summary>How far back is counted.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(30);

    /// <summary>Adds a look. Between two looks that differ it counts as down: when it went, or came, nobody saw.</summary>
    public static IReadOnlyList<AvailabilitySpan> Add(IReadOnlyList<AvailabilitySpan> spans, DateTimeOffset time, bool up)
    {
        List<AvailabilitySpan> all = [.. spans.Where(s => s.To > time - Window)];
        if (all is not [.., var last] || time - last.To > Gap) return [.. all, new AvailabilitySpan(time, time, up)];
        // A clock that was set back takes nothing away.
        if (time <= last.To) return all;
        if (last.Up == up || up) all[^1] = last with { To = time };
        if (last.Up != up) all.Add(new AvailabilitySpan(up ? time : last.To, time, up));
        return all;
    }

    /// <summary>How long it was up and down, as far as anybody looked.</summary>
    public static (TimeSpan Up, TimeSpan Down) Sum(IReadOnlyList<AvailabilitySpan> spans, DateTimeOffset now)
    {
        TimeSpan Of(bool up) => TimeSpan.FromTicks(spans.Where(s => s.Up == up && s.To > now - Window).Sum(s => (s.To - (s.From > now - Window ? s.From : now - Window)).Ticks));
        return (Of(true), Of(false));
    }
}
