using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Tests.Fakes;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>Deleting, with locks, faults and kills at every step.</summary>
public sealed class PrunerTests : IDisposable
{
    private static readonly string[] s_ids = ["20260401T030000Z-full", "20260402T030000Z-full", "20260403T030000Z-full", "20260404T030000Z-full"];
    private static readonly Dictionary<string, JobPlan> s_jobs = new() { ["nightly"] = new() { Name = "nightly", Keep = new() { Last = 2 } } };
    private readonly MemoryRepository _a;
    private readonly MemoryRepository _b;
    private readonly CatalogFixture _fixture;

    public PrunerTests()
    {
        ManualClock early = new(new DateTimeOffset(2026, 4, 5, 0, 0, 0, TimeSpan.Zero));
        (_a, _b) = (new("a", early), new("b", early));
        _fixture = new CatalogFixture(_a, _b);
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_dry_run_says_exactly_what_the_real_run_does_and_changes_nothing()
    {
        await AddAllAsync();
        string[] before = [.. _a.Objects.Keys.Concat(_b.Objects.Keys).Order(StringComparer.Ordinal)];
        List<RetentionDecision> planned = await RetainAsync(new() { DryRun = true });
        Assert.Equal(before, _a.Objects.Keys.Concat(_b.Objects.Keys).Order(StringComparer.Ordinal));
        List<RetentionDecision> done = await RetainAsync(new());
        Assert.All(planned, d => Assert.True(d.Planned));
        Assert.Equal(planned.Select(Line), done.Select(Line));
        Assert.Equal(8, done.Count);
        Assert.Equal(s_ids[2..].Reverse(), (await _fixture.ListAsync()).Select(s => s.Id));
        Assert.All(await RetainAsync(new()), d => Assert.Equal(RetentionAction.Keep, d.Action));
        static string Line(RetentionDecision d) => $"{d.Repository} {d.Id} {d.Action} {string.Join(';', d.Reasons)} {d.Bytes}";
    }

    [Fact]
    public async Task What_a_lock_holds_is_retained_and_stays_whole()
    {
        await AddAllAsync();
        _a.Locked[$"shop/sets/{s_ids[0]}/manifest.json"] = true;
        _a.Locked[$"shop/sets/{s_ids[1]}/manifest.json.copy"] = true;
        List<RetentionDecision> done = await RetainAsync(new() { Repositories = ["a"] });
        Assert.Equal([RetentionAction.Retained, RetentionAction.Retained, RetentionAction.Keep, RetentionAction.Keep], done.Select(d => d.Action));
        Assert.All(done[..2], d => Assert.NotNull(d.Message));
        _fixture.Context = _fixture.Context with { Repositories = [_a] };
        Assert.Equal(4, (await _fixture.ListAsync()).Count);
        Assert.Empty(_fixture.Warnings);
        await SetWriterTests.AssertWholeAsync(_fixture, _a);
    }

    [Fact]
    public async Task A_locked_artifact_is_retained_and_its_set_no_longer_lists()
    {
        await AddAllAsync();
        _a.Locked[$"shop/sets/{s_ids[0]}/db.dump.zst.gpg"] = true;
        RetentionDecision first = (await RetainAsync(new() { Repositories = ["a"] }))[0];
        Assert.Equal(RetentionAction.Retained, first.Action);
        Assert.Equal([$"shop/sets/{s_ids[0]}/db.dump.zst.gpg"], _a.Objects.Keys.Where(k => k.Contains(s_ids[0], StringComparison.Ordinal)));
        _a.Locked.Clear();
        RetentionDecision swept = (await RetainAsync(new() { Repositories = ["a"] }))[0];
        Assert.Equal((RetentionAction.Delete, "leftover of an interrupted run"), (swept.Action, swept.Reasons[0]));
        Assert.DoesNotContain(_a.Objects.Keys, k => k.Contains(s_ids[0], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(nameof(RepositoryStep.BeforeDelete))]
    [InlineData(nameof(RepositoryStep.AfterDelete))]
    public async Task A_deletion_killed_anywhere_leaves_whole_sets_only_and_the_next_run_finishes(string step)
    {
        for (int at = 0; at < 5; at++)
        {
            MemoryRepository store = new("store", new ManualClock(new DateTimeOffset(2026, 4, 5, 0, 0, 0, TimeSpan.Zero)));
            using CatalogFixture fixture = new(store);
            foreach (string id in s_ids) await fixture.AddAsync(id);
            FaultyRepository dying = new FaultyRepository(store).FailOn(Enum.Parse<RepositoryStep>(step), "shop/sets/", skip: at);
            List<RetentionDecision> done = await ToListAsync(new Pruner(fixture.Context with { Repositories = [dying] }).RetainAsync(new(), s_jobs, default));
            Assert.Contains(done, d => d.Action == RetentionAction.Failed && d.Message is not null);
            await SetWriterTests.AssertWholeAsync(fixture, store);
            Assert.Contains(await fixture.ListAsync(), s => s.Id == s_ids[3]);

            await ToListAsync(new Pruner(fixture.Context).RetainAsync(new(), s_jobs, default));
            Assert.Equal([s_ids[3], s_ids[2]], (await fixture.ListAsync()).Select(s => s.Id));
            Assert.Equal(2 * 5, store.Objects.Count);
        }
    }

    [Fact]
    public async Task Foreign_files_stay()
    {
        await AddAllAsync();
        string[] foreign = ["shop/notes.txt", "shop/sets/readme.txt", $"shop/sets/{s_ids[0]}/sub/file", "elsewhere/x", "shop/locks/mine.txt"];
        foreach (string key in foreign) _a.Objects[key] = ([1], default);
        await RetainAsync(new());
        Assert.All(foreign, key => Assert.Contains(key, _a.Objects.Keys));
    }

    [Fact]
    public async Task A_repository_that_somebody_writes_to_is_locked_for_deletion()
    {
        await AddAllAsync();
        await using Lease? writer = await new LeaseKeeper(_fixture.Context).AcquireAsync(_b, LeaseMode.Write, "backup", default);
        var e = await Assert.ThrowsAsync<DrpException>(() => RetainAsync(new()));
        Assert.Equal(DrpError.Locked, e.Code);
        Assert.Contains("backup", e.Message, StringComparison.Ordinal);
        Assert.Equal(4, (await _fixture.ListAsync()).Count);
        Assert.DoesNotContain(_a.Objects.Keys, k => k.StartsWith("shop/locks/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Removing_by_name_spares_what_must_not_go_unless_forced()
    {
        await AddAllAsync();
        await new Memory(_fixture.Context).PinAsync(await new CatalogReader(_fixture.Context).ReadAsync(default), CatalogFixture.Id(s_ids[0]), true, "release", default);
        List<RetentionDecision> done = await RemoveAsync(new() { Ids = [s_ids[0], s_ids[1], s_ids[3]], Repositories = ["a"] });
        Assert.Equal([RetentionAction.Keep, RetentionAction.Delete, RetentionAction.Keep], done.Select(d => d.Action));
        Assert.Equal(["pinned"], done[0].Reasons);
        Assert.Equal(["last good set"], done[2].Reasons);
        Assert.Equal(["asked for"], done[1].Reasons);
        done = await RemoveAsync(new() { Ids = [s_ids[0], s_ids[3]], Force = true });
        Assert.All(done, d => Assert.Equal(RetentionAction.Delete, d.Action));
        Assert.Equal([s_ids[2], s_ids[1]], (await _fixture.ListAsync()).Select(s => s.Id));
        foreach (string id in (string[])["20990101T000000Z-full", "latest", "../x"])
            Assert.Equal(DrpError.RepositoryMissing, (await Assert.ThrowsAsync<DrpException>(() => RemoveAsync(new() { Ids = [id] }))).Code);
    }

    [Fact]
    public async Task Pins_and_marks_of_sets_that_are_gone_everywhere_are_swept()
    {
        await AddAllAsync();
        Memory memory = new(_fixture.Context);
        CatalogSnapshot snapshot = await new CatalogReader(_fixture.Context).ReadAsync(default);
        await memory.PinAsync(snapshot, CatalogFixture.Id(s_ids[0]), true, null, default);
        await memory.PinAsync(await new CatalogReader(_fixture.Context).ReadAsync(default), CatalogFixture.Id(s_ids[0]), false, null, default);
        await RetainAsync(new());
        await RetainAsync(new());
        Assert.DoesNotContain(_a.Objects.Keys, k => k.StartsWith("shop/pins/", StringComparison.Ordinal));
        Assert.Equal(10, _a.Objects.Count);
    }

    [Fact]
    public async Task A_pin_can_be_lifted_and_the_last_word_counts_everywhere()
    {
        await _fixture.AddAsync(s_ids[0], pinned: true);
        Assert.True((await _fixture.ListAsync())[0].Pinned);
        Memory memory = new(_fixture.Context);
        CatalogReader reader = new(_fixture.Context);
        await memory.PinAsync(await reader.ReadAsync(default), CatalogFixture.Id(s_ids[0]), false, null, default);
        Assert.False((await _fixture.ListAsync())[0].Pinned);
        await new Memory(_fixture.Context with { Repositories = [_b] }).PinAsync(await reader.ReadAsync(default), CatalogFixture.Id(s_ids[0]), true, null, default);
        Assert.True((await _fixture.ListAsync())[0].Pinned);
    }

    private async Task AddAllAsync()
    {
        foreach (string id in s_ids) await _fixture.AddAsync(id);
    }

    private Task<List<RetentionDecision>> RetainAsync(RetentionOptions options) => ToListAsync(new Pruner(_fixture.Context).RetainAsync(options, s_jobs, default));

    private async Task<List<RetentionDecision>> RemoveAsync(RemoveOptions options) => await ToListAsync(new Pruner(_fixture.Context).RemoveAsync(options, default));

    private static async Task<List<RetentionDecision>> ToListAsync(IAsyncEnumerable<RetentionDecision> decisions)
    {
        List<RetentionDecision> list = [];
        await foreach (RetentionDecision d in decisions) list.Add(d);
        return list;
    }
}
