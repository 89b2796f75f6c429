using System.Text.Json;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Redis;

/// <summary>How far the parts of one set lie apart.</summary>
public sealed class SkewTests
{
    [SkippableFact]
    public async Task It_is_measured_from_what_the_parts_stand_for_and_shown()
    {
        await using RedisScene scene = await RedisScene.SetAsync();
        await scene.FillAsync();
        scene.Folder.Sub("uploads");
        scene.Folder.Write("uploads/one.txt", "one");
        string cache = $"{{ type: redis, url: \"{scene.Server.Url}\", password: \"${{env:DRP_TEST_REDIS}}\" }}";
        // Two seconds between them; what one component waits for afterwards is no part of it.
        scene.Plan($"{cache}\n  uploads: {{ type: files, path: {scene.Folder["uploads"]}, before: [ {{ run: [sleep, \"2\"] }} ], after: [ {{ run: [sleep, \"3\"] }} ] }}");
        BackupReport backup = await scene.BackUpAsync();
        TimeSpan skew = Assert.NotNull(backup.Skew);
        // Redis tells the moment of its data in whole seconds: up to one of them too early.
        Assert.InRange(skew, TimeSpan.FromSeconds(2), backup.Duration - TimeSpan.FromSeconds(3 - 1));

        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Directory.EnumerateFiles(scene.Folder["one"], "manifest.json", SearchOption.AllDirectories).Single()));
        var parts = manifest.RootElement.GetProperty("components").EnumerateArray().Select(c => (From: c.GetProperty("moment").GetDateTimeOffset(), To: (c.TryGetProperty("until", out JsonElement until) ? until : c.GetProperty("moment")).GetDateTimeOffset())).ToList();
        Assert.Equal(2, parts.Count);
        Assert.Equal((parts.Max(p => p.To) - parts.Min(p => p.From)).TotalSeconds, manifest.RootElement.GetProperty("skew").GetDouble(), 0.001);
        Assert.Equal(skew, (await scene.WithAsync(s => s.ListAsync(new BackupFilter(), default).ToListAsync())).Single().Skew);

        await using ChildProcess drp = DrpProgram.Start(scene.Folder["drp.yaml"], scene.Folder["state"], RedisScene.Password, ["list"]);
        Assert.Equal(0, await drp.WaitAsync());
        Assert.Contains("parts within ", drp.Output, StringComparison.Ordinal);

        // One part has nothing to be apart from.
        scene.Plan(cache);
        Assert.Null((await scene.BackUpAsync()).Skew);
    }
}
