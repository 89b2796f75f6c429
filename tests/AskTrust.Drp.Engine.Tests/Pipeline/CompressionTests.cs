using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Tests.Host;
using FsCheck;
using FsCheck.Fluent;

namespace AskTrust.Drp.Engine.Tests.Pipeline;

public sealed class CompressionTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Zstd_round_trips_whatever_the_sizes_of_the_pieces() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<PositiveInt>(), ArbMap.Default.ArbFor<PositiveInt>(), (seed, write, read) =>
        {
            byte[] bytes = [.. Enumerable.Repeat(seed, 1 + write.Get * 7 % 500).SelectMany(s => s)];
            byte[] stored = CompressAsync(CompressionKind.Zstd, bytes, 1 + write.Get * 31 % 5000).GetAwaiter().GetResult();
            byte[] back = new ZstdStream(new Dribble(stored, 1 + read.Get * 17 % 3000), "x").ReadAllAsync(1 + read.Get * 13 % 4000).GetAwaiter().GetResult();
            return back.AsSpan().SequenceEqual(bytes);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(CompressionKind.Zstd, 1)]
    [InlineData(CompressionKind.Zstd, 19)]
    [InlineData(CompressionKind.Gzip, 1)]
    [InlineData(CompressionKind.Gzip, 9)]
    [InlineData(CompressionKind.None, 3)]
    public async Task Every_kind_and_level_round_trips(CompressionKind kind, int level)
    {
        byte[] bytes = TestBytes.Make(9_000_000, text: true);
        byte[] stored = await CompressAsync(kind, bytes, 200_000, level);
        Assert.Equal(bytes, await Compression.Decompress(_host.Context, kind, new MemoryStream(stored), "x").ReadAllAsync());
        if (kind != CompressionKind.None) Assert.InRange(stored.Length, 1, bytes.Length * 6 / 10);
        Assert.Equal(kind, Compression.Recognise(stored));
    }

    [Theory]
    [InlineData(CompressionKind.Zstd)]
    [InlineData(CompressionKind.Gzip)]
    public async Task Nothing_at_all_is_a_stream_too_but_an_empty_file_is_not(CompressionKind kind)
    {
        byte[] stored = await CompressAsync(kind, [], 1);
        Assert.NotEmpty(stored);
        Assert.Empty(await Compression.Decompress(_host.Context, kind, new MemoryStream(stored), "x").ReadAllAsync());
        await AssertDamagedAsync(() => Compression.Decompress(_host.Context, kind, new MemoryStream(), "x"));
    }

    [Fact]
    public async Task A_zstd_stream_cut_anywhere_is_found()
    {
        byte[] stored = await CompressAsync(CompressionKind.Zstd, TestBytes.Make(40_000, text: true), 1000);
        int[] cuts = [.. Enumerable.Range(0, 20), stored.Length / 2, .. Enumerable.Range(stored.Length - 12, 12)];
        foreach (int cut in cuts) await AssertDamagedAsync(() => new ZstdStream(new Dribble(stored[..cut], 777), "x"));
    }

    [Fact]
    public async Task A_gzip_stream_cut_anywhere_is_found()
    {
        byte[] stored = await CompressAsync(CompressionKind.Gzip, TestBytes.Make(40_000, text: true), 1000);
        foreach (int cut in new[] { 0, 1, 5, 15, stored.Length / 2, stored.Length - 9, stored.Length - 8, stored.Length - 1 })
            await AssertDamagedAsync(() => Compression.Decompress(_host.Context, CompressionKind.Gzip, new MemoryStream(stored[..cut]), "x"));
    }

    [Theory]
    [InlineData(CompressionKind.Zstd)]
    [InlineData(CompressionKind.Gzip)]
    public async Task Foreign_bytes_behind_the_end_are_found(CompressionKind kind)
    {
        byte[] stored = await CompressAsync(kind, TestBytes.Make(10_000), 1000);
        await AssertDamagedAsync(() => Compression.Decompress(_host.Context, kind, new MemoryStream([.. stored, 1, 2, 3, 4, 5, 6, 7, 8, 9]), "x"));
    }

    [Fact]
    public async Task A_flipped_bit_in_zstd_never_passes_as_the_original()
    {
        byte[] bytes = TestBytes.Make(60_000, text: true);
        byte[] stored = await CompressAsync(CompressionKind.Zstd, bytes, 5000);
        var random = new Random(5);
        int[] places = [.. Enumerable.Range(0, 12), .. Enumerable.Range(0, 60).Select(_ => random.Next(stored.Length)), .. Enumerable.Range(stored.Length - 6, 6)];
        foreach (int place in places)
        {
            byte[] damaged = [.. stored];
            damaged[place] ^= (byte)(1 << random.Next(8));
            try
            {
                // A bit of the header may be without meaning; then the bytes must be right.
                Assert.Equal(bytes, await new ZstdStream(new MemoryStream(damaged), "x").ReadAllAsync());
            }
            catch (DrpException e)
            {
                Assert.Equal(DrpError.VerificationFailed, e.Code);
            }
        }
    }

    [Fact]
    public async Task Concatenated_frames_are_read_as_one()
    {
        byte[] one = await CompressAsync(CompressionKind.Zstd, [1, 2, 3], 1);
        byte[] two = await CompressAsync(CompressionKind.Zstd, [4, 5], 1);
        Assert.Equal([1, 2, 3, 4, 5], await new ZstdStream(new MemoryStream([.. one, .. two]), "x").ReadAllAsync());
    }

    [Fact]
    public async Task The_next_sink_gets_large_pieces()
    {
        var sink = new MemorySink();
        await using var zstd = Compression.Compress(_host.Context, new CompressionPlan(), sink);
        await zstd.WriteInPiecesAsync(TestBytes.Make(4_000_000), 10_000);
        Assert.InRange(sink.SmallestPiece, 128 * 1024, int.MaxValue);
    }

    private async Task<byte[]> CompressAsync(CompressionKind kind, byte[] bytes, int piece, int level = 3)
    {
        var memory = new MemorySink();
        await using var sink = Compression.Compress(_host.Context, new CompressionPlan { Kind = kind, Level = level }, memory);
        await sink.WriteInPiecesAsync(bytes, piece);
        await sink.CompleteAsync(default);
        Assert.True(memory.Completed);
        return memory.Bytes;
    }

    private static async Task AssertDamagedAsync(Func<Stream> open) =>
        Assert.Equal(DrpError.VerificationFailed, (await Assert.ThrowsAsync<DrpException>(() => open().ReadAllAsync())).Code);

    /// <summary>Gives at most so many bytes with each read.</summary>
    private sealed class Dribble(byte[] bytes, int most) : ReadOnlyStream
    {
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = Math.Min(Math.Min(buffer.Length, most), bytes.Length - _at);
            bytes.AsSpan(_at, count).CopyTo(buffer.Span);
            _at += count;
            return ValueTask.FromResult(count);
        }
    }
}
