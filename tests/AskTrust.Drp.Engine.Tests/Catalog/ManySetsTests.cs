using System.Diagnostics;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Repositories.Local;
using AskTrust.Drp.TestBed;
using Xunit.Abstractions;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>Runs alone: it measures.</summary>
[CollectionDefinition(nameof(ManySetsTests), DisableParallelization = true)]
public sealed class ManySetsAlone;

/// <summary>Ten thousand sets.</summary>
[Collection(nameof(ManySetsTests))]
public sealed class ManySetsTests(ITestOutputHelper output)
{
    private const int Sets = 10_000;

    [Fact]
    public async Task Ten_thousand_sets_list_within_two_seconds()
    {
        using TestFolder folder = new("many");
        DirectoryRepository repository = new("local", folder.Path, TimeProvider.System);
        using CatalogFixture fixture = new(repository);
        DateTimeOffset start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Parallel.For(0, Sets, i =>
        {
            SetId id = SetId.Of(start.AddHours(i), "full");
            Manifest manifest = CatalogFixture.NewManifest(id);
            string set = Directory.CreateDirectory(folder["shop", "sets", id.ToString()]).FullName;
            foreach (BackupArtifact a in manifest.Artifacts) File.WriteAllBytes(Path.Join(set, a.Name), CatalogFixture.Bytes(id.ToString(), a.Name));
            byte[] bytes = SealedManifest.Seal(manifest).Bytes.ToArray();
            File.WriteAllText(Path.Join(set, Keys.Restore), "text");
            File.WriteAllBytes(Path.Join(set, Keys.Copy), bytes);
            File.WriteAllBytes(Path.Join(set, Keys.Manifest), bytes);
        });

        (TimeSpan Wall, TimeSpan Processor) cold = await ListAsync(fixture);
        (TimeSpan Wall, TimeSpan Processor)[] warm = [await ListAsync(fixture), await ListAsync(fixture)];
        output.WriteLine($"{Sets} sets: {cold} the first time, then {warm[0]} and {warm[1]} (time, processor time)");
        // On a machine busy with other work the clock on the wall says nothing; then our own processor time counts.
        Assert.True(warm.Min(w => w.Wall < w.Processor ? w.Wall : w.Processor) < TimeSpan.FromSeconds(2), $"{cold} {warm[0]} {warm[1]}");
    }

    private static async Task<(TimeSpan Wall, TimeSpan Processor)> ListAsync(CatalogFixture fixture)
    {
        using Process self = Process.GetCurrentProcess();
        long start = Stopwatch.GetTimestamp();
        TimeSpan processor = self.TotalProcessorTime;
        List<BackupSet> sets = await fixture.ListAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        self.Refresh();
        Assert.Equal(Sets, sets.Count);
        Assert.Empty(fixture.Warnings);
        return (elapsed, self.TotalProcessorTime - processor);
    }
}
