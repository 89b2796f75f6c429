using System.Diagnostics;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Tests.Host;

namespace AskTrust.Drp.Engine.Tests.Pipeline;

public sealed class PackerTests(TestKeys keys) : IClassFixture<TestKeys>, IDisposable
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(CompressionKind.Zstd, true)]
    [InlineData(CompressionKind.Zstd, false)]
    [InlineData(CompressionKind.Gzip, true)]
    [InlineData(CompressionKind.None, true)]
    [InlineData(CompressionKind.None, false)]
    public async Task What_is_packed_comes_back_from_every_repository(CompressionKind kind, bool encrypted)
    {
        byte[] plain = TestBytes.Make(3_000_000, text: true);
        MemorySink[] stores = [new(), new()];
        await using var gpg = encrypted ? Gpg() : null;
        var packed = await PackAsync(plain, gpg, kind, stores);
        Assert.Equal((plain.Length, Digests.Of(plain)), (packed.SourceSize, packed.SourceSha256));
        foreach (var store in stores)
        {
            Assert.True(store.Completed);
            Assert.Equal((packed.Size, packed.Sha256), (store.Bytes.Length, Digests.Of(store.Bytes)));
            Assert.Equal(plain, await UnpackAsync(store.Bytes, packed, gpg, kind));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_its_source_compressed_is_stored_as_it_came_and_comes_back_plain(bool encrypted)
    {
        byte[] plain = TestBytes.Make(3_000_000, text: true);
        var made = new MemorySink();
        await PackAsync(plain, null, CompressionKind.Zstd, made);
        var store = new MemorySink();
        await using var gpg = encrypted ? Gpg() : null;
        PackResult packed = await new Packer(_host.Context).PackAsync(Request(gpg, CompressionKind.None, store) with { Source = Write(made.Bytes), Compression = null }, default);
        Assert.Equal((made.Bytes.Length, Digests.Of(made.Bytes)), (packed.SourceSize, packed.SourceSha256));
        if (!encrypted) Assert.Equal(made.Bytes, store.Bytes);

        var artifact = new BackupArtifact
        {
            Name = "db.base.tar.zst", Component = "db", Role = "base", Size = packed.Size, PlainSize = plain.Length, Sha256 = packed.Sha256, PackedSha256 = packed.SourceSha256,
            Compression = CompressionKind.Zstd, Encrypted = encrypted,
        };
        async Task<byte[]> BackAsync(BackupArtifact a) => await (await new Unpacker(_host.Context).OpenAsync(new MemoryStream(store.Bytes), a, gpg, default)).ReadAllAsync();
        Assert.Equal(plain, await BackAsync(artifact));
        // Other frames than the source's, and frames of another length.
        foreach (BackupArtifact wrong in (BackupArtifact[])[artifact with { PackedSha256 = new string('0', 64) }, artifact with { PlainSize = plain.Length + 1 }, artifact with { PlainSize = plain.Length - 1 }])
            Assert.Equal(DrpError.VerificationFailed, (await Assert.ThrowsAsync<DrpException>(() => BackAsync(wrong))).Code);
    }

    [Fact]
    public async Task Plain_gpg_and_zstd_read_what_we_write()
    {
        byte[] plain = TestBytes.Make(2_000_000, text: true);
        var store = new MemorySink();
        await using var gpg = Gpg();
        await PackAsync(plain, gpg, CompressionKind.Zstd, store);
        byte[] zst = (await keys.GpgAsync(["--decrypt"], store.Bytes)).Output;
        var zstd = await _host.Runner.RunAsync(new Command("zstd", "-d", "-c"), default, zst);
        Assert.True(zstd.Ok, zstd.Errors);
        Assert.Equal(plain, zstd.Output);
    }

    [Fact]
    public async Task A_source_that_fails_leaves_nothing_complete()
    {
        var store = new MemorySink();
        await using var gpg = Gpg();
        var request = Request(gpg, CompressionKind.Zstd, store) with
        {
            Source = async (sink, ct) =>
            {
                await sink.WriteAsync(TestBytes.Make(1_000_000), ct);
                throw new IOException("the server went away");
            },
        };
        await Assert.ThrowsAsync<IOException>(() => new Packer(_host.Context).PackAsync(request, default));
        Assert.False(store.Completed);
        Assert.True(store.Disposed);
    }

    [Fact]
    public async Task One_lost_repository_does_not_stop_the_other_and_all_lost_stop_the_run()
    {
        byte[] plain = TestBytes.Make(2_000_000);
        var good = new MemorySink();
        var bad = new OddSink(500_000, _ => throw new DrpException(DrpError.NotEnoughSpace, "full"));
        await using var gpg = Gpg();
        var packed = await new Packer(_host.Context).PackAsync(Request(gpg, CompressionKind.Zstd, good, bad) with { Source = Write(plain) }, default);
        Assert.Null(packed.Branches[0].Error);
        Assert.Equal(DrpError.NotEnoughSpace, Assert.IsType<DrpException>(packed.Branches[1].Error).Code);
        Assert.Equal(plain, await UnpackAsync(good.Bytes, packed, gpg, CompressionKind.Zstd));

        var worse = new OddSink(500_000, _ => throw new DrpException(DrpError.NotEnoughSpace, "full"));
        var e = await Assert.ThrowsAsync<DrpException>(() => new Packer(_host.Context).PackAsync(
            Request(gpg, CompressionKind.Zstd, worse) with { Source = Write(TestBytes.Make(20_000_000)) }, default).WaitAsync(s_minute));
        Assert.Equal(DrpError.NotEnoughSpace, e.Code);
        Assert.False(worse.Completed);
        Assert.True(worse.Disposed);
    }

    [Fact]
    public async Task Cancelling_ends_every_branch_and_program_soon()
    {
        using var stop = new CancellationTokenSource();
        var store = new OddSink();
        await using var gpg = Gpg();
        var request = Request(gpg, CompressionKind.Zstd, store) with
        {
            Source = async (sink, ct) =>
            {
                byte[] block = TestBytes.Make(1 << 20);
                while (true) await sink.WriteAsync(block, ct);
            },
        };
        Task<PackResult> run = new Packer(_host.Context).PackAsync(request, stop.Token);
        while (store.Bytes < 1_000_000) await Task.Delay(10, CancellationToken.None);
        var watch = Stopwatch.StartNew();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(s_minute, CancellationToken.None));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
        Assert.False(store.Completed);
        Assert.True(store.Disposed);
    }

    [Theory]
    [InlineData(CompressionKind.Zstd, true)]
    [InlineData(CompressionKind.Gzip, false)]
    [InlineData(CompressionKind.Zstd, false)]
    public async Task A_foreign_file_is_recognised_by_its_first_bytes(CompressionKind kind, bool encrypted)
    {
        byte[] plain = TestBytes.Make(300_000, text: true);
        var store = new MemorySink();
        await using var gpg = encrypted ? Gpg() : null;
        await PackAsync(plain, gpg, kind, store);
        await using var stream = await new Unpacker(_host.Context).OpenForeignAsync(new MemoryStream(store.Bytes), "file", gpg, default);
        Assert.Equal(plain, await stream.ReadAllAsync());
    }

    private GnuPg Gpg() => new(_host.Context, new EncryptionPlan
    {
        Recipients = [keys.Alice.Fingerprint, keys.Bob.Fingerprint],
        PublicKeys = [keys.Alice.PublicFile, keys.Bob.PublicFile],
        PrivateKey = keys.Bob.SecretFile,
    }, "/");

    private static Func<ISink, CancellationToken, Task> Write(byte[] plain) => async (sink, ct) =>
    {
        for (int at = 0; at < plain.Length; at += 131_072) await sink.WriteAsync(plain.AsMemory(at, Math.Min(131_072, plain.Length - at)), ct);
    };

    private static PackRequest Request(IEncryption? encryption, CompressionKind kind, params ISink[] stores) => new()
    {
        Source = (_, _) => Task.CompletedTask,
        Compression = new CompressionPlan { Kind = kind },
        Encryption = encryption,
        Branches = [.. stores.Select((s, i) => new Branch($"repo{i}", s, s_minute))],
    };

    private Task<PackResult> PackAsync(byte[] plain, IEncryption? encryption, CompressionKind kind, params ISink[] stores) =>
        new Packer(_host.Context).PackAsync(Request(encryption, kind, stores) with { Source = Write(plain) }, default);

    private async Task<byte[]> UnpackAsync(byte[] stored, PackResult packed, IEncryption? encryption, CompressionKind kind)
    {
        var artifact = new BackupArtifact
        {
            Name = "db.dump", Component = "db", Role = "dump", Size = packed.Size, PlainSize = packed.SourceSize, Sha256 = packed.Sha256,
            PlainSha256 = packed.SourceSha256, Compression = kind, Encrypted = encryption is not null,
        };
        return await (await new Unpacker(_host.Context).OpenAsync(new MemoryStream(stored), artifact, encryption, default)).ReadAllAsync();
    }
}
