using System.Text.Json;

namespace AskTrust.Drp.Cli.Tests;

/// <summary>The demonstration is run whole: it is the shortest proof that everything works together.</summary>
public sealed class DemoTests
{
    [SkippableFact]
    public async Task The_demonstration_proves_what_it_says_and_leaves_nothing_but_what_is_kept()
    {
        Skip.If(Missing() is { } missing && Environment.GetEnvironmentVariable("CI") != "true", "not installed: " + Missing());
        string parent = Directory.CreateTempSubdirectory("drp-demo-test-").FullName;
        string folder = Path.Combine(parent, "shop");
        try
        {
            var ended = await Drp.WithAsync(new() { ["LANG"] = "fr_FR.UTF-8" }, "demo", "--keep", folder);
            Assert.True(ended.Code == 0, ended.Output + ended.Errors);
            Assert.Contains("DROP TABLE order_line", ended.Output, StringComparison.Ordinal);
            Assert.Contains("recréé : TABLE public.order_line", ended.Output, StringComparison.Ordinal);
            Assert.Contains("la copie endommagée a été refusée", ended.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(await File.ReadAllTextAsync(Path.Combine(folder, "database.password")), ended.Output + ended.Errors, StringComparison.Ordinal);
            Assert.Single(Directory.GetFiles(Path.Combine(folder, "report"), "*.html"));
            // No signing key in the plan: a signature that is there would be an empty one.
            Assert.Empty(Directory.GetFiles(folder, "*.sig", SearchOption.AllDirectories));
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(folder, "state", "tmp")));

            // What is kept is a plan to play with: its repositories still list, verify and restore. Three sets and the WAL, in two places.
            var environment = new Dictionary<string, string> { ["DRP_STATE"] = Path.Combine(folder, "state"), ["DRP_PLAN"] = Path.Combine(folder, "drp.yaml") };
            var listed = await Drp.WithAsync(environment, "list", "--json");
            var sets = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
            Assert.Equal(["base", "safety", "full"], sets.Select(s => s.GetProperty("kind").GetString()));
            Assert.Equal(JsonValueKind.String, sets[2].GetProperty("proven").ValueKind);
            var verified = await Drp.WithAsync(environment, "verify", "--depth", "archive", "--json");
            Assert.True(verified.Code == 0, verified.Output + verified.Errors);
            Assert.Equal(8, verified.Output.Split('\n').Count(l => l.Contains("\"verdict\":\"ok\"", StringComparison.Ordinal)));
            var report = await Drp.WithAsync(environment, "report", "--out", Path.Combine(folder, "again"), "--format", "json");
            Assert.True(report.Code == 0, report.Errors);
            Assert.Single(Directory.GetFiles(Path.Combine(folder, "again")));
            await Drp.WithAsync(environment, "report", "--out", Path.Combine(folder, "fr"), "--format", "markdown", "--lang", "fr");
            Assert.Contains("restauration", await File.ReadAllTextAsync(Directory.GetFiles(Path.Combine(folder, "fr"))[0]), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(parent, recursive: true);
        }
    }

    private static string? Missing() =>
        !Directory.Exists("/usr/lib/postgresql") ? "postgresql" : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(p => File.Exists(Path.Combine(p, "gpg"))) ? null : "gnupg";
}
