using System.Diagnostics;

using System.Text.Json;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Fakes;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>Two runs never collide, and a killed one never blocks the next for long.</summary>
public sealed class LeaseTests : IDisposable
{
    private readonly CatalogFixture _fixture;
    private readonly MemoryRepository _store;
    private readonly LeaseKeeper _keeper;

    public LeaseTests()
    {
        _fixture = new CatalogFixture();
        _store = new MemoryRepository("local", _fixture.Clock);
        _fixture.Context = _fixture.Context with { Repositories = [_store] };
        _keeper = new LeaseKeeper(_fixture.Context);
    }

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("Read", "Read", true)]
    [InlineData("Read", "Write", true)]
    [InlineData("Write", "Read", true)]
    [InlineData("Write", "Write", false)]
    [InlineData("Delete", "Read", false)]
    [InlineData("Delete", "Write", false)]
    [InlineData("Delete", "Delete", false)]
    [InlineData("Read", "Delete", false)]
    [InlineData("Write", "Delete", false)]
    public async Task Modes_exclude_each_other_as_documented(string held, string wanted, bool together)
    {
        await using Lease? first = await _keeper.AcquireAsync(_store, Enum.Parse<LeaseMode>(held), "backup", default);
        Task<Lease?> second = _keeper.AcquireAsync(_store, Enum.Parse<LeaseMode>(wanted), "other", default);
        if (together)
        {
            await (await second)!.DisposeAsync();
            return;
        }

        var e = await Assert.ThrowsAsync<DrpException>(() => second);
        Assert.Equal(DrpError.Locked, e.Code);
        Assert.Contains("backup", e.Message, StringComparison.Ordinal);
        Assert.Contains(Environment.MachineName, e.Message, StringComparison.Ordinal);
        Assert.Single(_store.Objects);
    }

    [Fact]
    public async Task Given_back_it_leaves_nothing()
    {
        await using (await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default)) Assert.Single(_store.Objects);
        Assert.Empty(_store.Objects);
    }

    [Fact]
    public async Task A_read_only_repository_takes_none()
    {
        MemoryRepository mirror = new("mirror") { IsReadOnly = true };
        Assert.Null(await _keeper.AcquireAsync(mirror, LeaseMode.Read, "restore", default));
        Assert.Empty(mirror.Objects);
    }

    [Fact]
    public async Task It_is_renewed_in_the_background_by_a_successor()
    {
        await using Lease? lease = await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default);
        string before = _store.Objects.Keys.Single();
        await _fixture.Clock.AdvanceAsync(TimeSpan.FromMinutes(20), TimeSpan.FromSeconds(30));
        Assert.InRange(_store.Objects.Count, 2, 3);
        Assert.DoesNotContain(before, _store.Objects.Keys);
        Assert.False(lease!.Lost.IsCancellationRequested);
        lease.Check();
        await Assert.ThrowsAsync<DrpException>(() => _keeper.AcquireAsync(_store, LeaseMode.Write, "other", default));
    }

    [Fact]
    public async Task A_holder_of_this_host_whose_process_is_gone_is_stale_at_once()
    {
        Plant(LeaseMode.Write, OwnerMark.Current with { ProcessId = 4_000_000, Started = 1 }, _fixture.Clock.GetUtcNow());
        await using Lease? lease = await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default);
        Assert.Single(_store.Objects);
    }

    [Fact]
    public async Task A_process_that_was_killed_is_stale_at_once()
    {
        using Process child = Process.Start(new ProcessStartInfo("sleep", ["60"]) { UseShellExecute = false })!;
        string stat = await File.ReadAllTextAsync($"/proc/{child.Id}/stat");
        long started = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], System.Globalization.CultureInfo.InvariantCulture);
        Plant(LeaseMode.Write, OwnerMark.Current with { ProcessId = child.Id, Started = started }, _fixture.Clock.GetUtcNow());
        await Assert.ThrowsAsync<DrpException>(() => _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default));
        child.Kill();
        await child.WaitForExitAsync();
        await (await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default))!.DisposeAsync();
        Assert.Empty(_store.Objects);
    }

    [Theory]
    [InlineData("another host")]
    [InlineData("another boot")]
    [InlineData("unreadable")]
    public async Task Where_nobody_can_look_the_lease_ends_by_time(string owner)
    {
        DateTimeOffset now = _fixture.Clock.GetUtcNow();
        if (owner == "unreadable") _store.Objects["shop/locks/write-0123456789abcdef-000001.json"] = ("{"u8.ToArray(), now);
        else Plant(LeaseMode.Write, owner == "another host" ? OwnerMark.Current with { Host = "elsewhere" } : OwnerMark.Current with { Boot = "earlier", ProcessId = 4_000_000 }, now);
        _fixture.Clock.Advance(TimeSpan.FromMinutes(5.5));
        await Assert.ThrowsAsync<DrpException>(() => _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default));
        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        await using Lease? lease = await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default);
        Assert.NotNull(lease);
    }

    [Fact]
    public async Task A_holder_whose_clock_is_behind_is_not_robbed()
    {
        // Its own clock says it expired an hour ago; the store's says it was written just now.
        Plant(LeaseMode.Write, OwnerMark.Current with { Host = "elsewhere" }, _fixture.Clock.GetUtcNow() - TimeSpan.FromHours(1), modified: _fixture.Clock.GetUtcNow());
        await Assert.ThrowsAsync<DrpException>(() => _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default));
        _fixture.Clock.Advance(TimeSpan.FromMinutes(7));
        await using Lease? lease = await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default);
        Assert.NotNull(lease);
    }

    [Fact]
    public async Task A_holder_whose_clock_is_years_ahead_does_not_block_for_years()
    {
        Plant(LeaseMode.Write, OwnerMark.Current with { Host = "elsewhere" }, _fixture.Clock.GetUtcNow() + TimeSpan.FromDays(1000), modified: _fixture.Clock.GetUtcNow());
        _fixture.Clock.Advance(TimeSpan.FromMinutes(7));
        await using Lease? lease = await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default);
        Assert.NotNull(lease);
    }

    [Fact]
    public async Task When_it_cannot_be_renewed_the_holder_is_told_before_others_may_go_on()
    {
        FaultyRepository broken = new FaultyRepository(_store).FailOn(RepositoryStep.BeforeCreate, "-000002");
        for (int i = 3; i < 60; i++) broken.FailOn(RepositoryStep.BeforeCreate, $"-{i:D6}");
        await using Lease? lease = await _keeper.AcquireAsync(broken, LeaseMode.Write, "backup", default);
        await _fixture.Clock.AdvanceAsync(TimeSpan.FromMinutes(4), TimeSpan.FromSeconds(30));
        Assert.False(lease!.Lost.IsCancellationRequested);
        await _fixture.Clock.AdvanceAsync(TimeSpan.FromMinutes(1.5), TimeSpan.FromSeconds(30));
        Assert.True(lease.Lost.IsCancellationRequested);
        Assert.Equal(DrpError.Locked, Assert.Throws<DrpException>(lease.Check).Code);
    }

    [Fact]
    public async Task A_store_that_fails_for_a_while_costs_nothing()
    {
        FaultyRepository shaky = new FaultyRepository(_store).FailOn(RepositoryStep.BeforeCreate, "-000002").FailOn(RepositoryStep.BeforeCreate, "-000003");
        await using Lease? lease = await _keeper.AcquireAsync(shaky, LeaseMode.Write, "backup", default);
        await _fixture.Clock.AdvanceAsync(TimeSpan.FromMinutes(12), TimeSpan.FromSeconds(10));
        Assert.False(lease!.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_process_that_slept_notices_that_others_went_on()
    {
        await using Lease? sleeper = await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default);
        // The machine was suspended: the wall clock jumps, no timer fires.
        _fixture.Clock.Set(_fixture.Clock.GetUtcNow() + TimeSpan.FromHours(1));
        Assert.Throws<DrpException>(sleeper!.Check);
    }

    [Fact]
    public async Task A_holder_that_was_taken_for_dead_stops_at_the_next_renewal()
    {
        await using Lease? first = await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default);
        _store.Objects.Clear();
        await using Lease? second = await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default);
        for (int i = 0; i < 100 && !first!.Lost.IsCancellationRequested; i++) await _fixture.Clock.AdvanceAsync(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        Assert.True(first!.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Of_two_that_start_at_once_at_most_one_holds_it_and_one_goes_on()
    {
        using CatalogFixture real = new();
        CatalogContext context = real.Context with { Host = real.Host with { Clock = TimeProvider.System } };
        for (int round = 0; round < 15; round++)
        {
            MemoryRepository store = new();
            int active = 0;
            int won = 0;
            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
            {
                try
                {
                    await using Lease? lease = await new LeaseKeeper(context).AcquireAsync(store, LeaseMode.Write, "backup", default);
                    Interlocked.Increment(ref won);
                    Assert.Equal(1, Interlocked.Increment(ref active));
                    await Task.Delay(20, lease!.Lost);
                    Interlocked.Decrement(ref active);
                }
                catch (DrpException e) when (e.Code == DrpError.Locked)
                {
                    // The other was first.
                }
            })));
            Assert.True(won >= 1, "nobody went on");
            Assert.Empty(store.Objects);
        }
    }

    [Fact]
    public async Task Of_two_that_see_each_other_the_lower_id_waits_and_goes_on()
    {
        using CatalogFixture real = new();
        CatalogContext context = real.Context with { Host = real.Host with { Clock = TimeProvider.System } };
        MemoryRepository store = new();
        // A rival with the highest id appears between our first look and our second, and steps back half a second later.
        string key = "shop/locks/write-ffffffffffffffff-000001.json";
        FaultyRepository meeting = new(store);
        Task<Lease?> ours = new LeaseKeeper(context).AcquireAsync(new Interloper(meeting, () => store.Objects[key] = (Record("ffffffffffffffff"), DateTimeOffset.UtcNow)), LeaseMode.Write, "backup", default);
        await Task.Delay(500);
        Assert.False(ours.IsCompleted);
        store.Objects.TryRemove(key, out _);
        await (await ours)!.DisposeAsync();

        // Against the lowest id we step back at once.
        key = "shop/locks/write-0000000000000000-000001.json";
        var e = await Assert.ThrowsAsync<DrpException>(() => new LeaseKeeper(context).AcquireAsync(
            new Interloper(store, () => store.Objects[key] = (Record("0000000000000000"), DateTimeOffset.UtcNow)), LeaseMode.Write, "backup", default));
        Assert.Equal(DrpError.Locked, e.Code);
        Assert.Equal([key], store.Objects.Keys);
    }

    [Fact]
    public async Task Where_locks_cannot_be_deleted_a_release_is_written_instead()
    {
        Lease lease = (await _keeper.AcquireAsync(_store, LeaseMode.Write, "backup", default))!;
        _store.Locked[_store.Objects.Keys.Single()] = true;
        await lease.DisposeAsync();
        Assert.Equal(2, _store.Objects.Count);
        await (await _keeper.AcquireAsync(_store, LeaseMode.Delete, "retention", default))!.DisposeAsync();
        _store.Locked.Clear();
        await (await _keeper.AcquireAsync(_store, LeaseMode.Delete, "retention", default))!.DisposeAsync();
        Assert.Empty(_store.Objects);
    }

    [Fact]
    public async Task A_group_is_all_or_nothing_for_locks_and_goes_on_without_the_silent()
    {
        MemoryRepository other = new("other", _fixture.Clock);
        FaultyRepository silent = new FaultyRepository(new MemoryRepository("silent")).FailOn(RepositoryStep.BeforeCreate);
        await using (LeaseGroup group = await _keeper.AcquireAllAsync([other, silent, _store], LeaseMode.Write, "backup", default))
        {
            Assert.Equal(2, group.Held.Count);
            Assert.Single(group.Failed);
            await Assert.ThrowsAsync<DrpException>(() => _keeper.AcquireAllAsync([new MemoryRepository("first"), _store], LeaseMode.Write, "backup", default));
        }

        Assert.Empty(_store.Objects);
        Assert.Empty(other.Objects);
    }

    private static byte[] Record(string id, OwnerMark? owner = null, DateTimeOffset? at = null)
    {
        DateTimeOffset renewed = at ?? DateTimeOffset.UtcNow;
        return JsonSerializer.SerializeToUtf8Bytes(
            new LeaseRecord
            {
                Id = id, Mode = LeaseMode.Write, Operation = "backup", Owner = (owner ?? OwnerMark.Current with { Host = "elsewhere" }).ToString(), User = "drp",
                Acquired = renewed, Renewed = renewed, Expires = renewed + TimeSpan.FromMinutes(5),
            },
            CatalogJson.Files.LeaseRecord);
    }

    private void Plant(LeaseMode mode, OwnerMark owner, DateTimeOffset at, DateTimeOffset? modified = null) =>
        _store.Objects["shop/locks/" + LeaseRecord.Name(mode, "0123456789abcdef", 1)] = (Record("0123456789abcdef", owner, at), modified ?? at);

    /// <summary>Does something just after the first object was written.</summary>
    private sealed class Interloper(IRepository inner, Action then) : IRepository
    {
        public string Name => inner.Name;

        public string Location => inner.Location;

        public bool IsReadOnly => inner.IsReadOnly;

        public async Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct)
        {
            ISink sink = await inner.CreateAsync(key, expectedSize, ct);
            then();
            return sink;
        }

        public Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct) => inner.OpenReadAsync(key, offset, length, ct);

        public Task<StoredObject?> StatAsync(string key, CancellationToken ct) => inner.StatAsync(key, ct);

        public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct) => inner.ListAsync(prefix, ct);

        public Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct) => inner.DeleteAsync(key, ct);

        public Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct) => inner.SweepAsync(prefix, olderThan, ct);

        public Task<long?> FreeSpaceAsync(CancellationToken ct) => inner.FreeSpaceAsync(ct);

        public Task CheckAsync(CancellationToken ct) => inner.CheckAsync(ct);

        public Task<bool> LookAsync(CancellationToken ct) => inner.LookAsync(ct);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
