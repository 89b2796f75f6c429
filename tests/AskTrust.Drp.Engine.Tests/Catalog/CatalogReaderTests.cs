using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Fakes;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>Listing and finding over several repositories, some of them broken.</summary>
public sealed class CatalogReaderTests : IDisposable
{
    private const string First = "20260501T030000Z-full";
    private const string Second = "20260502T030000Z-full";
    private const string Third = "20260503T030000Z-safety";
    private readonly MemoryRepository _a = new("a");
    private readonly MemoryRepository _b = new("b");
    private readonly CatalogFixture _fixture;

    public CatalogReaderTests() => _fixture = new CatalogFixture(_a, _b);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Sets_of_all_repositories_are_merged_newest_first()
    {
        await _fixture.AddAsync(First);
        await _fixture.AddAsync(Second, to: [_b], components: ["db", "web"]);
        List<BackupSet> sets = await _fixture.ListAsync();
        Assert.Equal([Second, First], sets.Select(s => s.Id));
        Assert.Equal(["b"], sets[0].Repositories);
        Assert.Equal(["db", "web"], sets[0].Components);
        Assert.Equal(["a", "b"], sets[1].Repositories);
        Assert.Equal(4, sets[0].Artifacts.Count);
        Assert.Equal("/plans/shop/drp.yaml", sets[0].Plan);
        Assert.Empty(_fixture.Warnings);
    }

    [Fact]
    public async Task The_second_list_comes_from_the_cache_and_says_the_same()
    {
        await _fixture.AddAsync(First);
        List<BackupSet> cold = await _fixture.ListAsync();
        FaultyRepository spy = new(_a);
        _fixture.Context = _fixture.Context with { Repositories = [spy, _b] };
        List<BackupSet> warm = await _fixture.ListAsync();
        Assert.DoesNotContain(spy.Steps, s => s.Step == RepositoryStep.OpenRead);
        Assert.Equal(cold[0].Artifacts, warm[0].Artifacts);
        Assert.Equal(cold[0] with { Artifacts = [], Components = [], Repositories = [], Warnings = [] }, warm[0] with { Artifacts = [], Components = [], Repositories = [], Warnings = [] });
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage\nmore\n")]
    [InlineData("{\"version\":1,\"location\":\"memory:a\"}\n{\"id\":\"x\"}\n{\"id\":null}\nnull\n")]
    public async Task A_damaged_cache_is_ignored_and_rebuilt(string content)
    {
        await _fixture.AddAsync(First);
        await _fixture.ListAsync();
        string[] files = Directory.GetFiles(_fixture.State, "*.jsonl", SearchOption.AllDirectories);
        Assert.Equal(2, files.Length);
        foreach (string file in files) await File.WriteAllTextAsync(file, content);
        Assert.Equal(First, Assert.Single(await _fixture.ListAsync()).Id);
        Assert.All(files, f => Assert.Contains(First, File.ReadAllText(f), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_repository_that_does_not_answer_is_a_warning_and_the_others_are_listed()
    {
        await _fixture.AddAsync(First);
        _fixture.Context = _fixture.Context with { Repositories = [new FaultyRepository(_a).FailOn(RepositoryStep.List), _b] };
        Assert.Equal(["b"], Assert.Single(await _fixture.ListAsync()).Repositories);
        Assert.Contains(_fixture.Warnings, w => w.Contains("“a”", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_did_not_answer_is_named_unless_another_was_asked_for()
    {
        await _fixture.AddAsync(First);
        CatalogReader reader = new(_fixture.Context with { Repositories = [new FaultyRepository(_a).FailOn(RepositoryStep.List), _b] });
        Assert.Empty(reader.Silent);
        await foreach (BackupSet set in reader.ListAsync(new(), default)) Assert.Equal(["a"], reader.Silent);
        await foreach (BackupSet set in reader.ListAsync(new() { Repository = "b" }, default)) Assert.Empty(reader.Silent);
    }

    [Theory]
    [InlineData(DrpError.RepositoryMissing)]
    [InlineData(DrpError.Unreachable)]
    public async Task When_the_only_repository_does_not_answer_its_error_is_the_error(DrpError code)
    {
        await _fixture.AddAsync(First);
        DrpException gone = new(code, "gone");
        _fixture.Context = _fixture.Context with { Repositories = [new FaultyRepository(_a).FailOn(RepositoryStep.List, "", gone)] };
        Assert.Same(gone, await Assert.ThrowsAsync<DrpException>(() => _fixture.ListAsync()));
    }

    [Fact]
    public async Task When_no_repository_answers_that_is_an_error()
    {
        await _fixture.AddAsync(First);
        _fixture.Context = _fixture.Context with { Repositories = [new FaultyRepository(_a).FailOn(RepositoryStep.List), new FaultyRepository(_b).FailOn(RepositoryStep.List)] };
        var e = await Assert.ThrowsAsync<DrpException>(() => _fixture.ListAsync());
        Assert.Contains("a:", e.Message, StringComparison.Ordinal);
        Assert.Contains("b:", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest.json", true)]
    [InlineData("manifest.json", false)]
    [InlineData("manifest.json.copy", true)]
    [InlineData("manifest.json.copy", false)]
    public async Task One_bad_manifest_of_two_is_a_warning(string name, bool gone)
    {
        await _fixture.AddAsync(First, to: [_a]);
        string key = $"shop/sets/{First}/{name}";
        if (gone) _a.Objects.TryRemove(key, out _);
        else _a.Objects[key] = (_a.Objects[key].Bytes[..200], _a.Objects[key].Modified);
        Assert.Equal(First, Assert.Single(await _fixture.ListAsync()).Id);
        Assert.Single(_fixture.Warnings);
        Assert.Equal(First, Assert.Single(await _fixture.ListAsync()).Id);
        Assert.Equal(2, _fixture.Warnings.Count);
    }

    [Fact]
    public async Task Two_bad_manifests_do_not_list_and_are_named()
    {
        await _fixture.AddAsync(First, to: [_a]);
        await _fixture.AddAsync(Second, to: [_a]);
        _a.Damage($"shop/sets/{First}/manifest.json", 300);
        _a.Damage($"shop/sets/{First}/manifest.json.copy", 300);
        Assert.Equal(Second, Assert.Single(await _fixture.ListAsync()).Id);
        Assert.Contains(_fixture.Warnings, w => w.Contains(First, StringComparison.Ordinal));
        var e = await Assert.ThrowsAsync<DrpException>(() => ManifestStore.ReadAsync(_fixture.Context, _a, CatalogFixture.Id(First), default));
        Assert.Equal(DrpError.VerificationFailed, e.Code);
    }

    [Fact]
    public async Task Manifests_that_differ_though_both_are_good_are_told_when_read()
    {
        await _fixture.AddAsync(First, to: [_a]);
        Manifest other = CatalogFixture.NewManifest(CatalogFixture.Id(First)) with { User = "eve" };
        _a.Objects[$"shop/sets/{First}/manifest.json.copy"] = (SealedManifest.Seal(other).Bytes.ToArray(), default);
        ManifestReading reading = await ManifestStore.ReadAsync(_fixture.Context, _a, CatalogFixture.Id(First), default);
        Assert.Equal("drp", reading.Manifest.User);
        Assert.Single(reading.Warnings);
    }

    [Fact]
    public async Task A_set_that_lacks_an_artifact_does_not_count_as_there()
    {
        await _fixture.AddAsync(First);
        _a.Objects.TryRemove($"shop/sets/{First}/db.dump.zst.gpg", out _);
        Assert.Equal(["b"], Assert.Single(await _fixture.ListAsync()).Repositories);
        _b.Objects[$"shop/sets/{First}/db.dump.zst.gpg"] = ([1], default);
        Assert.Empty(await _fixture.ListAsync());
        Assert.Contains(_fixture.Warnings, w => w.Contains("db.dump.zst.gpg", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Foreign_files_and_hostile_keys_are_ignored()
    {
        await _fixture.AddAsync(First, to: [_a]);
        foreach (string key in (string[])["shop/sets/notes.txt", "shop/sets/20260502T030000Z-full/sub/manifest.json", "shop/sets/20269902T030000Z-full/manifest.json", "other/sets/20260502T030000Z-full/manifest.json"])
            _a.Objects[key] = ([1, 2, 3], default);
        Assert.Equal(First, Assert.Single(await _fixture.ListAsync()).Id);
        Assert.Empty(_fixture.Warnings);
    }

    [Fact]
    public async Task A_copy_without_a_manifest_is_not_shown_while_somebody_writes()
    {
        await _fixture.AddAsync(First, to: [_a]);
        _a.Objects.TryRemove($"shop/sets/{First}/manifest.json", out _);
        await using (await new LeaseKeeper(_fixture.Context).AcquireAsync(_a, LeaseMode.Write, "backup", default))
            Assert.Empty(await _fixture.ListAsync());
        Assert.Single(await _fixture.ListAsync());
    }

    [Fact]
    public async Task Filters_hold_together()
    {
        await _fixture.AddAsync(First);
        await _fixture.AddAsync(Second, to: [_b], components: ["web"]);
        await _fixture.AddAsync(Third);
        async Task<string[]> Of(BackupFilter f) => [.. (await _fixture.ListAsync(f)).Select(s => s.Id)];
        Assert.Equal([Second], await Of(new() { Latest = true }));
        Assert.Equal([Second], await Of(new() { Ids = ["LATEST"] }));
        Assert.Equal([Third], await Of(new() { Latest = true, Kind = "safety" }));
        Assert.Equal([Second], await Of(new() { Ids = ["latest"], Kind = "full" }));
        Assert.Equal([First], await Of(new() { Ids = ["latest"], Kind = "full", Component = "db" }));
        Assert.Equal([Second, First], await Of(new() { Ids = ["*-full"] }));
        Assert.Equal([Second], await Of(new() { Ids = ["20260502*", "nothing?"] }));
        Assert.Equal([Second, First], await Of(new() { Ids = [First, "latest"] }));
        Assert.Equal([Third, First], await Of(new() { Repository = "a" }));
        Assert.Equal([First], await Of(new() { Before = new DateTimeOffset(2026, 5, 2, 3, 0, 0, TimeSpan.Zero) }));
        Assert.Equal([Third, Second], await Of(new() { After = new DateTimeOffset(2026, 5, 2, 3, 0, 0, TimeSpan.Zero) }));
        Assert.Empty(await Of(new() { Proven = true }));
        Assert.Equal(3, (await Of(new() { Proven = false })).Length);
        Assert.Empty(await Of(new() { Ids = ["../*", "\\*"] }));
    }

    [Fact]
    public async Task Finding_what_is_not_there_says_what_to_do()
    {
        await _fixture.AddAsync(First);
        CatalogReader reader = new(_fixture.Context);
        foreach (BackupFilter filter in (BackupFilter[])[new() { Ids = [Second] }, new() { Ids = [First, Second] }, new() { Kind = "safety" }, new() { Ids = ["latest"], Component = "none" }])
        {
            var e = await Assert.ThrowsAsync<DrpException>(() => reader.FindAsync(filter, default));
            Assert.Equal(DrpError.RepositoryMissing, e.Code);
            Assert.NotNull(e.Hint);
        }

        Assert.Equal(DrpError.PlanInvalid, (await Assert.ThrowsAsync<DrpException>(() => reader.FindAsync(new() { Repository = "c" }, default))).Code);
        Assert.Equal(First, Assert.Single(await reader.FindAsync(new() { Ids = [First] }, default)).Set.Id);
    }

    [Fact]
    public async Task The_signature_is_required_and_checked_where_the_plan_pins_a_key()
    {
        await _fixture.AddAsync(First, to: [_a]);
        _fixture.Context = _fixture.Context with { Signature = (bytes, signature, _) => Task.FromResult(signature.Span.SequenceEqual("good"u8) && bytes.Length > 0 ? null : "bad signature") };
        Task<ManifestReading> Read() => ManifestStore.ReadAsync(_fixture.Context, _a, CatalogFixture.Id(First), default);
        Assert.Equal(DrpError.VerificationFailed, (await Assert.ThrowsAsync<DrpException>(Read)).Code);
        _a.Objects[$"shop/sets/{First}/manifest.json.sig"] = ("evil"u8.ToArray(), default);
        Assert.Equal(DrpError.VerificationFailed, (await Assert.ThrowsAsync<DrpException>(Read)).Code);
        _a.Objects[$"shop/sets/{First}/manifest.json.sig"] = ("good"u8.ToArray(), default);
        Assert.Equal(4, (await Read()).Signature!.Value.Length);
    }

    [Fact]
    public async Task A_set_read_anywhere_comes_from_the_first_repository_that_has_a_good_one()
    {
        await _fixture.AddAsync(First);
        _a.Objects.TryRemove($"shop/sets/{First}/manifest.json", out _);
        _a.Objects.TryRemove($"shop/sets/{First}/manifest.json.copy", out _);
        (IRepository from, _) = await ManifestStore.ReadAnyAsync(_fixture.Context, _fixture.Context.Repositories, CatalogFixture.Id(First), default);
        Assert.Equal("b", from.Name);
    }
}
