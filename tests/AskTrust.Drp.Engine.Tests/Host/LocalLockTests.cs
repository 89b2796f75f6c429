using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Tests.Host;

public sealed class LocalLockTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Whoever_comes_second_is_told_who_holds_it()
    {
        using var held = await LocalLock.TakeAsync(_host.Context, "shop", "backup of shop", TimeSpan.Zero, default);
        var e = await Assert.ThrowsAsync<DrpException>(() => LocalLock.TakeAsync(_host.Context, "shop", "retention", TimeSpan.FromMilliseconds(300), default));
        Assert.Equal(DrpError.Locked, e.Code);
        Assert.Contains($"{Environment.ProcessId}", e.Message, StringComparison.Ordinal);
        Assert.Contains("backup of shop", e.Message, StringComparison.Ordinal);
        using var other = await LocalLock.TakeAsync(_host.Context, "other", "backup", TimeSpan.Zero, default);
    }

    [Fact]
    public async Task It_is_free_again_after_release_and_a_waiter_gets_it()
    {
        var first = await LocalLock.TakeAsync(_host.Context, "shop", "one", TimeSpan.Zero, default);
        Task<LocalLock> second = LocalLock.TakeAsync(_host.Context, "shop", "two", TimeSpan.FromSeconds(30), default);
        await Task.Delay(300);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
    }

    [Fact]
    public async Task A_full_disk_is_no_lock_that_somebody_holds()
    {
        if (!OperatingSystem.IsLinux()) return;
        string holder = Path.Combine(_host.Context.Temp.StateFolder("locks"), "shop.lock.holder");
        File.CreateSymbolicLink(holder, "/dev/full");
        var e = await Assert.ThrowsAsync<DrpException>(() => LocalLock.TakeAsync(_host.Context, "shop", "backup of shop", TimeSpan.FromMinutes(1), default).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(DrpError.NotEnoughSpace, e.Code);
        File.Delete(holder);
        (await LocalLock.TakeAsync(_host.Context, "shop", "backup of shop", TimeSpan.Zero, default)).Dispose();
    }

    [Fact]
    public async Task A_killed_holder_does_not_block_the_next()
    {
        string file = Path.Combine(_host.Context.Temp.StateFolder("locks"), "shop.lock");
        await File.WriteAllTextAsync(file, "");
        await using (var holder = _host.Runner.Start(new Command("flock", file, "sh", "-c", "echo held; exec sleep 60")))
        {
            Assert.Equal((byte)'h', (byte)holder.Output.ReadByte());
            await Assert.ThrowsAsync<DrpException>(() => LocalLock.TakeAsync(_host.Context, "shop", "x", TimeSpan.Zero, default));
            // The whole group, as kill -9 of a run with its children.
            Assert.True(Posix.Signal(-holder.Id, Posix.SigKill));
            await holder.WaitAsync(default);
        }

        using var mine = await LocalLock.TakeAsync(_host.Context, "shop", "x", TimeSpan.FromSeconds(10), default);
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var held = await LocalLock.TakeAsync(_host.Context, "shop", "x", TimeSpan.Zero, default);
        using var stop = new CancellationTokenSource(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LocalLock.TakeAsync(_host.Context, "shop", "y", TimeSpan.FromMinutes(1), stop.Token));
    }
}
