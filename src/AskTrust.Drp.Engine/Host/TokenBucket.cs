namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// Limits a flow of bytes to a rate. Half a second's worth may pass at once, and a large piece may take the bucket below zero:
/// whoever comes next waits for it. Fair among callers, thread-safe.
/// </summary>
/// <param name="bytesPerSecond">The rate.</param>
/// <param name="clock">The clock.</param>
internal sealed class TokenBucket(long bytesPerSecond, TimeProvider clock)
{
    private readonly object _gate = new();
    private readonly long _burst = Math.Max(1, bytesPerSecond / 2);
    private double _tokens = Math.Max(1, bytesPerSecond / 2);
    private long _last = clock.GetTimestamp();

    /// <summary>Waits until so many bytes may pass. A caller that is cancelled gives them back.</summary>
    public async ValueTask TakeAsync(int bytes, CancellationToken ct)
    {
        TimeSpan wait = Debit(bytes);
        if (wait <= TimeSpan.Zero) return;
        try
        {
            await Task.Delay(wait, clock, ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_gate) _tokens += bytes;
            throw;
        }
    }

    private TimeSpan Debit(int bytes)
    {
        lock (_gate)
        {
            long now = clock.GetTimestamp();
            _tokens = Math.Min(_burst, _tokens + (clock.GetElapsedTime(_last, now).TotalSeconds * bytesPerSecond));
            _last = now;
            _tokens -= bytes;
            return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / bytesPerSecond);
        }
    }
}
