using System.Buffers;

namespace AskTrust.Drp.Engine.Repositories.S3;

/// <summary>
/// What the uploads of one repository hold together, however many objects are written at once: the buffers of their parts, and
/// the places of those on their way.
/// </summary>
/// <param name="tuning">The driver's numbers.</param>
/// <param name="parallel">Parts in flight at once, as the plan says.</param>
internal sealed class S3Parts(S3Tuning tuning, int parallel) : IDisposable
{
    /// <summary>Larger ones belong to objects of which there are few: they are not kept.</summary>
    private const int LargestKept = 16 << 20;

    private readonly SemaphoreSlim _places = new(parallel);
    private readonly SemaphoreSlim _turn = new(1);
    private long _moved;

    /// <summary>
    /// Buffers that one thread gives back and any other takes. The pool that .NET shares keeps some for each thread: at the size
    /// of a part that is memory nobody uses.
    /// </summary>
    public ArrayPool<byte> Buffers { get; } = ArrayPool<byte>.Create(LargestKept, parallel + 2);

    /// <summary>Grows whenever a piece of any object was taken by the store: an object that waits for its place is not stalled.</summary>
    public long Moved => Interlocked.Read(ref _moved);

    /// <summary>Something moved.</summary>
    public void CountMove() => Interlocked.Increment(ref _moved);

    /// <summary>Waits for the place of a part: large ones take several.</summary>
    /// <param name="size">Bytes of the part.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The places taken, for <see cref="Leave"/>.</returns>
    public async Task<int> EnterAsync(int size, CancellationToken ct)
    {
        int atOnce = tuning.Parallel(size, parallel), wanted = (parallel + atOnce - 1) / atOnce, taken = 0;
        // One after the other: two that had half of their places each would wait for ever.
        await _turn.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            for (; taken < wanted; taken++) await _places.WaitAsync(ct).ConfigureAwait(false);
            return wanted;
        }
        catch
        {
            Leave(taken);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Gives places back.</summary>
    public void Leave(int places)
    {
        if (places > 0) _places.Release(places);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _places.Dispose();
        _turn.Dispose();
    }
}
