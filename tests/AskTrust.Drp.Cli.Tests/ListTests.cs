namespace AskTrust.Drp.Cli.Tests;

/// <summary><c>drp list</c> where no repository answers.</summary>
public sealed class ListTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("drp-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_folder_that_is_not_there_is_10()
    {
        var ended = await ListAsync($"here: {{ type: directory, path: {Path.Join(_folder, "missing")} }}");
        Assert.Equal(10, ended.Code);
        Assert.Contains("here", ended.Errors, StringComparison.Ordinal);
        Assert.Empty(ended.Output);
    }

    [Fact]
    public async Task An_empty_list_without_one_repository_is_3_and_does_not_say_that_there_are_no_sets()
    {
        Directory.CreateDirectory(Path.Join(_folder, "here"));
        var ended = await ListAsync($"here: {{ type: directory, path: {Path.Join(_folder, "here")} }}", $"there: {{ type: directory, path: {Path.Join(_folder, "missing")} }}");
        Assert.Equal(3, ended.Code);
        Assert.Contains("there", ended.Errors, StringComparison.Ordinal);
        Assert.Empty(ended.Output);
    }

    private Task<Drp.Ended> ListAsync(params string[] repositories)
    {
        string plan = Path.Join(_folder, "drp.yaml");
        File.WriteAllText(plan, $$"""
            version: 1
            name: shop
            components:
              db: { type: postgresql, url: "postgresql://localhost/shop" }
            repositories:
              {{string.Join("\n  ", repositories)}}
            encryption: none

            """);
        return Drp.WithAsync(new() { ["DRP_STATE"] = Path.Join(_folder, "state"), ["LC_ALL"] = "C" }, "list", "--plan", plan);
    }
}
