namespace AskTrust.Drp.Engine.Tests.Fakes;

/// <summary>A clock on which time passes only while somebody waits, and then at once: what is waited for can be measured exactly, on a machine of any speed.</summary>
internal sealed class LeapingClock : TimeProvider
{
    private long _ticks;

    /// <summary>The time waited so far.</summary>
    public TimeSpan Elapsed => new(Interlocked.Read(ref _ticks));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Add(ref _ticks, dueTime.Ticks);
        return TimeProvider.System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
