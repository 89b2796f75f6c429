using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Tests.Fakes;

/// <summary>A repository in memory, for tests of what stands above the drivers. It passes the same contract suite as they do.</summary>
internal sealed class MemoryRepository(string name = "memory", TimeProvider? clock = null) : IRepository
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly ConcurrentDictionary<Sink, DateTimeOffset> _unfinished = new();

    /// <summary>Everything that is visible; tests may add, damage or remove objects behind the repository's back.</summary>
    public ConcurrentDictionary<string, (byte[] Bytes, DateTimeOffset Modified)> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>Keys under an object lock: deleting them ends as <see cref="DeleteOutcome.Retained"/>.</summary>
    public ConcurrentDictionary<string, bool> Locked { get; } = new(StringComparer.Ordinal);

    /// <summary>Free space; null = the store does not tell. Writing takes from it.</summary>
    public long? Free { get; set; }

    public string Name => name;

    public string Location => $"memory:{name}";

    public bool IsReadOnly { get; init; }

    /// <summary>Flips one bit of an object.</summary>
    public void Damage(string key, int index)
    {
        var (bytes, modified) = Objects[key];
        byte[] damaged = [.. bytes];
        damaged[index] ^= 1;
        Objects[key] = (damaged, modified);
    }

    public Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct)
    {
        RepositoryKey.Check(key);
        ct.ThrowIfCancellationRequested();
        if (Objects.ContainsKey(key)) throw new ObjectExistsException(name, key);
        var sink = new Sink(this, key);
        _unfinished[sink] = _clock.GetUtcNow();
        return Task.FromResult<ISink>(sink);
    }

    public Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct)
    {
        RepositoryKey.Check(key);
        ct.ThrowIfCancellationRequested();
        if (!Objects.TryGetValue(key, out var found)) throw new ObjectMissingException(name, key);
        var stream = new MemoryStream(found.Bytes, writable: false) { Position = offset };
        return Task.FromResult<Stream>(new ExactStream(stream, length ?? Math.Max(0, found.Bytes.Length - offset), name, key, TimeSpan.FromMinutes(1), _ => null));
    }

    public Task<StoredObject?> StatAsync(string key, CancellationToken ct)
    {
        RepositoryKey.Check(key);
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(Objects.TryGetValue(key, out var found) ? new StoredObject(key, found.Bytes.Length, found.Modified) : null);
    }

    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        RepositoryKey.CheckPrefix(prefix);
        foreach (var (key, found) in Objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            await Task.Yield();
            ct.ThrowIfCancellationRequested();
            yield return new StoredObject(key, found.Bytes.Length, found.Modified);
        }
    }

    public Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct)
    {
        RepositoryKey.Check(key);
        ct.ThrowIfCancellationRequested();
        if (Locked.ContainsKey(key) && Objects.ContainsKey(key)) return Task.FromResult(DeleteOutcome.Retained);
        Objects.TryRemove(key, out _);
        return Task.FromResult(DeleteOutcome.Deleted);
    }

    public Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct)
    {
        RepositoryKey.CheckPrefix(prefix);
        DateTimeOffset before = _clock.GetUtcNow() - olderThan;
        return Task.FromResult(_unfinished.Count(u => u.Key.Key.StartsWith(prefix, StringComparison.Ordinal) && u.Value <= before && _unfinished.TryRemove(u)));
    }

    public Task<long?> FreeSpaceAsync(CancellationToken ct) => Task.FromResult(Free);

    public Task CheckAsync(CancellationToken ct) => Task.CompletedTask;

    public Task<bool> LookAsync(CancellationToken ct) => Task.FromResult(true);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Sink(MemoryRepository owner, string key) : ISink
    {
        private readonly MemoryStream _bytes = new();

        public string Key => key;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            if (owner.Free < bytes.Length) throw RepositoryErrors.NoSpace(owner.Name, key, cause: null);
            if (owner.Free is { } free) owner.Free = free - bytes.Length;
            _bytes.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public Task CompleteAsync(CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            owner._unfinished.TryRemove(this, out _);
            return owner.Objects.TryAdd(key, (_bytes.ToArray(), owner._clock.GetUtcNow())) ? Task.CompletedTask : throw new ObjectExistsException(owner.Name, key);
        }

        public ValueTask DisposeAsync()
        {
            owner._unfinished.TryRemove(this, out _);
            return ValueTask.CompletedTask;
        }
    }
}
