using System.Security.Cryptography;
using AskTrust.Drp.Contracts;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Fakes;

namespace AskTrust.Drp.Engine.Tests.Repositories;

/// <summary>The wrappers keep the contract of what they wrap.</summary>
public sealed class WrappedRepositoryContractTests : RepositoryContract
{
    private readonly MemoryRepository _memory = new();

    private protected override Task<IRepository> OpenAsync() => Task.FromResult<IRepository>(
        new RetryingRepository(new ThrottledRepository(new FaultyRepository(_memory), 1L << 40, 1L << 40, TimeProvider.System), new RepositoryRetry(), TimeProvider.System));

    private protected override async Task<bool> LeaveUnfinishedAsync(string key)
    {
        await _memory.CreateAsync(key, null, default);
        return true;
    }
}

/// <summary>What each wrapper adds.</summary>
public sealed class WrapperTests
{
    private static readonly RepositoryRetry s_quick = new() { MaxRetries = 3, Delay = TimeSpan.FromMilliseconds(1) };
    private readonly MemoryRepository _memory = new();
    private readonly FaultyRepository _faulty;
    private readonly RetryingRepository _retrying;

    public WrapperTests()
    {
        _faulty = new FaultyRepository(_memory);
        _retrying = new RetryingRepository(_faulty, s_quick, TimeProvider.System);
    }

    [Fact]
    public async Task What_fails_in_passing_is_tried_again()
    {
        _memory.Objects["a/x"] = ([1, 2, 3], DateTimeOffset.UtcNow);
        foreach (RepositoryStep step in (RepositoryStep[])[RepositoryStep.BeforeCreate, RepositoryStep.OpenRead, RepositoryStep.Stat, RepositoryStep.Sweep, RepositoryStep.FreeSpace, RepositoryStep.Check, RepositoryStep.BeforeDelete, RepositoryStep.AfterDelete])
            _faulty.FailTransientlyOn(step, times: 1);
        await using (ISink sink = await _retrying.CreateAsync("a/y", null, default)) await sink.CompleteAsync(default);
        await using (Stream _ = await _retrying.OpenReadAsync("a/x", 0, null, default)) { }
        Assert.NotNull(await _retrying.StatAsync("a/x", default));
        await _retrying.SweepAsync("", TimeSpan.Zero, default);
        await _retrying.FreeSpaceAsync(default);
        await _retrying.CheckAsync(default);
        Assert.Equal(DeleteOutcome.Deleted, await _retrying.DeleteAsync("a/x", default));
    }

    [Fact]
    public async Task What_keeps_failing_is_reported_after_the_last_attempt()
    {
        _faulty.FailTransientlyOn(RepositoryStep.Stat, times: 100);
        Assert.True((await Assert.ThrowsAsync<DrpException>(() => _retrying.StatAsync("x", default))).IsTransient);
        Assert.Equal(4, _faulty.Steps.Count);
    }

    [Fact]
    public async Task One_that_never_answered_is_not_asked_again_and_again()
    {
        await using var dead = new RetryingRepository(_faulty, s_quick with { Patience = TimeSpan.Zero }, TimeProvider.System);
        _faulty.FailTransientlyOn(RepositoryStep.Stat, times: 100);
        var first = await Assert.ThrowsAsync<DrpException>(() => dead.StatAsync("x", default));
        var second = await Assert.ThrowsAsync<DrpException>(() => dead.StatAsync("x", default));
        Assert.Equal((first.Message, true), (second.Message, second.IsTransient));
        Assert.Single(_faulty.Steps);

        await using var later = new RetryingRepository(_faulty, s_quick with { Patience = TimeSpan.Zero, Silence = TimeSpan.Zero }, TimeProvider.System);
        await Assert.ThrowsAsync<DrpException>(() => later.StatAsync("x", default));
        Assert.Null(await later.FreeSpaceAsync(default));
        int before = _faulty.Steps.Count;
        // It has answered: now every failure may pass.
        await Assert.ThrowsAsync<DrpException>(() => later.StatAsync("x", default));
        Assert.Equal(before + 4, _faulty.Steps.Count);
    }

    [Fact]
    public async Task What_fails_for_good_is_not_tried_again()
    {
        _faulty.FailOn(RepositoryStep.Stat);
        await Assert.ThrowsAsync<DrpException>(() => _retrying.StatAsync("x", default));
        Assert.Single(_faulty.Steps);
    }

    [Fact]
    public async Task Writing_is_never_tried_again_from_outside()
    {
        _faulty.FailTransientlyOn(RepositoryStep.Write).FailTransientlyOn(RepositoryStep.BeforeComplete);
        await using ISink sink = await _retrying.CreateAsync("x", null, default);
        await Assert.ThrowsAsync<DrpException>(async () => await sink.WriteAsync(new byte[1], default));
        await Assert.ThrowsAsync<DrpException>(() => sink.CompleteAsync(default));
        Assert.Empty(_memory.Objects);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1000, null)]
    [InlineData(1000, 150_000)]
    public async Task A_read_goes_on_where_it_was_cut(long offset, int? length)
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(200_000);
        _memory.Objects["x"] = (bytes, DateTimeOffset.UtcNow);
        var cut = new EndOfStreamException("cut");
        var reset = new DrpException(DrpError.Unreachable, "reset") { IsTransient = true };
        _faulty.FailOn(RepositoryStep.Read, error: cut, skip: 1, times: 1).FailOn(RepositoryStep.Read, error: reset, skip: 2, times: 3);
        await using Stream stream = await _retrying.OpenReadAsync("x", offset, length, default);
        var read = new MemoryStream();
        byte[] piece = new byte[60_000];
        while (await stream.ReadAsync(piece) is > 0 and int got) read.Write(piece, 0, got);
        Assert.Equal(bytes.AsSpan((int)offset, length ?? (bytes.Length - (int)offset)).ToArray(), read.ToArray());
        Assert.True(_faulty.Steps.Count(s => s.Step == RepositoryStep.OpenRead) >= 3);
    }

    [Fact]
    public async Task A_listing_goes_on_behind_the_last_key_seen()
    {
        for (int i = 0; i < 10; i++) _memory.Objects[$"k{i}"] = ([], DateTimeOffset.UtcNow);
        _faulty.FailTransientlyOn(RepositoryStep.List, "k3").FailTransientlyOn(RepositoryStep.List, "k7", times: 2);
        List<string> keys = [];
        await foreach (StoredObject found in _retrying.ListAsync("", default)) keys.Add(found.Key);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"k{i}"), keys);
    }

    [Fact]
    public async Task Waiting_for_the_next_attempt_can_be_cancelled()
    {
        var patient = new RetryingRepository(_faulty.FailTransientlyOn(RepositoryStep.Stat, times: 100), new RepositoryRetry { Delay = TimeSpan.FromMinutes(1), MaxDelay = TimeSpan.FromMinutes(1) }, TimeProvider.System);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => patient.StatAsync("x", stop.Token));
    }

    [Fact]
    public async Task The_throttle_keeps_to_its_rate_up_and_down()
    {
        // Half a second's worth passes at once, the rest at the rate.
        var clock = new LeapingClock();
        var throttled = new ThrottledRepository(_memory, 1_000_000, 2_000_000, clock);
        await using (ISink sink = await throttled.CreateAsync("x", null, default))
        {
            await sink.WriteAsync(new byte[1_000_000], default);
            await sink.CompleteAsync(default);
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 0.49, 0.51);
        TimeSpan written = clock.Elapsed;
        await using Stream stream = await throttled.OpenReadAsync("x", 0, null, default);
        await stream.CopyToAsync(Stream.Null);
        await using Stream again = await throttled.OpenReadAsync("x", 0, null, default);
        await again.CopyToAsync(Stream.Null);
        Assert.InRange((clock.Elapsed - written).TotalSeconds, 0.49, 0.51);
    }

    [Fact]
    public async Task What_is_read_only_is_read_and_nothing_else()
    {
        _memory.Objects["x"] = ([1], DateTimeOffset.UtcNow);
        var readOnly = new ReadOnlyRepository(_memory);
        Assert.True(readOnly.IsReadOnly);
        Assert.NotNull(await readOnly.StatAsync("x", default));
        await using (Stream _ = await readOnly.OpenReadAsync("x", 0, null, default)) { }
        await Assert.ThrowsAsync<DrpException>(() => readOnly.CreateAsync("y", null, default));
        await Assert.ThrowsAsync<DrpException>(() => readOnly.DeleteAsync("x", default));
        await Assert.ThrowsAsync<DrpException>(() => readOnly.SweepAsync("", TimeSpan.Zero, default));
        Assert.Single(_memory.Objects);
    }
}
