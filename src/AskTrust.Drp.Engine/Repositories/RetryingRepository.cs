using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;
using Polly;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>
/// Tries again what failed for a passing reason; one that never answered is asked for a while only, and then left in peace. A read goes on where it was cut. Bytes being written are not seen here twice:
/// trying those again is the driver's own business, since only it still has them.
/// </summary>
internal sealed class RetryingRepository(IRepository inner, RepositoryRetry retry, TimeProvider clock) : IRepository
{
    private readonly ResiliencePipeline _pipeline = retry.Build(clock);
    private (DrpException Error, long Since)? _dead;
    private bool _answered;

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public string Location => inner.Location;

    /// <inheritdoc/>
    public bool IsReadOnly => inner.IsReadOnly;

    /// <inheritdoc/>
    public Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct) => AgainAsync(token => inner.CreateAsync(key, expectedSize, token), ct);

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct)
        => new Reader(this, await AgainAsync(token => inner.OpenReadAsync(key, offset, length, token), ct).ConfigureAwait(false), key, offset, length);

    /// <inheritdoc/>
    public Task<StoredObject?> StatAsync(string key, CancellationToken ct) => AgainAsync(token => inner.StatAsync(key, token), ct);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        string? last = null;
        Task<bool> moving;
        IAsyncEnumerator<StoredObject>? listing = inner.ListAsync(prefix, ct).GetAsyncEnumerator(ct);
        try
        {
            while (true)
            {
                // Most keys come with the one before: those need nobody who watches.
                ValueTask<bool> move = listing!.MoveNextAsync();
                bool moved;
                if (move.IsCompletedSuccessfully)
                {
                    moved = move.Result;
                }
                else
                {
                    moving = move.AsTask();
                    moved = await AgainAsync(MoveAsync, ct).ConfigureAwait(false);
                }

                if (!moved) yield break;
                last = listing.Current.Key;
                yield return listing.Current;
            }
        }
        finally
        {
            if (listing is not null) await listing.DisposeAsync().ConfigureAwait(false);
        }

        async Task<bool> MoveAsync(CancellationToken token)
        {
            try
            {
                if (listing is not null) return await moving.ConfigureAwait(false);
                // The order is that of the keys: a listing begun anew goes on behind the last one seen.
                listing = inner.ListAsync(prefix, ct).GetAsyncEnumerator(ct);
                while (await listing.MoveNextAsync().ConfigureAwait(false))
                {
                    if (last is null || string.CompareOrdinal(listing.Current.Key, last) > 0) return true;
                }

                return false;
            }
            catch (DrpException) when (listing is not null)
            {
                await listing.DisposeAsync().ConfigureAwait(false);
                listing = null;
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct) => AgainAsync(token => inner.DeleteAsync(key, token), ct);

    /// <inheritdoc/>
    public Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct) => AgainAsync(token => inner.SweepAsync(prefix, olderThan, token), ct);

    /// <inheritdoc/>
    public Task<long?> FreeSpaceAsync(CancellationToken ct) => AgainAsync(inner.FreeSpaceAsync, ct);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken ct) => AgainAsync(async token =>
    {
        await inner.CheckAsync(token).ConfigureAwait(false);
        return true;
    }, ct);

    /// <inheritdoc/>
    public Task<bool> LookAsync(CancellationToken ct) => AgainAsync(inner.LookAsync, ct);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private IRepository Inner => inner;

    private async Task<T> AgainAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken ct)
    {
        long began = clock.GetTimestamp();
        if (_dead is { } dead && clock.GetElapsedTime(dead.Since) < retry.Silence) throw new DrpException(dead.Error.Code, dead.Error.Message, dead.Error) { Subject = dead.Error.Subject, Hint = dead.Error.Hint, IsTransient = true };
        try
        {
            T result = await _pipeline.ExecuteAsync(OnceAsync, ct).ConfigureAwait(false);
            (_answered, _dead) = (true, null);
            return result;
        }
        catch (NeverAnsweredException e)
        {
            _dead = (e.Error, clock.GetTimestamp());
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.Error);
            throw;
        }

        async ValueTask<T> OnceAsync(CancellationToken token)
        {
            try
            {
                return await call(token).ConfigureAwait(false);
            }
            catch (DrpException e) when (e.IsTransient && !_answered && clock.GetElapsedTime(began) >= retry.Patience)
            {
                throw new NeverAnsweredException(e);
            }
        }
    }

    /// <summary>Ends the attempts.</summary>
    private sealed class NeverAnsweredException(DrpException error) : Exception
    {
        public DrpException Error => error;
    }

    private sealed class Reader(RetryingRepository owner, Stream first, string key, long offset, long? length) : ReadOnlyStream
    {
        private Stream? _current = first;
        private long _read;
        private long _readAtCut;

        public override long Length { get; } = first.Length;

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int got = await owner.AgainAsync(token => OnceAsync(buffer, token), cancellationToken).ConfigureAwait(false);
            _read += got;
            return got;
        }

        protected override ValueTask ReleaseAsync() => _current?.DisposeAsync() ?? ValueTask.CompletedTask;

        private async Task<int> OnceAsync(Memory<byte> buffer, CancellationToken ct)
        {
            try
            {
                // At the end there is nothing left to ask for.
                if (_current is null && _read == Length) return 0;
                _current ??= await owner.Inner.OpenReadAsync(key, offset + _read, length - _read, ct).ConfigureAwait(false);
                return await _current.ReadAsync(buffer, ct).ConfigureAwait(false);
            }
            catch (Exception e) when (e is EndOfStreamException or DrpException)
            {
                if (_current is not null) await _current.DisposeAsync().ConfigureAwait(false);
                _current = null;
                // A cut after some progress is tried again from there. One that brings nothing new is final: the object is shorter.
                if (e is not EndOfStreamException || _read == _readAtCut) throw;
                _readAtCut = _read;
                throw new DrpException(DrpError.Unreachable, e.Message, e) { IsTransient = true };
            }
        }
    }
}
