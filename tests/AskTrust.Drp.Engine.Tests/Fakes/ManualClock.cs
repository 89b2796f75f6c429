namespace AskTrust.Drp.Engine.Tests.Fakes;

/// <summary>A clock that stands still until a test moves it; timers fire while it moves.</summary>
internal sealed class ManualClock(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = start ?? new DateTimeOffset(2026, 5, 4, 3, 0, 0, TimeSpan.Zero);
    private long _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return _now;
    }

    public override long GetTimestamp()
    {
        lock (_gate) return _elapsed;
    }

    /// <summary>Lets time pass: due timers fire, each at its moment.</summary>
    public void Advance(TimeSpan by)
    {
        DateTimeOffset until = GetUtcNow() + by;
        while (true)
        {
            Timer? next;
            lock (_gate)
            {
                next = _timers.Where(t => t.Due <= until).MinBy(t => t.Due);
                DateTimeOffset to = next is null ? until : next.Due > _now ? next.Due : _now;
                _elapsed += (to - _now).Ticks;
                _now = to;
                next?.Reschedule();
            }

            if (next is null) return;
            next.Fire();
        }
    }

    /// <summary>Lets time pass in steps, giving what waits on the clock the chance to go on in between.</summary>
    public async Task AdvanceAsync(TimeSpan by, TimeSpan step)
    {
        for (TimeSpan done = TimeSpan.Zero; done < by; done += step)
        {
            Advance(step);
            await Task.Delay(20);
        }
    }

    /// <summary>Somebody sets the clock: no timer fires, no time passes.</summary>
    public void Set(DateTimeOffset now)
    {
        lock (_gate)
        {
            foreach (Timer timer in _timers) timer.Due += now - _now;
            _now = now;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset Due { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                _period = period;
                clock._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                Due = clock._now + dueTime;
                clock._timers.Add(this);
                return true;
            }
        }

        public void Reschedule()
        {
            if (_period > TimeSpan.Zero) Due += _period;
            else clock._timers.Remove(this);
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock._gate) clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
