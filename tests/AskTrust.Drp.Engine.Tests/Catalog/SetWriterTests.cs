using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Fakes;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>Half a backup is no backup, wherever it breaks off.</summary>
public sealed class SetWriterTests
{
    private const string Old = "20260501T030000Z-full";
    private const string New = "20260502T030000Z-full";

    public static TheoryData<string, string> Faults()
    {
        TheoryData<string, string> data = [];
        foreach (RepositoryStep step in (RepositoryStep[])[RepositoryStep.BeforeCreate, RepositoryStep.Write, RepositoryStep.BeforeComplete, RepositoryStep.AfterComplete])
        {
            foreach (string key in (string[])["db.dump", "db.globals", "RESTORE.md", "manifest.json.copy", "/manifest.json"]) data.Add(step.ToString(), key);
        }

        data.Add(nameof(RepositoryStep.Stat), "db.dump");
        data.Add(nameof(RepositoryStep.Stat), "db.globals");
        return data;
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_at_any_step_leaves_whole_sets_only(string at, string key)
    {
        RepositoryStep step = Enum.Parse<RepositoryStep>(at);
        MemoryRepository good = new("good");
        MemoryRepository bad = new("bad");
        using CatalogFixture fixture = new(good, bad);
        await fixture.AddAsync(Old);
        // Every cleanup fails too: as after kill -9.
        FaultyRepository faulty = new FaultyRepository(bad).FailOn(step, $"{New}/{key.TrimStart('/')}").FailOn(RepositoryStep.BeforeDelete);
        if (key == "/manifest.json") faulty = new FaultyRepository(bad).FailOn(step, $"{New}/manifest.json", skip: 1).FailOn(RepositoryStep.BeforeDelete);
        fixture.Context = fixture.Context with { Repositories = [good, faulty] };
        IReadOnlyList<RepositoryOutcome> outcomes = await fixture.AddAsync(New);

        Assert.Equal(RunStatus.Succeeded, outcomes[0].Status);
        Assert.Equal(RunStatus.Failed, outcomes[1].Status);
        Assert.NotNull(outcomes[1].Message);
        fixture.Context = fixture.Context with { Repositories = [bad] };
        await AssertWholeAsync(fixture, bad);
        Assert.Contains(await fixture.ListAsync(), s => s.Id == Old);
        fixture.Context = fixture.Context with { Repositories = [good] };
        Assert.Equal([New, Old], (await fixture.ListAsync()).Select(s => s.Id));
    }

    [Fact]
    public async Task What_a_failed_repository_got_is_taken_back()
    {
        MemoryRepository bad = new("bad");
        using CatalogFixture fixture = new(new FaultyRepository(bad).FailOn(RepositoryStep.BeforeComplete, "db.globals"));
        await fixture.AddAsync(New);
        Assert.Empty(bad.Objects);
    }

    [Fact]
    public async Task The_manifest_comes_last_and_its_signature_and_copy_just_before()
    {
        FaultyRepository spy = new(new MemoryRepository());
        using CatalogFixture fixture = new(spy);
        SetId id = CatalogFixture.Id(New);
        SetWriter writer = new(fixture.Context, id, [spy]);
        Manifest manifest = CatalogFixture.NewManifest(id) with { Artifacts = [], Size = 0 };
        Assert.All(await writer.SealAsync(SealedManifest.Seal(manifest), "sig"u8.ToArray(), "text", default), o => Assert.Equal(RunStatus.Succeeded, o.Status));
        Assert.Equal(["RESTORE.md", "manifest.json.sig", "manifest.json.copy", "manifest.json"], spy.Steps.Where(s => s.Step == RepositoryStep.AfterComplete).Select(s => Keys.NameOf(s.Key)));
    }

    [Fact]
    public async Task A_lost_answer_is_no_failure_when_the_same_bytes_are_there()
    {
        MemoryRepository store = new();
        await store.PutAsync("shop/x", new byte[] { 1 }, default);
        await store.PutAsync("shop/x", new byte[] { 1 }, default);
        await Assert.ThrowsAsync<ObjectExistsException>(() => store.PutAsync("shop/x", new byte[] { 2 }, default));
    }

    [Fact]
    public async Task Without_the_lease_no_manifest_is_written()
    {
        MemoryRepository store = new();
        using CatalogFixture fixture = new(store);
        SetId id = CatalogFixture.Id(New);
        SetWriter writer = new(fixture.Context, id, [store], _ => throw new DrpException(DrpError.Locked, "lost"));
        Manifest manifest = CatalogFixture.NewManifest(id) with { Artifacts = [], Size = 0 };
        RepositoryOutcome outcome = Assert.Single(await writer.SealAsync(SealedManifest.Seal(manifest), null, "text", default));
        Assert.Equal((RunStatus.Failed, DrpError.Locked), (outcome.Status, outcome.Code));
        Assert.DoesNotContain(store.Objects.Keys, k => k.Contains("manifest", StringComparison.Ordinal));
    }

    /// <summary>Every set that lists has every object of its manifest.</summary>
    internal static async Task AssertWholeAsync(CatalogFixture fixture, MemoryRepository store)
    {
        foreach (BackupSet set in await fixture.ListAsync())
        {
            ManifestReading reading = await ManifestStore.ReadAsync(fixture.Context, store, CatalogFixture.Id(set.Id), default);
            foreach (BackupArtifact a in reading.Manifest.Artifacts)
                Assert.Equal(a.Sha256, SelfDigest.Of(store.Objects[$"shop/sets/{set.Id}/{a.Name}"].Bytes));
            Assert.Contains($"shop/sets/{set.Id}/RESTORE.md", store.Objects.Keys);
        }
    }
}
