using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Tests.Pipeline;

public sealed class DigestTests
{
    private static readonly byte[] s_bytes = TestBytes.Make(500_000);

    [Fact]
    public async Task Right_bytes_pass()
    {
        await using var stream = new DigestStream(new MemoryStream(s_bytes), "x", s_bytes.Length, Digests.Of(s_bytes).ToUpperInvariant());
        Assert.Equal(s_bytes, await stream.ReadAllAsync());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Other_bytes_never_reach_a_quiet_end(int difference)
    {
        byte[] stored = difference < 0 ? s_bytes[..^1] : difference > 0 ? [.. s_bytes, 0] : [.. s_bytes[..^1], (byte)(s_bytes[^1] ^ 1)];
        await using var stream = new DigestStream(new MemoryStream(stored), "x", s_bytes.Length, Digests.Of(s_bytes));
        var e = await Assert.ThrowsAsync<DrpException>(() => stream.ReadAllAsync());
        Assert.Equal(DrpError.VerificationFailed, e.Code);
    }

    [Fact]
    public async Task The_digest_of_a_sink_is_that_of_its_bytes()
    {
        var memory = new MemorySink();
        long told = 0;
        await using var sink = new DigestSink(memory, n => told = n);
        await sink.WriteInPiecesAsync(s_bytes, 12_345);
        await sink.CompleteAsync(default);
        Assert.Equal((Digests.Of(s_bytes), (long)s_bytes.Length, (long)s_bytes.Length), (sink.Sha256, sink.Size, told));
        Assert.Equal(s_bytes, memory.Bytes);
    }
}
