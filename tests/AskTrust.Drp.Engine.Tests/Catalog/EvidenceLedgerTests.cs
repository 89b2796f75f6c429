using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.Local;
using AskTrust.Drp.Engine.Tests.Fakes;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>Nothing can be changed or dropped from the ledger unseen, and no failing store stops an operation.</summary>
public sealed class EvidenceLedgerTests : IDisposable
{
    private readonly MemoryRepository _a = new("a");
    private readonly MemoryRepository _b = new("b");
    private readonly CatalogFixture _fixture;

    public EvidenceLedgerTests() => _fixture = new CatalogFixture(_a, _b);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Records_form_a_chain_that_is_the_same_in_every_copy()
    {
        EvidenceRecord first = await AppendAsync(Ledger(), "one");
        EvidenceRecord second = await AppendAsync(Ledger(), "two");
        Assert.Equal((1, SelfDigest.Zeros), (first.Sequence, first.Previous));
        Assert.Equal((2, first.Digest), (second.Sequence, second.Previous));
        Assert.Equal(["shop/evidence/000000000001.json", "shop/evidence/000000000002.json"], _a.Objects.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(_a.Objects["shop/evidence/000000000002.json"].Bytes, _b.Objects["shop/evidence/000000000002.json"].Bytes);
        Assert.Equal(_a.Objects["shop/evidence/000000000002.json"].Bytes, await File.ReadAllBytesAsync(Path.Combine(_fixture.State, "shop", "evidence", "000000000002.json")));
        Assert.All(await VerifyAsync(), v => Assert.Equal((CheckVerdict.Ok, 2, second.Digest, 0), (v.Verdict, v.Records, v.Head, v.Problems.Count)));
        Assert.Empty(_fixture.Warnings);
    }

    [Fact]
    public async Task An_empty_ledger_is_in_order()
    {
        List<EvidenceVerdict> verdicts = await VerifyAsync();
        Assert.Equal(["state directory", "a", "b"], verdicts.Select(v => v.Copy));
        Assert.DoesNotContain(verdicts, v => v.Verdict is CheckVerdict.Failed or CheckVerdict.Warning);
    }

    [Fact]
    public async Task Every_changed_byte_of_a_record_is_noticed()
    {
        await AppendAsync(Ledger(), "one");
        byte[] bytes = _a.Objects["shop/evidence/000000000001.json"].Bytes;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] changed = [.. bytes];
            changed[i] ^= 4;
            Assert.Null(EvidenceFile.Parse(changed));
        }
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("missing")]
    [InlineData("rewritten")]
    [InlineData("swapped")]
    public async Task Tampering_with_one_copy_is_found_there_and_only_there(string how)
    {
        EvidenceLedger ledger = Ledger();
        for (int i = 1; i <= 5; i++) await AppendAsync(ledger, $"s{i}");
        const string third = "shop/evidence/000000000003.json";
        switch (how)
        {
            case "changed": _a.Damage(third, 100); break;
            case "missing": _a.Objects.TryRemove(third, out _); break;
            case "rewritten":
                EvidenceRecord r = EvidenceFile.Parse(_a.Objects[third].Bytes)!.Record with { Status = RunStatus.Failed };
                _a.Objects[third] = (EvidenceFile.Seal(r).Bytes.ToArray(), default);
                break;
            default: _a.Objects[third] = _a.Objects["shop/evidence/000000000004.json"]; break;
        }

        List<EvidenceVerdict> verdicts = await VerifyAsync();
        Assert.Equal([CheckVerdict.Ok, CheckVerdict.Failed, CheckVerdict.Ok], verdicts.Select(v => v.Verdict));
        Assert.Contains(verdicts[1].Problems, p => p.Contains('3', StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_forgery_in_every_copy_breaks_the_chain_in_every_copy()
    {
        for (int i = 1; i <= 3; i++) await AppendAsync(Ledger(), $"s{i}");
        EvidenceRecord r = EvidenceFile.Parse(_a.Objects["shop/evidence/000000000002.json"].Bytes)!.Record with { Status = RunStatus.Failed };
        byte[] forged = EvidenceFile.Seal(r).Bytes.ToArray();
        _a.Objects["shop/evidence/000000000002.json"] = _b.Objects["shop/evidence/000000000002.json"] = (forged, default);
        await File.WriteAllBytesAsync(Path.Combine(_fixture.State, "shop", "evidence", "000000000002.json"), forged);
        Assert.All(await VerifyAsync(), v => Assert.Equal(CheckVerdict.Failed, v.Verdict));
    }

    [Fact]
    public async Task The_head_is_recovered_from_the_repositories_when_the_state_is_lost()
    {
        await AppendAsync(Ledger(), "one");
        EvidenceRecord second = await AppendAsync(Ledger(), "two");
        Directory.Delete(Path.Combine(_fixture.State, "shop"), recursive: true);
        EvidenceRecord third = await AppendAsync(Ledger(), "three");
        Assert.Equal((3, second.Digest), (third.Sequence, third.Previous));
        Assert.Equal(3, Directory.GetFiles(Path.Combine(_fixture.State, "shop", "evidence")).Length);
        Assert.All(await VerifyAsync(), v => Assert.Equal(CheckVerdict.Ok, v.Verdict));
    }

    [Fact]
    public async Task A_torn_last_record_of_the_state_directory_is_repaired()
    {
        await AppendAsync(Ledger(), "one");
        await AppendAsync(Ledger(), "two");
        string file = Path.Combine(_fixture.State, "shop", "evidence", "000000000002.json");
        await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file))[..50]);
        Assert.Equal(3, (await AppendAsync(Ledger(), "three")).Sequence);
        Assert.All(await VerifyAsync(), v => Assert.Equal((CheckVerdict.Ok, 3), (v.Verdict, v.Records)));
    }

    [Fact]
    public async Task A_repository_that_fails_is_a_warning_and_is_completed_by_the_next_record()
    {
        await AppendAsync(Ledger(), "one");
        _fixture.Context = _fixture.Context with { Repositories = [new FaultyRepository(_a).FailOn(RepositoryStep.BeforeCreate).FailOn(RepositoryStep.Stat).FailOn(RepositoryStep.List), _b] };
        await AppendAsync(Ledger(), "two");
        Assert.Contains(_fixture.Warnings, w => w.Contains("“a”", StringComparison.Ordinal));
        _fixture.Context = _fixture.Context with { Repositories = [_a, _b] };
        EvidenceVerdict behind = (await VerifyAsync())[1];
        Assert.Equal((CheckVerdict.Warning, 1), (behind.Verdict, behind.Records));
        await AppendAsync(Ledger(), "three");
        Assert.All(await VerifyAsync(), v => Assert.Equal((CheckVerdict.Ok, 3), (v.Verdict, v.Records)));
    }

    [Fact]
    public async Task A_sync_completes_every_copy()
    {
        _fixture.Context = _fixture.Context with { Repositories = [_a] };
        for (int i = 1; i <= 3; i++) await AppendAsync(Ledger(), $"s{i}");
        _fixture.Context = _fixture.Context with { Repositories = [_a, _b] };
        await Ledger().SyncAsync(default);
        Assert.Equal(3, _b.Objects.Count);
        Assert.All(await VerifyAsync(), v => Assert.Equal((CheckVerdict.Ok, 3), (v.Verdict, v.Records)));
    }

    [Fact]
    public async Task When_no_copy_can_be_written_that_is_an_error()
    {
        _fixture.Context = _fixture.Context with { Repositories = [new FaultyRepository(_a).FailOn(RepositoryStep.BeforeCreate)] };
        EvidenceLedger ledger = new(_fixture.Context, new FaultyRepository(new MemoryRepository("state directory")).FailOn(RepositoryStep.BeforeCreate));
        await Assert.ThrowsAsync<DrpException>(() => AppendAsync(ledger, "one"));
    }

    [Fact]
    public async Task Two_hosts_that_append_at_once_share_one_chain()
    {
        using CatalogFixture other = new(_a, _b);
        EvidenceLedger[] ledgers = [Ledger(), new(other.Context, new MemoryRepository("state directory"))];
        await Task.WhenAll(ledgers.Select((l, host) => Task.Run(async () =>
        {
            for (int i = 0; i < 15; i++) await AppendAsync(l, $"s{i} of host {host}");
        })));
        Assert.Equal(30, _a.Objects.Count);
        Assert.Equal(30, _b.Objects.Count);
        await Ledger().SyncAsync(default);
        Assert.All(await VerifyAsync(), v => Assert.Equal((CheckVerdict.Ok, 30), (v.Verdict, v.Records)));
    }

    [Fact]
    public async Task Hosts_that_could_not_see_each_other_make_a_branch_that_the_next_record_names()
    {
        await AppendAsync(Ledger(), "one");
        MemoryRepository otherState = new("state directory");
        await AppendAsync(new(_fixture.Context with { Repositories = [_a] }, otherState), "two on h1");
        await AppendAsync(new(_fixture.Context with { Repositories = [_b] }, new MemoryRepository("state directory")), "two on h2");
        await AppendAsync(new(_fixture.Context with { Repositories = [_b] }, new MemoryRepository("state directory")), "three on h2");
        Assert.Contains(await VerifyAsync(), v => v.Verdict == CheckVerdict.Failed);

        await Ledger().SyncAsync(default);
        Assert.All(await VerifyAsync(), v => Assert.Equal(CheckVerdict.Warning, v.Verdict));
        EvidenceRecord fourth = await AppendAsync(Ledger(), "four");
        Assert.Equal(4, fourth.Sequence);
        Assert.Equal(64, fourth.Facts[EvidenceFile.ForkFact].Length);
        Assert.All(await VerifyAsync(), v => Assert.Equal((CheckVerdict.Ok, 4), (v.Verdict, v.Records)));
        Assert.Equal(5, _a.Objects.Count);

        _b.Objects.TryRemove(_b.Objects.Keys.Single(k => k.Length > "shop/evidence/000000000001.json".Length), out _);
        Assert.Equal("five", (await AppendAsync(Ledger(), "five")).Subject);
        Assert.All(await VerifyAsync(), v => Assert.Equal(CheckVerdict.Ok, v.Verdict));
    }

    [Theory]
    [InlineData(nameof(RepositoryStep.BeforeCreate))]
    [InlineData(nameof(RepositoryStep.BeforeComplete))]
    [InlineData(nameof(RepositoryStep.AfterComplete))]
    public async Task A_killed_append_leaves_a_ledger_that_goes_on(string step)
    {
        await AppendAsync(Ledger(), "one");
        // Every later call fails too, in every copy: as after kill -9 at that moment.
        IRepository[] dying = [new FaultyRepository(_a).FailOn(Enum.Parse<RepositoryStep>(step), "000000000002"), new FaultyRepository(_b).FailOn(RepositoryStep.BeforeCreate)];
        EvidenceLedger ledger = new(_fixture.Context with { Repositories = dying }, new FaultyRepository(State()).FailOn(RepositoryStep.BeforeCreate));
        await Record.ExceptionAsync(() => AppendAsync(ledger, "two"));
        await AppendAsync(Ledger(), "three");
        Assert.All(await VerifyAsync(), v => Assert.Equal(CheckVerdict.Ok, v.Verdict));
    }

    [Fact]
    public void The_stored_sample_of_a_record_stays_readable_and_is_written_the_same()
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Catalog", "Samples", "evidence-1.json"));
        EvidenceRecord record = EvidenceFile.Parse(bytes)!.Record;
        Assert.Equal(("backup", RunStatus.Succeeded, 12.346), (record.Operation, record.Status, record.Seconds));
        Assert.Equal(TimeSpan.FromSeconds(3), record.Phases[0].Elapsed);
        Assert.Equal(2, record.Facts.Count);
        Assert.Equal(bytes, EvidenceFile.Seal(record).Bytes.ToArray());
    }

    [Fact]
    public async Task Reading_gives_the_chain_in_order()
    {
        for (int i = 1; i <= 3; i++) await AppendAsync(Ledger(), $"s{i}");
        List<string> subjects = [];
        await foreach (EvidenceRecord r in Ledger().ReadAsync(default)) subjects.Add(r.Subject);
        Assert.Equal(["s1", "s2", "s3"], subjects);
    }

    private DirectoryRepository State() => new DirectoryRepository("state directory", _fixture.State, TimeProvider.System);

    private EvidenceLedger Ledger() => new(_fixture.Context, State());

    private static Task<EvidenceRecord> AppendAsync(EvidenceLedger ledger, string subject) => ledger.AppendAsync(
        new()
        {
            Operation = "backup",
            Subject = subject,
            Status = RunStatus.Succeeded,
            Started = new DateTimeOffset(2026, 5, 4, 3, 0, 0, TimeSpan.Zero),
            Elapsed = TimeSpan.FromSeconds(12.3456),
            Phases = [new("dump", TimeSpan.FromSeconds(3), 1000)],
            Facts = new Dictionary<string, string> { ["digest"] = new('f', 64), ["reason"] = "a\n  \"digest\": \"x\"" },
        },
        default);

    private async Task<List<EvidenceVerdict>> VerifyAsync()
    {
        List<EvidenceVerdict> verdicts = [];
        await foreach (EvidenceVerdict v in new EvidenceVerifier(_fixture.Context, Ledger()).VerifyAsync(default)) verdicts.Add(v);
        return verdicts;
    }
}
