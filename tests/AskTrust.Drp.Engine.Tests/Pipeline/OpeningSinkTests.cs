using System.Security.Cryptography;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Tests.Host;

namespace AskTrust.Drp.Engine.Tests.Pipeline;

/// <summary>What comes compressed from elsewhere is stored as it came, and known as if we had compressed it.</summary>
public sealed class OpeningSinkTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4099)]
    [InlineData(1 << 20)]
    public async Task The_packer_stores_it_as_it_came_and_knows_the_plain_bytes(int piece)
    {
        byte[] plain = TestBytes.Make(piece == 1 ? 20_000 : 5_000_000, text: true), frames = [.. await FramesAsync(plain[..7000]), .. await FramesAsync(plain[7000..])];
        var store = new MemorySink();
        using var seen = new MemoryStream();
        PackResult packed = await PackAsync(frames, piece, store, seen);
        Assert.Equal(frames, store.Bytes);
        Assert.Equal(plain, seen.ToArray());
        Assert.Equal((plain.Length, Digests.Of(plain), frames.Length, Digests.Of(frames)), (packed.PlainSize, packed.PlainSha256, packed.Size, packed.Sha256));
    }

    [Fact]
    public async Task What_ends_early_or_is_no_frame_is_not_stored()
    {
        byte[] frames = await FramesAsync(TestBytes.Make(100_000, text: true));
        foreach (byte[] bad in new[] { frames[..^5], frames[..1], [], RandomNumberGenerator.GetBytes(5000), [.. frames, 1, 2, 3, 4, 5] })
        {
            var store = new MemorySink();
            DrpException error = await Assert.ThrowsAsync<DrpException>(() => PackAsync(bad, 3000, store, Stream.Null));
            Assert.Contains("the archive", error.Message, StringComparison.Ordinal);
            Assert.False(store.Completed);
            Assert.True(store.Disposed);
        }
    }

    private Task<PackResult> PackAsync(byte[] frames, int piece, MemorySink store, Stream seen) => new Packer(_host.Context).PackAsync(
        new PackRequest
        {
            Name = "the archive",
            Source = async (sink, ct) =>
            {
                for (int at = 0; at < frames.Length; at += piece) await sink.WriteAsync(frames.AsMemory(at, Math.Min(piece, frames.Length - at)), ct);
            },
            Compression = null, Look = seen.Write, Branches = [new Branch("one", store, TimeSpan.FromMinutes(1))],
        }, default);

    private static async Task<byte[]> FramesAsync(byte[] plain)
    {
        var memory = new MemorySink();
        await using var sink = new ZstdSink(memory, new CompressionPlan());
        await sink.WriteAsync(plain, default);
        await sink.CompleteAsync(default);
        return memory.Bytes;
    }
}
