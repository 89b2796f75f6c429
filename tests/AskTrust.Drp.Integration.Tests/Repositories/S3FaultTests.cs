using System.Collections.Concurrent;
using System.Security.Cryptography;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Repositories;

/// <summary>What busy servers and bad networks do to the S3 driver.</summary>
public sealed class S3FaultTests
{
    private static readonly byte[] s_large = RandomNumberGenerator.GetBytes(20 << 20);

    private static async Task WriteAsync(ISink sink, CancellationToken ct)
    {
        await sink.WriteAsync(s_large, ct);
        await sink.CompleteAsync(ct);
    }

    /// <summary>Hits the first requests of each kind (method and what it is about) with a fault, so often.</summary>
    private static Func<ProxyRequest, ProxyFault?> FirstOfEachKind(int times, ProxyFault fault, Func<ProxyRequest, bool>? only = null)
    {
        var seen = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        return r =>
        {
            if (only?.Invoke(r) == false) return null;
            string query = r.Target.Contains('?', StringComparison.Ordinal) ? r.Target[(r.Target.IndexOf('?', StringComparison.Ordinal) + 1)..] : "";
            string kind = $"{r.Method} {string.Join(',', query.Split('&').Select(p => p.Split('=')[0]))}";
            return seen.AddOrUpdate(kind, 1, (_, n) => n + 1) <= times ? fault : null;
        };
    }

    public static TheoryData<string> Storms => ["SlowDown", "InternalError", "cut request", "flipped bit", "cut answer", "hang", "lost answer"];

    [SkippableTheory]
    [MemberData(nameof(Storms))]
    public async Task A_storm_that_passes_is_sat_out(string storm)
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        ProxyFault fault = storm switch
        {
            "SlowDown" => new ProxyFault.Answer(503, "SlowDown"),
            "InternalError" => new ProxyFault.Answer(500, "InternalError"),
            "cut request" => new ProxyFault.CutRequest(1000),
            "flipped bit" => new ProxyFault.FlipBit(),
            "cut answer" => new ProxyFault.CutAnswer(10),
            "hang" => new ProxyFault.Hang(),
            _ => new ProxyFault.LoseAnswer(),
        };
        // The outer wrapper, as in the product, retries what is not a stream of bytes being written.
        var repository = new RetryingRepository(await s3.OpenAsync(), S3Fixture.Quick.Retry, TimeProvider.System);
        s3.Proxy.Decide = FirstOfEachKind(storm == "hang" ? 1 : 2, fault, storm switch { "cut request" => r => r.Length > 1000, "flipped bit" => r => r.Method == "PUT", _ => null });
        await S3Fixture.PutAsync(repository, "large", s_large);
        await S3Fixture.PutAsync(repository, "small", [1, 2, 3]);
        Assert.Equal(s_large, await S3Fixture.GetAsync(repository, "large"));
        Assert.Equal([1, 2, 3], await S3Fixture.GetAsync(repository, "small"));
        List<string> keys = [];
        await foreach (StoredObject found in repository.ListAsync("", default)) keys.Add(found.Key);
        Assert.Equal(["large", "small"], keys);
        Assert.Equal(DeleteOutcome.Deleted, await repository.DeleteAsync("small", default));
        Assert.Null(await repository.StatAsync("small", default));
        // A begin of which the answer was lost leaves an upload that nobody knows: the sweep's business.
        if (storm is not ("lost answer" or "cut answer")) Assert.Equal(0, await s3.UnfinishedAsync());
        else await repository.SweepAsync("", TimeSpan.FromMinutes(-1), default);
        Assert.Equal(0, await s3.UnfinishedAsync());
    }

    [SkippableFact]
    public async Task A_storm_that_does_not_pass_ends_as_unreachable_and_leaves_nothing()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync();
        s3.Proxy.Decide = r => r.Target.Contains("partNumber=2", StringComparison.Ordinal) ? new ProxyFault.Answer(503, "SlowDown") : null;
        await using (ISink sink = await repository.CreateAsync("x", null, default))
        {
            var e = await Assert.ThrowsAsync<DrpException>(async () =>
            {
                await sink.WriteAsync(s_large, default);
                await sink.CompleteAsync(default);
            });
            Assert.Equal((DrpError.Unreachable, true), (e.Code, e.IsTransient));
            Assert.Contains("SlowDown", e.Message, StringComparison.Ordinal);
        }

        Assert.Equal(5, s3.Proxy.Requests.Count(r => r.Target.Contains("partNumber=2", StringComparison.Ordinal)));
        Assert.Equal(0, await s3.UnfinishedAsync());
        Assert.Null(await repository.StatAsync("x", default));
    }

    [SkippableFact]
    public async Task A_body_that_is_cut_is_never_a_silent_short_read()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync();
        await S3Fixture.PutAsync(repository, "x", s_large);
        s3.Proxy.Decide = r => r.Method == "GET" ? new ProxyFault.CutAnswer(1_000_000) : null;
        await Assert.ThrowsAsync<EndOfStreamException>(() => S3Fixture.GetAsync(repository, "x"));
    }

    [SkippableFact]
    public async Task A_read_that_is_cut_again_and_again_still_arrives_whole()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        var repository = new RetryingRepository(await s3.OpenAsync(), S3Fixture.Quick.Retry, TimeProvider.System);
        await S3Fixture.PutAsync(repository, "x", s_large);
        int reads = 0;
        s3.Proxy.Decide = r => r.Method != "GET" ? null : Interlocked.Increment(ref reads) switch
        {
            1 => new ProxyFault.CutAnswer(3_000_000),
            2 => new ProxyFault.Stall(2_000_000),
            3 => new ProxyFault.Answer(503, "SlowDown"),
            4 => new ProxyFault.CutAnswer(5_000_000),
            _ => null,
        };
        Assert.Equal(s_large, await S3Fixture.GetAsync(repository, "x"));
        Assert.True(reads >= 5);
    }

    [SkippableFact]
    public async Task A_stalled_upload_can_be_cancelled_at_once()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync(tuning: S3Fixture.Quick with { Idle = TimeSpan.FromMinutes(5) });
        s3.Proxy.Decide = r => r.Target.Contains("partNumber=", StringComparison.Ordinal) ? new ProxyFault.Hang() : null;
        using var stop = new CancellationTokenSource();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await using (ISink sink = await repository.CreateAsync("x", null, default))
        {
            Task writing = WriteAsync(sink, stop.Token);
            await Task.Delay(500, CancellationToken.None);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(CancellationToken.None));
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"{clock.Elapsed}");
        Assert.Equal(0, await s3.UnfinishedAsync());
    }

    [SkippableTheory]
    [InlineData(3)]
    [InlineData(10 << 20)]
    public async Task A_store_without_conditional_writes_is_looked_at_first(int size)
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync();
        s3.Proxy.Decide = r => r.Headers.ContainsKey("if-none-match") ? new ProxyFault.Answer(501, "NotImplemented") : null;
        byte[] bytes = RandomNumberGenerator.GetBytes(size);
        await S3Fixture.PutAsync(repository, "x", bytes);
        Assert.Equal(bytes, await S3Fixture.GetAsync(repository, "x"));
        await using ISink late = await repository.CreateAsync("y", null, default);
        await late.WriteAsync(bytes, default);
        await S3Fixture.PutAsync(repository, "y", [1]);
        await Assert.ThrowsAsync<ObjectExistsException>(() => late.CompleteAsync(default));
        Assert.Equal([1], await S3Fixture.GetAsync(repository, "y"));
    }

    [SkippableFact]
    public async Task A_server_that_is_not_there_is_unreachable()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync(s3.Plan() with { Endpoint = $"http://127.0.0.1:{FreePort.Take()}" });
        var e = await Assert.ThrowsAsync<DrpException>(() => repository.CheckAsync(default));
        Assert.Equal((DrpError.Unreachable, true), (e.Code, e.IsTransient));
        Assert.False(string.IsNullOrEmpty(e.Hint));
    }
}
