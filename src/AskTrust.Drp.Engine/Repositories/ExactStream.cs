using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>
/// Reads an object's bytes: exactly as many as were promised, or an exception. Translates the driver's exceptions and ends a
/// read that brings nothing for too long.
/// </summary>
/// <param name="inner">The bytes; disposed with this stream.</param>
/// <param name="expected">How many must come; more are not read.</param>
/// <param name="repository">Repository, for messages.</param>
/// <param name="key">Object, for messages.</param>
/// <param name="idle">Longest wait for one read.</param>
/// <param name="translate">Turns an exception of the driver into ours; null = leave it.</param>
internal sealed class ExactStream(Stream inner, long expected, string repository, string key, TimeSpan idle, Func<Exception, Exception?> translate) : ReadOnlyStream
{
    private long _read;

    /// <inheritdoc/>
    public override long Length => expected;

    /// <inheritdoc/>
    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int want = (int)Math.Min(buffer.Length, expected - _read);
        if (want == 0) return 0;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(idle);
        int got;
        try
        {
            got = await inner.ReadAsync(buffer[..want], patience.Token).AsTask().WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw RepositoryErrors.Stalled(RepositoryAction.Read, repository, key, idle, e);
        }
        catch (Exception e) when (e is not (OperationCanceledException or DrpException or EndOfStreamException) && translate(e) is { } ours)
        {
            throw ours;
        }

        if (got == 0) throw new EndOfStreamException($"{repository}: {key}: {_read} of {expected} bytes");
        _read += got;
        return got;
    }

    /// <inheritdoc/>
    protected override ValueTask ReleaseAsync() => inner.DisposeAsync();
}
