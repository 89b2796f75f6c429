using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Tests.Fakes;

/// <summary>A moment at which a <see cref="FaultyRepository"/> can fail or stall.</summary>
internal enum RepositoryStep
{
    BeforeCreate,
    Write,
    BeforeComplete,

    /// <summary>The object is visible, but the caller never hears of it: a lost reply.</summary>
    AfterComplete,
    OpenRead,
    Read,
    Stat,
    List,
    BeforeDelete,
    AfterDelete,
    Sweep,
    FreeSpace,
    Check,
}

/// <summary>
/// Fails or stalls at a chosen step: <c>new FaultyRepository(inner).FailOn(RepositoryStep.BeforeComplete, "manifest")</c>.
/// Keeps a list of every step it saw.
/// </summary>
internal sealed class FaultyRepository(IRepository inner) : IRepository
{
    private readonly List<Fault> _faults = [];
    private readonly ConcurrentQueue<(RepositoryStep Step, string Key)> _steps = new();

    public string Name => inner.Name;

    public string Location => inner.Location;

    public bool IsReadOnly => inner.IsReadOnly;

    /// <summary>What was asked, in order.</summary>
    public IReadOnlyList<(RepositoryStep Step, string Key)> Steps => [.. _steps];

    /// <summary>Throws at a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="keyPart">Only for keys that contain this.</param>
    /// <param name="error">What is thrown; null = a <see cref="DrpException"/> that is not transient.</param>
    /// <param name="skip">How many times it goes well before.</param>
    /// <param name="times">How many times it fails.</param>
    public FaultyRepository FailOn(RepositoryStep step, string keyPart = "", Exception? error = null, int skip = 0, int times = int.MaxValue)
        => Add(new Fault(step, keyPart, skip, times, error ?? new DrpException(DrpError.Failed, $"chosen failure at {step}")));

    /// <summary>Fails with what a cut connection gives: trying again makes sense.</summary>
    public FaultyRepository FailTransientlyOn(RepositoryStep step, string keyPart = "", int skip = 0, int times = 1)
        => FailOn(step, keyPart, new DrpException(DrpError.Unreachable, $"passing failure at {step}") { IsTransient = true }, skip, times);

    /// <summary>Hangs at a step until cancelled.</summary>
    public FaultyRepository StallOn(RepositoryStep step, string keyPart = "", int skip = 0, int times = int.MaxValue) => Add(new Fault(step, keyPart, skip, times, Error: null));

    public async Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct)
    {
        await AtAsync(RepositoryStep.BeforeCreate, key, ct);
        return new Sink(this, key, await inner.CreateAsync(key, expectedSize, ct));
    }

    public async Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct)
    {
        await AtAsync(RepositoryStep.OpenRead, key, ct);
        return new Reader(this, key, await inner.OpenReadAsync(key, offset, length, ct));
    }

    public async Task<StoredObject?> StatAsync(string key, CancellationToken ct)
    {
        await AtAsync(RepositoryStep.Stat, key, ct);
        return await inner.StatAsync(key, ct);
    }

    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (StoredObject found in inner.ListAsync(prefix, ct))
        {
            await AtAsync(RepositoryStep.List, found.Key, ct);
            yield return found;
        }
    }

    public async Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct)
    {
        await AtAsync(RepositoryStep.BeforeDelete, key, ct);
        DeleteOutcome outcome = await inner.DeleteAsync(key, ct);
        await AtAsync(RepositoryStep.AfterDelete, key, ct);
        return outcome;
    }

    public async Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct)
    {
        await AtAsync(RepositoryStep.Sweep, prefix, ct);
        return await inner.SweepAsync(prefix, olderThan, ct);
    }

    public async Task<long?> FreeSpaceAsync(CancellationToken ct)
    {
        await AtAsync(RepositoryStep.FreeSpace, "", ct);
        return await inner.FreeSpaceAsync(ct);
    }

    public async Task CheckAsync(CancellationToken ct)
    {
        await AtAsync(RepositoryStep.Check, "", ct);
        await inner.CheckAsync(ct);
    }

    public async Task<bool> LookAsync(CancellationToken ct)
    {
        await AtAsync(RepositoryStep.Check, "", ct);
        return await inner.LookAsync(ct);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private FaultyRepository Add(Fault fault)
    {
        lock (_faults) _faults.Add(fault);
        return this;
    }

    private async Task AtAsync(RepositoryStep step, string key, CancellationToken ct)
    {
        _steps.Enqueue((step, key));
        Fault? due;
        lock (_faults) due = _faults.FirstOrDefault(f => f.Step == step && key.Contains(f.KeyPart, StringComparison.Ordinal) && f.IsDue());
        if (due is null) return;
        if (due.Error is { } error) throw error;
        await Task.Delay(Timeout.Infinite, ct);
    }

    private sealed record Fault(RepositoryStep Step, string KeyPart, int Skip, int Times, Exception? Error)
    {
        private int _seen;

        public bool IsDue()
        {
            int n = _seen++;
            return n >= Skip && n - Skip < Times;
        }
    }

    private sealed class Sink(FaultyRepository owner, string key, ISink inner) : ISink
    {
        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            await owner.AtAsync(RepositoryStep.Write, key, ct);
            await inner.WriteAsync(bytes, ct);
        }

        public async Task CompleteAsync(CancellationToken ct)
        {
            await owner.AtAsync(RepositoryStep.BeforeComplete, key, ct);
            await inner.CompleteAsync(ct);
            await owner.AtAsync(RepositoryStep.AfterComplete, key, ct);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Reader(FaultyRepository owner, string key, Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await owner.AtAsync(RepositoryStep.Read, key, cancellationToken);
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
            => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
