using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary><c>drp list</c> while a repository is away.</summary>
public sealed class SilentRepositoryTests
{
    [SkippableFact]
    public async Task A_list_without_one_repository_shows_the_rest_names_it_and_is_incomplete()
    {
        await using var scene = await Scene.SetAsync();
        var report = await scene.BackUpAsync();
        Directory.Move(scene.Repository("two"), scene.Folder["away"]);

        var (code, output) = await DrpProgram.RunAsync(scene, "list");
        Assert.Equal((int)DrpError.Incomplete, code);
        Assert.Contains(report.Id, output);
        Assert.Contains("two", Assert.Single(output.Split('\n'), l => l.StartsWith("Warning", StringComparison.OrdinalIgnoreCase)));
        (code, output) = await DrpProgram.RunAsync(scene, "list", "--json");
        Assert.Equal((int)DrpError.Incomplete, code);
        Assert.Single(output.Split('\n'), l => l.StartsWith("{\"type\":\"backupSet\"", StringComparison.Ordinal));

        // The one asked for is there.
        Assert.Equal(0, (await DrpProgram.RunAsync(scene, "list", "--repository", "one")).Code);
        Assert.Equal((int)DrpError.RepositoryMissing, (await DrpProgram.RunAsync(scene, "list", "--repository", "two")).Code);

        Directory.Move(scene.Repository("one"), scene.Folder["away too"]);
        (code, output) = await DrpProgram.RunAsync(scene, "list");
        Assert.Equal((int)DrpError.RepositoryMissing, code);
        Assert.DoesNotContain(report.Id, output);
    }
}
