using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>A stream that measures how long its reader waited for it, and how much came: so the phases of one flow can be told apart.</summary>
internal sealed class TimedStream(Stream inner, TimeProvider clock, StreamTime time) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        long start = clock.GetTimestamp();
        int count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        time.Add(clock.GetElapsedTime(start), count);
        return count;
    }

    protected override ValueTask ReleaseAsync() => inner.DisposeAsync();
}

/// <summary>Time and bytes of streams, added up. Thread-safe: parts of a set are read at the same time.</summary>
internal sealed class StreamTime
{
    private long _ticks;
    private long _bytes;

    public TimeSpan Elapsed => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Add(TimeSpan elapsed, int bytes)
    {
        Interlocked.Add(ref _ticks, elapsed.Ticks);
        Interlocked.Add(ref _bytes, bytes);
    }
}
