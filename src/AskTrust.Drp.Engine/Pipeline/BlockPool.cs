using System.Collections.Concurrent;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>A fixed number of buffers, made when first needed and used again; renting waits while all are out.</summary>
internal sealed class BlockPool(int blockSize, int blocks) : IDisposable
{
    private readonly SemaphoreSlim _free = new(blocks, blocks);
    private readonly ConcurrentBag<byte[]> _spare = [];

    /// <summary>Size of a buffer.</summary>
    public int BlockSize => blockSize;

    /// <summary>Waits until a buffer is free and reserves it; take it with <see cref="Take"/>.</summary>
    public Task ReserveAsync(CancellationToken ct) => _free.WaitAsync(ct);

    /// <summary>The buffer reserved, for so many readers.</summary>
    public Block Take(int readers) => new(this, _spare.TryTake(out byte[]? bytes) ? bytes : new byte[blockSize], readers);

    /// <summary>Gives a reservation back.</summary>
    public void Release() => _free.Release();

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();

    /// <summary>A buffer several branches read; the last that lets go gives it back.</summary>
    internal sealed class Block(BlockPool pool, byte[] bytes, int readers)
    {
        private int _readers = readers;

        /// <summary>The bytes.</summary>
        public byte[] Bytes => bytes;

        /// <summary>How many count.</summary>
        public int Count { get; set; }

        /// <summary>Another one lets go.</summary>
        /// <param name="mayStillRead">The one that lets go hangs in a call that may read it still: the bytes are not used again.</param>
        public void Release(bool mayStillRead = false)
        {
            if (mayStillRead) Spoilt = true;
            if (Interlocked.Decrement(ref _readers) > 0) return;
            if (!Spoilt) pool._spare.Add(bytes);
            pool._free.Release();
        }

        private bool Spoilt { get; set; }
    }
}
