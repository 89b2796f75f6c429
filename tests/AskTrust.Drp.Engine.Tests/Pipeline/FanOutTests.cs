using System.Diagnostics;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Tests.Pipeline;

public sealed class FanOutTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(262_144, 262_144)]
    [InlineData(5_000_001, 99_999)]
    [InlineData(5_000_001, 3_000_000)]
    public async Task Every_branch_gets_every_byte_and_completes(int size, int piece)
    {
        byte[] bytes = TestBytes.Make(size);
        MemorySink[] sinks = [new(), new(), new()];
        await using (var fan = Fan(s_minute, sinks))
        {
            await fan.WriteInPiecesAsync(bytes, piece);
            await fan.CompleteAsync(default);
            Assert.All(fan.Outcomes, o => Assert.Equal((size, (Exception?)null), ((int)o.Bytes, o.Error)));
        }

        Assert.All(sinks, s => Assert.True(s is { Completed: true, Disposed: true } && s.Bytes.AsSpan().SequenceEqual(bytes)));
    }

    [Fact]
    public async Task A_branch_that_fails_is_dropped_and_the_others_go_on()
    {
        byte[] bytes = TestBytes.Make(20_000_000);
        var good = new MemorySink();
        var bad = new OddSink(1_000_000, _ => throw new IOException("gone"));
        await using var fan = Fan(s_minute, bad, good);
        await fan.WriteInPiecesAsync(bytes, 1_000_000);
        await fan.CompleteAsync(default).WaitAsync(s_minute);
        Assert.IsType<IOException>(fan.Outcomes[0].Error);
        Assert.Null(fan.Outcomes[1].Error);
        Assert.Equal(bytes, good.Bytes);
        Assert.False(bad.Completed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_branch_that_stalls_is_dropped_even_when_it_never_returns(bool heedsCancellation)
    {
        byte[] bytes = TestBytes.Make(20_000_000);
        var good = new MemorySink();
        var never = new TaskCompletionSource();
        var stalling = new OddSink(1_000_000, ct => heedsCancellation ? Task.Delay(-1, ct) : never.Task);
        var fan = new FanOutSink([new("bad", stalling, TimeSpan.FromSeconds(1)), new("good", good, s_minute)], new HastyClock(), memory: 4 << 20);
        await fan.WriteInPiecesAsync(bytes, 1_000_000).WaitAsync(s_minute);
        await fan.CompleteAsync(default).WaitAsync(s_minute);
        var error = Assert.IsType<DrpException>(fan.Outcomes[0].Error);
        Assert.True(error.IsTransient);
        Assert.Equal(bytes, good.Bytes);
        await fan.DisposeAsync().AsTask().WaitAsync(s_minute);
        never.SetResult();
        Assert.Equal(bytes, good.Bytes);
    }

    [Fact]
    public async Task A_slow_branch_that_moves_is_not_dropped()
    {
        var slow = new OddSink(0, ct => Task.Delay(30, ct));
        var fast = new OddSink();
        await using var fan = new FanOutSink([new("slow", slow, TimeSpan.FromSeconds(2)), new("fast", fast, s_minute)], TimeProvider.System, memory: 1 << 20);
        await fan.WriteInPiecesAsync(TestBytes.Make(30_000_000), 1_000_000);
        await fan.CompleteAsync(default);
        Assert.All(fan.Outcomes, o => Assert.Null(o.Error));
    }

    [Fact]
    public async Task When_every_branch_is_lost_the_writer_learns_it_at_once()
    {
        await using var fan = Fan(s_minute, new OddSink(1, _ => throw new DrpException(DrpError.NotEnoughSpace, "full")), new OddSink(500_000, _ => throw new DrpException(DrpError.NotEnoughSpace, "full too")));
        var e = await Assert.ThrowsAsync<DrpException>(async () =>
        {
            await fan.WriteInPiecesAsync(TestBytes.Make(60_000_000), 1_000_000);
            await fan.CompleteAsync(default);
        }).WaitAsync(s_minute);
        Assert.Equal(DrpError.NotEnoughSpace, e.Code);
        Assert.Contains("full too", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_that_fails_on_completion_counts_as_failed()
    {
        await using var fan = Fan(s_minute, new OddSink(atEnd: _ => throw new IOException("no")), new MemorySink());
        await fan.WriteInPiecesAsync(new byte[1000], 10);
        await fan.CompleteAsync(default);
        Assert.IsType<IOException>(fan.Outcomes[0].Error);
        Assert.Null(fan.Outcomes[1].Error);
    }

    [Fact]
    public async Task Cancelling_while_all_branches_hang_returns_soon()
    {
        using var stop = new CancellationTokenSource();
        var sink = new OddSink(0, ct => Task.Delay(-1, ct));
        var fan = new FanOutSink([new("a", sink, s_minute)], TimeProvider.System, memory: 1 << 20);
        Task write = fan.WriteAsync(new byte[8 << 20], stop.Token).AsTask();
        await Task.Delay(100, CancellationToken.None);
        Assert.False(write.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write.WaitAsync(s_minute, CancellationToken.None));
        await fan.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        Assert.True(sink is { Disposed: true, Completed: false });
    }

    [Fact]
    public async Task Abandoning_completes_nothing()
    {
        var sink = new MemorySink();
        await using (var fan = Fan(s_minute, sink)) await fan.WriteInPiecesAsync(new byte[1_000_000], 1000);
        Assert.True(sink is { Disposed: true, Completed: false });
    }

    [Fact]
    public async Task Memory_stays_bounded_while_a_branch_is_slower_than_the_source()
    {
        var gate = new SemaphoreSlim(0);
        var slow = new OddSink(0, ct => gate.WaitAsync(ct));
        await using var fan = new FanOutSink([new("slow", slow, s_minute)], TimeProvider.System, memory: 8 << 20);
        long accepted = 0;
        byte[] block = new byte[1 << 20];
        Task write = Task.Run(async () =>
        {
            for (int i = 0; i < 64; i++)
            {
                await fan.WriteAsync(block, default);
                Interlocked.Add(ref accepted, block.Length);
            }
        });
        await Task.Delay(500);
        Assert.InRange(Interlocked.Read(ref accepted), 1 << 20, 9 << 20);
        gate.Release(1000);
        await write.WaitAsync(s_minute);
        await fan.CompleteAsync(default);
        Assert.Equal(64L << 20, slow.Bytes);
    }

    [Fact]
    public async Task A_branch_whose_upload_moves_although_no_write_returns_is_kept()
    {
        var sink = new MovingSink();
        await using var fan = new FanOutSink([new("moving", sink, TimeSpan.FromSeconds(1))], TimeProvider.System, memory: 1 << 20);
        var watch = Stopwatch.StartNew();
        await fan.WriteInPiecesAsync(new byte[8 << 20], 1 << 20);
        await fan.CompleteAsync(default);
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(2));
        Assert.Null(fan.Outcomes[0].Error);
    }

    private static FanOutSink Fan(TimeSpan stall, params ISink[] sinks) =>
        new([.. sinks.Select((s, i) => new Branch($"r{i}", s, stall))], TimeProvider.System);

    /// <summary>Real time, twenty times as fast.</summary>
    private sealed class HastyClock : TimeProvider
    {
        public override long GetTimestamp() => Stopwatch.GetTimestamp() * 20;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            TimeProvider.System.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : dueTime / 20, period);
    }

    /// <summary>The first write takes three seconds, during which parts go out.</summary>
    private sealed class MovingSink : IProgressSink
    {
        private long _moved;

        public long Moved => Interlocked.Read(ref _moved);

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            for (int i = 0; i < 30 && Moved < 30; i++)
            {
                await Task.Delay(100, ct);
                Interlocked.Increment(ref _moved);
            }
        }

        public Task CompleteAsync(CancellationToken ct) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
