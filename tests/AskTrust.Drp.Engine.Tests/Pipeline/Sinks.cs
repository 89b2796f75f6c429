using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Tests.Pipeline;

/// <summary>Keeps the bytes; knows whether it was completed and disposed.</summary>
internal sealed class MemorySink : ISink
{
    private readonly MemoryStream _bytes = new();

    public byte[] Bytes => _bytes.ToArray();

    public bool Completed { get; private set; }

    public bool Disposed { get; private set; }

    public int SmallestPiece { get; private set; } = int.MaxValue;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        SmallestPiece = Math.Min(SmallestPiece, bytes.Length);
        // Really asynchronous: whoever reuses its buffer too early is found out.
        await Task.Yield();
        ct.ThrowIfCancellationRequested();
        _bytes.Write(bytes.Span);
    }

    public Task CompleteAsync(CancellationToken ct)
    {
        Completed = true;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return ValueTask.CompletedTask;
    }
}

/// <summary>Counts only, or fails, hangs or dawdles at a given byte.</summary>
internal sealed class OddSink(long at = long.MaxValue, Func<CancellationToken, Task>? trouble = null, Func<CancellationToken, Task>? atEnd = null) : ISink
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public bool Disposed { get; private set; }

    public bool Completed { get; private set; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        if (_bytes + bytes.Length > at) await trouble!(ct);
        Interlocked.Add(ref _bytes, bytes.Length);
    }

    public async Task CompleteAsync(CancellationToken ct)
    {
        if (atEnd is not null) await atEnd(ct);
        Completed = true;
    }

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return ValueTask.CompletedTask;
    }
}

internal static class TestBytes
{
    /// <summary>Bytes that repeat for any seed; <paramref name="text"/>: compressible.</summary>
    public static byte[] Make(int size, int seed = 1, bool text = false)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[size];
        random.NextBytes(bytes);
        if (text)
        {
            for (int i = 0; i < size; i++) bytes[i] = (byte)("etaoin shrdlu\t\n"[bytes[i] % 15]);
        }

        return bytes;
    }

    public static async Task WriteInPiecesAsync(this ISink sink, byte[] bytes, int piece)
    {
        byte[] buffer = new byte[Math.Max(piece, 1)];
        for (int at = 0; at < bytes.Length; at += buffer.Length)
        {
            int count = Math.Min(buffer.Length, bytes.Length - at);
            bytes.AsSpan(at, count).CopyTo(buffer);
            await sink.WriteAsync(buffer.AsMemory(0, count), default);
            buffer.AsSpan().Fill(0xEE);
        }
    }

    public static async Task<byte[]> ReadAllAsync(this Stream stream, int piece = 70_000)
    {
        await using (stream)
        {
            var all = new MemoryStream();
            byte[] buffer = new byte[piece];
            while (await stream.ReadAsync(buffer) is > 0 and int count) all.Write(buffer, 0, count);
            Assert.Equal(0, await stream.ReadAsync(buffer));
            return all.ToArray();
        }
    }
}
