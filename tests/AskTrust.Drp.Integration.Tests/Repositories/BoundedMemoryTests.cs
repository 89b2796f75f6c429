using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.Local;
using AskTrust.Drp.Engine.Repositories.Sftp;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Repositories;

/// <summary>Runs alone: the heap is that of the whole process.</summary>
[CollectionDefinition(nameof(RunsAlone), DisableParallelization = true)]
public sealed class RunsAlone;

/// <summary>Memory does not grow with the object.</summary>
[Collection(nameof(RunsAlone))]
public sealed class BoundedMemoryTests
{
    private const int Size = 256 << 20;

    [SkippableFact]
    public async Task A_directory_needs_next_to_none()
    {
        using var folder = new TestFolder("mem");
        await using var repository = new DirectoryRepository("d", folder.Path, TimeProvider.System);
        await AssertBoundedAsync(repository, 8 << 20);
    }

    [SkippableFact]
    public async Task S3_needs_its_parts_in_flight()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        await AssertBoundedAsync(await s3.OpenAsync(s3.Plan() with { Endpoint = s3.Rgw.Endpoint }, new Engine.Repositories.S3.S3Tuning()), 72 << 20);
    }

    [SkippableFact]
    public async Task Sftp_needs_its_requests_in_flight()
    {
        SshServer server = await SshServer.SharedAsync();
        using var context = new TestContext();
        await using IRepository repository = await SftpRepository.OpenAsync(SftpPlans.For(server, server.Files), context.Host, default);
        await AssertBoundedAsync(repository, 40 << 20);
    }

    private static async Task AssertBoundedAsync(IRepository repository, long bound)
    {
        byte[] piece = new byte[1 << 20];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long peak = 0;
        await using (ISink sink = await repository.CreateAsync("memory/x", null, default))
        {
            for (int done = 0; done < Size; done += piece.Length)
            {
                await sink.WriteAsync(piece, default);
                // Living bytes, not garbage that happens to lie around.
                if (done % (32 << 20) == 0) peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
            }

            await sink.CompleteAsync(default);
        }

        await using (Stream stream = await repository.OpenReadAsync("memory/x", 0, null, default))
        {
            long read = 0;
            while (await stream.ReadAsync(piece) is > 0 and int got)
            {
                read += got;
                if (read % (64 << 20) < got) peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
            }

            Assert.Equal(Size, read);
        }

        await repository.DeleteAsync("memory/x", default);
        Assert.True(peak < bound, $"{peak >> 20} MiB, bound {bound >> 20}");
    }
}
