using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Fakes;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>Three depths, with and without the private key, and memory of what was verified.</summary>
public sealed class VerifierTests : IDisposable
{
    private const string Old = "20260501T030000Z-full";
    private const string New = "20260502T030000Z-full";
    private readonly MemoryRepository _a = new("a");
    private readonly MemoryRepository _b = new("b");
    private readonly CatalogFixture _fixture;

    public VerifierTests() => _fixture = new CatalogFixture(_a, _b);

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(VerificationDepth.Present)]
    [InlineData(VerificationDepth.Content)]
    [InlineData(VerificationDepth.Archive)]
    public async Task An_intact_set_passes_at_every_depth_in_every_repository(VerificationDepth depth)
    {
        await AddAsync(Old);
        await AddAsync(New);
        int looked = 0;
        List<VerificationResult> results = await VerifyAsync(depth, archive: (_, _, a, plain, ct) => Look(plain, () => looked += a.Role == "dump" ? 1 : 0, ct));
        Assert.Equal([(New, "a"), (New, "b"), (Old, "a"), (Old, "b")], results.Select(r => (r.Id, r.Repository)));
        Assert.All(results, r => Assert.Equal((CheckVerdict.Ok, DrpError.None, 0), (r.Verdict, r.Code, r.Problems.Count)));
        Assert.Equal(depth == VerificationDepth.Present ? 0 : 20, results[0].Bytes);
        Assert.Equal(depth == VerificationDepth.Archive ? 4 : 0, looked);
        Assert.All(await _fixture.ListAsync(), s => Assert.Equal(depth, s.Verified));
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_in_any_object_is_found()
    {
        await AddAsync(New);
        foreach (string key in _a.Objects.Keys.Where(k => k.Contains("/sets/", StringComparison.Ordinal) && !k.EndsWith("RESTORE.md", StringComparison.Ordinal)).ToArray())
        {
            for (int at = 0; at < _a.Objects[key].Bytes.Length; at += 7)
            {
                _a.Damage(key, at);
                VerificationResult r = (await VerifyAsync(VerificationDepth.Content))[0];
                Assert.True(r.Verdict != CheckVerdict.Ok, $"{key} at {at}");
                if (!key.Contains("manifest", StringComparison.Ordinal)) Assert.Equal((CheckVerdict.Failed, DrpError.VerificationFailed), (r.Verdict, r.Code));
                _a.Damage(key, at);
            }
        }
    }

    [Theory]
    [InlineData("db.dump", CheckVerdict.Failed)]
    [InlineData("manifest.json", CheckVerdict.Warning)]
    [InlineData("manifest.json.copy", CheckVerdict.Warning)]
    [InlineData("RESTORE.md", CheckVerdict.Warning)]
    public async Task What_is_missing_truncated_or_too_much_is_found_without_reading_everything(string name, CheckVerdict expected)
    {
        await AddAsync(New);
        string key = $"shop/sets/{New}/{name}";
        var (bytes, modified) = _a.Objects[key];
        _a.Objects.TryRemove(key, out _);
        Assert.Equal(expected, (await VerifyAsync(VerificationDepth.Present))[0].Verdict);
        if (name == "RESTORE.md") return;
        _a.Objects[key] = (bytes[..3], modified);
        Assert.Equal(expected, (await VerifyAsync(VerificationDepth.Present))[0].Verdict);
        _a.Objects[key] = ([], modified);
        Assert.Equal(expected, (await VerifyAsync(VerificationDepth.Present))[0].Verdict);
        _a.Objects[key] = ([.. bytes, 1], modified);
        Assert.Equal(expected, (await VerifyAsync(VerificationDepth.Present))[0].Verdict);
    }

    [Fact]
    public async Task Two_bad_manifests_fail_and_an_unknown_object_is_told()
    {
        await AddAsync(New);
        _a.Objects[$"shop/sets/{New}/extra.bin"] = ([1], default);
        Assert.Equal(CheckVerdict.Warning, (await VerifyAsync(VerificationDepth.Present))[0].Verdict);
        _a.Damage($"shop/sets/{New}/manifest.json", 50);
        _a.Damage($"shop/sets/{New}/manifest.json.copy", 50);
        VerificationResult r = (await VerifyAsync(VerificationDepth.Present))[0];
        Assert.Equal((CheckVerdict.Failed, DrpError.VerificationFailed), (r.Verdict, r.Code));
        _a.Objects.Clear();
        Assert.Equal("b", Assert.Single(await VerifyAsync(VerificationDepth.Present)).Repository);
    }

    [Fact]
    public async Task A_wrong_plain_digest_is_found_though_the_stored_bytes_are_right()
    {
        await AddAsync(New, m => m with { Artifacts = [m.Artifacts[0] with { PlainSha256 = new string('0', 64) }, m.Artifacts[1]] });
        Assert.All(await VerifyAsync(VerificationDepth.Content), r => Assert.Equal(CheckVerdict.Failed, r.Verdict));
    }

    [Fact]
    public async Task Without_the_private_key_the_stored_bytes_are_proven_and_it_is_said()
    {
        await AddAsync(New, m => m with { Artifacts = [.. m.Artifacts.Select(a => a with { Encrypted = true })] });
        foreach (IEncryption? encryption in (IEncryption?[])[null, new NoKey()])
        {
            List<VerificationResult> results = await VerifyAsync(VerificationDepth.Archive, encryption);
            Assert.All(results, r => Assert.Equal((CheckVerdict.Warning, 20, 2), (r.Verdict, r.Bytes, r.Problems.Count)));
            Assert.Contains("no key", results[0].Problems[0], StringComparison.Ordinal);
        }

        // What was not looked into is not remembered as looked into.
        Assert.Equal(VerificationDepth.Content, (await _fixture.ListAsync())[0].Verified);
        _a.Damage($"shop/sets/{New}/db.dump", 3);
        Assert.Equal(CheckVerdict.Failed, (await VerifyAsync(VerificationDepth.Content, new NoKey()))[0].Verdict);
    }

    [Fact]
    public async Task An_archive_that_cannot_be_read_fails()
    {
        await AddAsync(New);
        List<VerificationResult> results = await VerifyAsync(VerificationDepth.Archive, archive: (_, _, a, _, _) => Task.FromResult(a.Role == "dump" ? "not an archive" : null));
        Assert.All(results, r => Assert.Contains("not an archive", Assert.Single(r.Problems), StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_verified_is_remembered_and_a_later_failure_forgets_it()
    {
        await AddAsync(New);
        await VerifyAsync(VerificationDepth.Content);
        FaultyRepository spy = new(_a);
        _fixture.Context = _fixture.Context with { Repositories = [spy, _b] };
        _fixture.Clock.Advance(TimeSpan.FromDays(1));
        List<VerificationResult> again = await VerifyAsync(VerificationDepth.Content, newOnly: true);
        Assert.All(again, r => Assert.True(r.Remembered));
        Assert.True(again[0].Time < _fixture.Clock.GetUtcNow());
        Assert.DoesNotContain(spy.Steps, s => s.Step == RepositoryStep.OpenRead && s.Key.Contains("db.", StringComparison.Ordinal));
        Assert.All(await VerifyAsync(VerificationDepth.Archive, newOnly: true, archive: (_, _, _, _, _) => Task.FromResult<string?>(null)), r => Assert.False(r.Remembered));

        _a.Damage($"shop/sets/{New}/db.dump", 3);
        _fixture.Clock.Advance(TimeSpan.FromDays(1));
        await VerifyAsync(VerificationDepth.Content);
        _fixture.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal([false, true], (await VerifyAsync(VerificationDepth.Content, newOnly: true)).Select(r => r.Remembered));
        CatalogSnapshot snapshot = await new CatalogReader(_fixture.Context).ReadAsync(default);
        Assert.True(snapshot.IsKnownBad(CatalogFixture.Id(New), "a"));
        Assert.False(snapshot.IsKnownBad(CatalogFixture.Id(New), "b"));
    }

    [Fact]
    public async Task A_store_that_breaks_off_is_an_error_but_no_verdict_on_the_set()
    {
        await AddAsync(New);
        _fixture.Context = _fixture.Context with { Repositories = [new FaultyRepository(_a).FailOn(RepositoryStep.Read, "db.dump", new DrpException(DrpError.Unreachable, "cut")), _b] };
        List<VerificationResult> results = await VerifyAsync(VerificationDepth.Content);
        Assert.Equal([DrpError.Unreachable, DrpError.None], results.Select(r => r.Code));
        Assert.Equal(CheckVerdict.Failed, results[0].Verdict);
        Assert.DoesNotContain(_a.Objects.Keys, k => k.StartsWith("shop/verified/", StringComparison.Ordinal));
        _fixture.Context = _fixture.Context with { Repositories = [new FaultyRepository(_a).FailOn(RepositoryStep.List), _b] };
        results = await VerifyAsync(VerificationDepth.Content);
        Assert.Equal(["*", New], results.Select(r => r.Id));
    }

    [Fact]
    public async Task A_restore_test_that_passed_proves_the_set_on_every_host_until_one_fails()
    {
        await AddAsync(New);
        Memory memory = new(_fixture.Context);
        await memory.RememberAsync(Test(CheckVerdict.Failed, DrpError.Unreachable), default);
        Assert.Null((await _fixture.ListAsync())[0].Proven);
        _fixture.Clock.Advance(TimeSpan.FromHours(1));
        await memory.RememberAsync(Test(CheckVerdict.Ok, DrpError.None), default);
        using CatalogFixture elsewhere = new(_b);
        Assert.NotNull((await elsewhere.ListAsync(new() { Proven = true }))[0].Proven);
        _fixture.Clock.Advance(TimeSpan.FromHours(1));
        await memory.RememberAsync(Test(CheckVerdict.Failed, DrpError.VerificationFailed), default);
        Assert.Null((await _fixture.ListAsync())[0].Proven);

        RestoreTestResult Test(CheckVerdict verdict, DrpError code) => new()
        {
            Plan = "p", Product = "shop", Id = New, Repository = "a", Component = "db", Verdict = verdict, Code = code, Where = "cluster",
            Started = _fixture.Clock.GetUtcNow(), Duration = TimeSpan.FromSeconds(5), Phases = [],
        };
    }

    [Fact]
    public async Task A_read_only_repository_is_verified_and_remembered_elsewhere()
    {
        await AddAsync(New);
        MemoryRepository mirror = new("a") { IsReadOnly = true };
        foreach (var o in _a.Objects) mirror.Objects[o.Key] = o.Value;
        int before = mirror.Objects.Count;
        _fixture.Context = _fixture.Context with { Repositories = [mirror, _b] };
        Assert.All(await VerifyAsync(VerificationDepth.Content), r => Assert.Equal(CheckVerdict.Ok, r.Verdict));
        Assert.Equal(before, mirror.Objects.Count);
        Assert.All(await VerifyAsync(VerificationDepth.Content, newOnly: true), r => Assert.True(r.Remembered));
    }

    private static async Task<string?> Look(Stream plain, Action look, CancellationToken ct)
    {
        // Reads a little and leaves the rest, as pg_restore --list does.
        Assert.Equal(3, await plain.ReadAtLeastAsync(new byte[3], 3, cancellationToken: ct));
        look();
        return null;
    }

    /// <summary>A set of two artifacts of ten bytes, neither compressed nor encrypted.</summary>
    private async Task AddAsync(string set, Func<Manifest, Manifest>? change = null)
    {
        SetId id = CatalogFixture.Id(set);
        Manifest manifest = CatalogFixture.NewManifest(id);
        byte[] bytes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        BackupArtifact[] artifacts =
        [
            .. manifest.Artifacts.Select(a => a with
            {
                Name = $"db.{a.Role}", Size = 10, PlainSize = 10, Sha256 = SelfDigest.Of(bytes), PlainSha256 = SelfDigest.Of(bytes), Compression = CompressionKind.None, Encrypted = false,
            }),
        ];
        manifest = manifest with { Artifacts = artifacts };
        manifest = change?.Invoke(manifest) ?? manifest;
        SetWriter writer = new(_fixture.Context, id, _fixture.Context.Repositories);
        foreach (BackupArtifact a in manifest.Artifacts)
        {
            foreach (IRepository repository in _fixture.Context.Repositories)
            {
                await using ISink sink = await writer.CreateAsync(repository, a.Name, 10, default);
                await sink.WriteAsync(bytes, default);
                await sink.CompleteAsync(default);
            }
        }

        Assert.All(await writer.SealAsync(SealedManifest.Seal(manifest), null, "text", default), o => Assert.Equal(RunStatus.Succeeded, o.Status));
    }

    private async Task<List<VerificationResult>> VerifyAsync(VerificationDepth depth, IEncryption? encryption = null, ArchiveCheck? archive = null, bool newOnly = false)
    {
        List<VerificationResult> results = [];
        await foreach (VerificationResult r in new Verifier(_fixture.Context, new(encryption, archive)).VerifyAsync(new() { Depth = depth, NewOnly = newOnly }, default)) results.Add(r);
        return results;
    }

    /// <summary>The protected host: public keys only.</summary>
    private sealed class NoKey : IEncryption
    {
        public IReadOnlyList<string> Recipients => [];

        public Task CheckAsync(CancellationToken ct) => Task.CompletedTask;

        public Task<ISink> EncryptAsync(ISink next, CancellationToken ct) => throw new NotSupportedException();

        public async Task<Stream> DecryptAsync(Stream stored, CancellationToken ct)
        {
            await stored.DisposeAsync();
            throw new DrpException(DrpError.KeyOrPassphrase, "no secret key");
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
