using System.Security.Cryptography;
using System.Text;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Contracts;

/// <summary>
/// What every driver of <see cref="IRepository"/> must do, sentence by sentence. A driver inherits it and says how to open an
/// empty repository; this file is compiled into both test projects.
/// </summary>
public abstract class RepositoryContract : IAsyncLifetime
{
    private static int s_folders;
    private readonly string _folder = $"contract/{Environment.ProcessId}-{Interlocked.Increment(ref s_folders)}/";
    private IRepository? _repository;

    /// <summary>False where the store itself offers no exclusive creation, so that two creators at the same instant may both win (with the same key, one content).</summary>
    private protected virtual bool CreatesExclusively => true;

    /// <summary>Bytes of the large object.</summary>
    private protected virtual int LargeSize => 64 << 20;

    /// <summary>Opens the repository under test; skips where its server is missing.</summary>
    private protected abstract Task<IRepository> OpenAsync();

    /// <summary>Leaves behind what a killed writer of that key leaves behind; false where such a writer leaves nothing.</summary>
    private protected abstract Task<bool> LeaveUnfinishedAsync(string key);

    /// <inheritdoc/>
    public Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual async Task DisposeAsync()
    {
        if (_repository is not null) await _repository.DisposeAsync();
    }

    /// <summary>A key of this test alone.</summary>
    private protected string Key(string name) => _folder + name;

    private protected async Task<IRepository> RepositoryAsync() => _repository ??= await OpenAsync();

    private protected static async Task PutAsync(IRepository repository, string key, byte[] bytes)
    {
        await using ISink sink = await repository.CreateAsync(key, bytes.Length, default);
        await sink.WriteAsync(bytes, default);
        await sink.CompleteAsync(default);
    }

    private protected static async Task<byte[]> GetAsync(IRepository repository, string key, long offset = 0, long? length = null)
    {
        await using Stream stream = await repository.OpenReadAsync(key, offset, length, default);
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private protected static async Task<List<StoredObject>> ListAsync(IRepository repository, string prefix)
    {
        List<StoredObject> found = [];
        await foreach (StoredObject o in repository.ListAsync(prefix, default)) found.Add(o);
        return found;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [SkippableFact]
    public async Task What_was_put_comes_back_and_is_listed_with_size_and_time()
    {
        IRepository repository = await RepositoryAsync();
        DateTimeOffset before = DateTimeOffset.UtcNow;
        await PutAsync(repository, Key("a/b.txt"), Bytes("hello"));
        Assert.Equal("hello"u8.ToArray(), await GetAsync(repository, Key("a/b.txt")));
        StoredObject stat = (await repository.StatAsync(Key("a/b.txt"), default))!;
        Assert.Equal((Key("a/b.txt"), 5L), (stat.Key, stat.Size));
        Assert.InRange(stat.Modified, before.AddSeconds(-10), DateTimeOffset.UtcNow.AddSeconds(10));
        StoredObject listed = Assert.Single(await ListAsync(repository, Key("")));
        Assert.Equal((stat.Key, stat.Size), (listed.Key, listed.Size));
        Assert.InRange(listed.Modified, stat.Modified.AddSeconds(-1), stat.Modified.AddSeconds(1));
    }

    [SkippableFact]
    public async Task An_object_of_no_bytes_is_an_object()
    {
        IRepository repository = await RepositoryAsync();
        await using (ISink sink = await repository.CreateAsync(Key("empty"), null, default)) await sink.CompleteAsync(default);
        Assert.Empty(await GetAsync(repository, Key("empty")));
        Assert.Equal(0, (await repository.StatAsync(Key("empty"), default))!.Size);
        Assert.Single(await ListAsync(repository, Key("")));
    }

    [SkippableFact]
    public async Task What_is_not_there_is_missing()
    {
        IRepository repository = await RepositoryAsync();
        Assert.Null(await repository.StatAsync(Key("no/such"), default));
        var e = await Assert.ThrowsAsync<ObjectMissingException>(() => GetAsync(repository, Key("no/such")));
        Assert.Equal(Key("no/such"), e.Key);
        await Assert.ThrowsAsync<ObjectMissingException>(() => GetAsync(repository, Key("no/such"), 10, 10));
        await Assert.ThrowsAsync<ObjectMissingException>(() => GetAsync(repository, Key("no/such"), 0, 0));
        Assert.Empty(await ListAsync(repository, Key("no/")));
    }

    [SkippableFact]
    public async Task A_folder_is_no_object()
    {
        IRepository repository = await RepositoryAsync();
        await PutAsync(repository, Key("folder/x"), Bytes("x"));
        Assert.Null(await repository.StatAsync(Key("folder"), default));
        await Assert.ThrowsAsync<ObjectMissingException>(() => GetAsync(repository, Key("folder")));
        Assert.Single(await ListAsync(repository, Key("")));
    }

    [SkippableFact]
    public async Task A_range_is_read_exactly()
    {
        IRepository repository = await RepositoryAsync();
        await PutAsync(repository, Key("r"), Bytes("0123456789"));
        (long Offset, long? Length, string Expected)[] ranges = [(0, 1, "0"), (3, 4, "3456"), (9, 1, "9"), (5, null, "56789"), (0, 10, "0123456789"), (4, 0, ""), (10, null, ""), (10, 0, "")];
        foreach (var (offset, length, expected) in ranges)
            Assert.Equal((offset, length, expected), (offset, length, Encoding.UTF8.GetString(await GetAsync(repository, Key("r"), offset, length))));
    }

    [SkippableFact]
    public async Task A_range_beyond_the_end_is_never_a_silent_short_read()
    {
        IRepository repository = await RepositoryAsync();
        await PutAsync(repository, Key("r"), Bytes("0123456789"));
        foreach (var (offset, length) in ((long, long)[])[(5, 6), (10, 1), (25, 5)])
            await Assert.ThrowsAsync<EndOfStreamException>(() => GetAsync(repository, Key("r"), offset, length));
    }

    [SkippableFact]
    public async Task A_reader_may_stop_early_and_another_read_at_once()
    {
        IRepository repository = await RepositoryAsync();
        byte[] bytes = RandomNumberGenerator.GetBytes(3 << 20);
        await PutAsync(repository, Key("big"), bytes);
        for (int i = 0; i < 5; i++)
        {
            await using Stream stream = await repository.OpenReadAsync(Key("big"), i, null, default);
            byte[] first = new byte[100];
            await stream.ReadExactlyAsync(first);
            Assert.Equal(bytes.AsSpan(i, 100).ToArray(), first);
        }

        Assert.Equal(bytes, await GetAsync(repository, Key("big")));
    }

    [SkippableFact]
    public async Task An_unfinished_object_is_not_visible()
    {
        IRepository repository = await RepositoryAsync();
        await using ISink sink = await repository.CreateAsync(Key("x"), 10, default);
        await sink.WriteAsync(Bytes("01234"), default);
        await AssertNothingAsync(repository);
        await sink.WriteAsync(Bytes("56789"), default);
        await sink.CompleteAsync(default);
        Assert.Equal("0123456789"u8.ToArray(), await GetAsync(repository, Key("x")));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(20 << 20)]
    public async Task An_abandoned_put_leaves_no_visible_object(int written)
    {
        IRepository repository = await RepositoryAsync();
        await using (ISink sink = await repository.CreateAsync(Key("x"), null, default))
        {
            byte[] piece = new byte[1 << 20];
            for (int left = written; left > 0; left -= piece.Length) await sink.WriteAsync(piece.AsMemory(0, Math.Min(left, piece.Length)), default);
        }

        await AssertNothingAsync(repository);
        await PutAsync(repository, Key("x"), Bytes("now"));
        Assert.Equal("now"u8.ToArray(), await GetAsync(repository, Key("x")));
    }

    [SkippableFact]
    public async Task A_cancelled_put_leaves_no_visible_object()
    {
        IRepository repository = await RepositoryAsync();
        using var stop = new CancellationTokenSource();
        await using (ISink sink = await repository.CreateAsync(Key("x"), null, stop.Token))
        {
            await sink.WriteAsync(new byte[12 << 20], stop.Token);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await sink.WriteAsync(new byte[1 << 20], stop.Token));
        }

        await AssertNothingAsync(repository);
    }

    [SkippableFact]
    public async Task Completing_with_a_cancelled_token_leaves_no_visible_object()
    {
        IRepository repository = await RepositoryAsync();
        await using (ISink sink = await repository.CreateAsync(Key("x"), null, default))
        {
            await sink.WriteAsync(Bytes("abc"), default);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sink.CompleteAsync(new CancellationToken(canceled: true)));
        }

        await AssertNothingAsync(repository);
    }

    [SkippableFact]
    public async Task Nothing_is_begun_with_a_cancelled_token()
    {
        IRepository repository = await RepositoryAsync();
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => repository.CreateAsync(Key("x"), null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => repository.OpenReadAsync(Key("x"), 0, null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => repository.StatAsync(Key("x"), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => repository.DeleteAsync(Key("x"), cancelled));
    }

    [SkippableTheory]
    [InlineData(3)]
    [InlineData(18 << 20)]
    public async Task An_object_is_never_overwritten(int size)
    {
        IRepository repository = await RepositoryAsync();
        await PutAsync(repository, Key("x"), Bytes("first"));
        var e = await Assert.ThrowsAsync<ObjectExistsException>(() => PutAsync(repository, Key("x"), new byte[size]));
        Assert.Equal(Key("x"), e.Key);
        Assert.Equal("first"u8.ToArray(), await GetAsync(repository, Key("x")));
    }

    [SkippableTheory]
    [InlineData(7)]
    [InlineData(10 << 20)]
    public async Task What_appears_while_we_write_is_not_overwritten(int size)
    {
        IRepository repository = await RepositoryAsync();
        await using (ISink slow = await repository.CreateAsync(Key("x"), null, default))
        {
            await slow.WriteAsync(new byte[size], default);
            await PutAsync(repository, Key("x"), Bytes("first"));
            await Assert.ThrowsAsync<ObjectExistsException>(() => slow.CompleteAsync(default));
        }

        Assert.Equal("first"u8.ToArray(), await GetAsync(repository, Key("x")));
    }

    [SkippableFact]
    public async Task Of_creators_at_the_same_instant_exactly_one_wins()
    {
        IRepository repository = await RepositoryAsync();
        for (int round = 0; round < 5; round++)
        {
            string key = Key($"race{round}");
            byte[]?[] winners = await Task.WhenAll(Enumerable.Range(0, 4).Select(async n =>
            {
                byte[] mine = Bytes($"creator {n}");
                try
                {
                    await PutAsync(repository, key, mine);
                    return mine;
                }
                catch (ObjectExistsException)
                {
                    return null;
                }
            }));
            byte[] stored = await GetAsync(repository, key);
            if (CreatesExclusively) Assert.Equal(Assert.Single(winners, w => w is not null), stored);
            else Assert.Contains(winners, w => w is not null && w.AsSpan().SequenceEqual(stored));
        }
    }

    [SkippableFact]
    public async Task Listing_is_in_ordinal_order_of_whole_keys()
    {
        IRepository repository = await RepositoryAsync();
        string[] names = ["a-b/x", "a.b", "a/x", "a/x-1/y", "a/x.z", "a0", "aB", "a_", "ab", "B", "Z/z", "_1", "-", "0/1/2/3"];
        await Task.WhenAll(names.Select(name => PutAsync(repository, Key(name), Bytes(name))));
        var keys = (await ListAsync(repository, Key(""))).ConvertAll(o => o.Key);
        Assert.Equal(names.Select(Key).Order(StringComparer.Ordinal), keys);
    }

    [SkippableFact]
    public async Task A_prefix_is_a_beginning_of_keys()
    {
        IRepository repository = await RepositoryAsync();
        foreach (string name in (string[])["s/1/m", "s/10/m", "s/2", "t"]) await PutAsync(repository, Key(name), Bytes(name));
        (string Prefix, string[] Names)[] cases =
        [
            ("", ["s/1/m", "s/10/m", "s/2", "t"]), ("s/", ["s/1/m", "s/10/m", "s/2"]), ("s/1", ["s/1/m", "s/10/m"]), ("s/1/", ["s/1/m"]),
            ("s/2", ["s/2"]), ("s/2/", []), ("s/1/m", ["s/1/m"]), ("s/3", []), ("u/v/", []),
        ];
        foreach (var (prefix, names) in cases)
            Assert.Equal(names.Select(Key), (await ListAsync(repository, Key(prefix))).ConvertAll(o => o.Key));
    }

    [SkippableFact]
    public async Task Odd_but_legal_keys_work()
    {
        IRepository repository = await RepositoryAsync();
        string[] names = ["...", ".hidden", "..x/y..", "-rf", "--help/-", "_/_/_/_/_/_/_/_/_/_/_/_", "20260131T235959Z-full/db.dump.zst.gpg", "CON", "aA"];
        await Task.WhenAll(names.Select(name => PutAsync(repository, Key(name), Bytes(name))));
        Assert.Equal(names.Select(Key).Order(StringComparer.Ordinal), (await ListAsync(repository, Key(""))).ConvertAll(o => o.Key));
        foreach (string name in names)
        {
            Assert.Equal(Bytes(name), await GetAsync(repository, Key(name)));
            Assert.Equal(DeleteOutcome.Deleted, await repository.DeleteAsync(Key(name), default));
            Assert.Null(await repository.StatAsync(Key(name), default));
        }

        Assert.Empty(await ListAsync(repository, Key("")));
    }

    [SkippableFact]
    public async Task A_segment_may_be_long()
    {
        IRepository repository = await RepositoryAsync();
        string name = new('n', 200);
        await PutAsync(repository, Key(name), Bytes("x"));
        Assert.Equal(Key(name), Assert.Single(await ListAsync(repository, Key(""))).Key);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("../a")]
    [InlineData("a/./b")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("é")]
    [InlineData("a:b")]
    [InlineData("~drp-x")]
    [InlineData("*")]
    [InlineData("$(x)")]
    public async Task Illegal_keys_are_refused(string key)
    {
        IRepository repository = await RepositoryAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => repository.CreateAsync(key, null, default));
        await Assert.ThrowsAsync<ArgumentException>(() => repository.OpenReadAsync(key, 0, null, default));
        await Assert.ThrowsAsync<ArgumentException>(() => repository.StatAsync(key, default));
        await Assert.ThrowsAsync<ArgumentException>(() => repository.DeleteAsync(key, default));
        if (key.Length > 0 && key is not ("a/" or "." or ".."))
        {
            await Assert.ThrowsAsync<ArgumentException>(() => ListAsync(repository, key));
            await Assert.ThrowsAsync<ArgumentException>(() => repository.SweepAsync(key, TimeSpan.Zero, default));
        }
    }

    [SkippableFact]
    public async Task A_large_object_of_unknown_size_comes_back_bit_for_bit()
    {
        IRepository repository = await RepositoryAsync();
        using var written = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = RandomNumberGenerator.GetBytes((1 << 20) + 7);
        await using (ISink sink = await repository.CreateAsync(Key("large"), null, default))
        {
            for (int left = LargeSize; left > 0; left -= piece.Length)
            {
                piece[0]++;
                var now = piece.AsMemory(0, Math.Min(left, piece.Length));
                written.AppendData(now.Span);
                await sink.WriteAsync(now, default);
                // The buffer is ours again as soon as the call returns.
                now.Span[..64].Clear();
            }

            await sink.CompleteAsync(default);
        }

        Assert.Equal(LargeSize, (await repository.StatAsync(Key("large"), default))!.Size);
        await using Stream stream = await repository.OpenReadAsync(Key("large"), 0, null, default);
        Assert.Equal(Convert.ToHexString(written.GetHashAndReset()), Convert.ToHexString(await SHA256.HashDataAsync(stream)));
    }

    [SkippableFact]
    public async Task Deleting_twice_is_deleting()
    {
        IRepository repository = await RepositoryAsync();
        await PutAsync(repository, Key("d/x"), Bytes("x"));
        await PutAsync(repository, Key("d/y"), Bytes("y"));
        Assert.Equal(DeleteOutcome.Deleted, await repository.DeleteAsync(Key("d/x"), default));
        Assert.Equal(DeleteOutcome.Deleted, await repository.DeleteAsync(Key("d/x"), default));
        Assert.Equal(DeleteOutcome.Deleted, await repository.DeleteAsync(Key("never/was"), default));
        Assert.Equal(Key("d/y"), Assert.Single(await ListAsync(repository, Key(""))).Key);
        await PutAsync(repository, Key("d/x"), Bytes("again"));
        Assert.Equal("again"u8.ToArray(), await GetAsync(repository, Key("d/x")));
    }

    [SkippableFact]
    public async Task A_sweep_takes_old_leftovers_and_nothing_else()
    {
        IRepository repository = await RepositoryAsync();
        await PutAsync(repository, Key("s/done"), Bytes("done"));
        bool left = await LeaveUnfinishedAsync(Key("s/killed"));
        Assert.Equal(Key("s/done"), Assert.Single(await ListAsync(repository, Key(""))).Key);
        Assert.Equal(0, await repository.SweepAsync(Key(""), TimeSpan.FromHours(1), default));
        Assert.Equal(0, await repository.SweepAsync(Key("other/"), TimeSpan.FromSeconds(-60), default));
        Assert.Equal(left ? 1 : 0, await repository.SweepAsync(Key("s/"), TimeSpan.FromSeconds(-60), default));
        Assert.Equal(0, await repository.SweepAsync(Key(""), TimeSpan.FromSeconds(-60), default));
        Assert.Equal("done"u8.ToArray(), await GetAsync(repository, Key("s/done")));
    }

    [SkippableFact]
    public async Task Many_may_work_at_once()
    {
        IRepository repository = await RepositoryAsync();
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async n =>
        {
            byte[] bytes = RandomNumberGenerator.GetBytes(1000 + n);
            await PutAsync(repository, Key($"m/{n % 3}/{n}"), bytes);
            Assert.Equal(bytes, await GetAsync(repository, Key($"m/{n % 3}/{n}")));
            if (n % 2 == 0) await repository.DeleteAsync(Key($"m/{n % 3}/{n}"), default);
        }));
        Assert.Equal(12, (await ListAsync(repository, Key("m/"))).Count);
    }

    [SkippableFact]
    public async Task Free_space_is_told_or_unknown_and_the_check_leaves_nothing()
    {
        IRepository repository = await RepositoryAsync();
        await repository.CheckAsync(default);
        Assert.True(await repository.LookAsync(default));
        Assert.True(await repository.FreeSpaceAsync(default) is null or > 0);
        await AssertNothingAsync(repository);
        Assert.Equal(0, await repository.SweepAsync("", TimeSpan.FromSeconds(-60), default));
        Assert.False(string.IsNullOrWhiteSpace(repository.Name));
        Assert.False(string.IsNullOrWhiteSpace(repository.Location));
    }

    private async Task AssertNothingAsync(IRepository repository)
    {
        Assert.Empty(await ListAsync(repository, _folder));
        Assert.Null(await repository.StatAsync(Key("x"), default));
    }
}
