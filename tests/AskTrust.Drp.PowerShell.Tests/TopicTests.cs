using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.PowerShell.Tests;

/// <summary>What the topics say about the plan is true.</summary>
public sealed class TopicTests
{
    [Theory, InlineData("en-US"), InlineData("fr-FR")]
    public void Every_key_of_the_plan_is_explained(string culture)
    {
        string text = Topic(culture, "about_Drp_Plan") + Topic(culture, "about_Drp_Repositories");
        var words = text.Split([' ', ',', ':', '\n', '\r', '{', '}', '.', ';'], StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        var keys = Keys(JsonNode.Parse(DrpSession.PlanSchema())!).Distinct(StringComparer.Ordinal).ToArray();
        Assert.True(keys.Length > 50);
        Assert.Equal([], keys.Where(k => !words.Contains(k)));
    }

    [Theory, InlineData("en-US", "  Example"), InlineData("fr-FR", "  Exemple")]
    public async Task The_example_plan_is_valid(string culture, string heading)
    {
        string[] lines = [.. Topic(culture, "about_Drp_Plan").ReplaceLineEndings("\n").Split('\n').SkipWhile(l => l != heading).Skip(1).TakeWhile(l => l.Length > 0)];
        await ReadAsync(string.Join('\n', lines.Select(l => l[8..])));
    }

    [Theory, InlineData("en-US"), InlineData("fr-FR")]
    public async Task The_example_repositories_are_valid(string culture)
    {
        string[] lines = [.. Topic(culture, "about_Drp_Repositories").ReplaceLineEndings("\n").Split('\n').Where(l => l.StartsWith("        ", StringComparison.Ordinal)).Select(l => l[8..])];
        string[] repositories = [.. lines.Where((l, i) => l.EndsWith(':') || Above(lines, i))];
        await ReadAsync("version: 1\nname: x\nencryption: none\ncomponents: { db: { type: postgresql, service: db } }\nrepositories:\n" + string.Join('\n', repositories.Select(l => "  " + l)));
        Assert.Equal(4, repositories.Count(l => l.Contains("type: ", StringComparison.Ordinal)));
    }

    // A line of an example: indented by two below a name that ends with a colon.
    private static bool Above(string[] lines, int index)
    {
        if (!lines[index].StartsWith("  ", StringComparison.Ordinal) || lines[index].StartsWith("   ", StringComparison.Ordinal)) return false;
        string? name = lines.Take(index).LastOrDefault(l => l.Length > 0 && l[0] != ' ');
        return name is not null && name.EndsWith(':');
    }

    private static async Task ReadAsync(string yaml)
    {
        string folder = Directory.CreateTempSubdirectory("drp-topic-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Join(folder, "drp.yaml"), yaml);
            await using var session = await DrpSession.OpenAsync(folder, new EngineOptions { StateDirectory = Path.Join(folder, "state") }, CancellationToken.None);
            Assert.NotEmpty(session.Plan.Repositories);
        }
        catch (PlanException e)
        {
            Assert.Fail(string.Join('\n', e.Problems));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> Keys(JsonNode node) => node switch
    {
        JsonObject o => o.SelectMany(p => p.Key == "properties" && p.Value is JsonObject named ? named.Select(n => n.Key).Concat(named.SelectMany(n => Keys(n.Value!))) : p.Value is null ? [] : Keys(p.Value)),
        JsonArray a => a.Where(i => i is not null).SelectMany(i => Keys(i!)),
        _ => [],
    };

    private static string Topic(string culture, string name) => File.ReadAllText(Path.Join(Surface.Root, culture, name + ".help.txt"));
}
