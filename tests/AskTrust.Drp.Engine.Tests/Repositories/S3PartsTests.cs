using AskTrust.Drp.Engine.Repositories.S3;

namespace AskTrust.Drp.Engine.Tests.Repositories;

public sealed class S3PartsTests
{
    private const int Part = 8 << 20;

    [Fact]
    public async Task All_objects_share_the_places()
    {
        using var parts = new S3Parts(new S3Tuning(), 4);
        for (int i = 0; i < 4; i++) Assert.Equal(1, await parts.EnterAsync(Part, default));
        Task<int> fifth = parts.EnterAsync(Part, default), sixth = parts.EnterAsync(Part, default);
        Assert.False(fifth.IsCompleted || sixth.IsCompleted);

        parts.Leave(1);

        Assert.Equal(1, await fifth.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.False(sixth.IsCompleted);
        parts.Leave(1);
        await sixth;
    }

    [Fact]
    public async Task Large_parts_take_several_places_and_do_not_wait_for_each_other()
    {
        using var parts = new S3Parts(new S3Tuning(), 4);
        Assert.Equal(2, await parts.EnterAsync(4 * Part, default));
        Task<int> whole = parts.EnterAsync(64 * Part, default), other = parts.EnterAsync(64 * Part, default);
        Assert.False(whole.IsCompleted || other.IsCompleted);
        parts.Leave(2);
        Assert.Equal(4, await whole.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.False(other.IsCompleted);
        parts.Leave(4);
        Assert.Equal(4, await other.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_no_place_taken()
    {
        using var parts = new S3Parts(new S3Tuning(), 4);
        await parts.EnterAsync(Part, default);
        using var stop = new CancellationTokenSource();
        Task<int> large = parts.EnterAsync(64 * Part, stop.Token), behind = parts.EnterAsync(Part, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => behind);
        parts.Leave(1);
        Assert.Equal(4, await parts.EnterAsync(64 * Part, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None));
    }

    [Fact]
    public void A_buffer_is_given_to_whoever_asks_next_on_any_thread()
    {
        using var parts = new S3Parts(new S3Tuning(), 4);
        byte[] one = parts.Buffers.Rent(Part), two = parts.Buffers.Rent(Part);
        Assert.Equal(Part, one.Length);
        var giver = new Thread(() => parts.Buffers.Return(one));
        giver.Start();
        giver.Join();
        Assert.Same(one, parts.Buffers.Rent(Part));
        Assert.NotSame(one, two);
    }
}
