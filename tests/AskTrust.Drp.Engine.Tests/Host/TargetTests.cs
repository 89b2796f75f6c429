using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Tests.Host;

public sealed class TargetTests
{
    [Fact]
    public void This_host_changes_nothing()
    {
        var command = new Command("psql", "-l");
        Assert.Same(command, LocalTarget.Instance.Wrap(command));
    }

    [Fact]
    public void A_container_gets_variables_by_name_and_never_their_values_by_argument()
    {
        var inner = new Command("pg_dump", "-d", "it's")
        {
            Environment = new Dictionary<string, string?> { ["PGPASSWORD"] = "hidden!", ["HOME"] = "/x", ["LANG"] = null },
            WorkingDirectory = "/tmp", RunAs = "postgres", Timeout = TimeSpan.FromSeconds(3),
        };
        Command outer = new ContainerTarget("shop-db-1").Wrap(inner);
        Assert.Equal("docker", outer.Program);
        string[] arguments = [.. outer.Arguments];
        Assert.Equal(["exec", "-i", "-u", "postgres", "-w", "/tmp", "-e"], arguments[..7]);
        Assert.Equal(["-e", "PGPASSWORD", "-e", "HOME=/x", "shop-db-1", "env", "-u", "LANG", "pg_dump", "-d", "it's"], arguments[8..]);
        Assert.DoesNotContain("hidden!", outer.ToString(), StringComparison.Ordinal);
        Assert.Equal("hidden!", outer.Environment["PGPASSWORD"]);
        Assert.False(outer.Environment.ContainsKey("HOME"));
        Assert.Null(outer.RunAs);
        Assert.Equal(inner.Timeout, outer.Timeout);
        Assert.Contains(arguments[7]["DRP_EXEC=".Length..], outer.AfterKill!.Arguments);
    }

    [Fact]
    public void Another_machine_gets_one_line_of_quoted_words_and_no_secret()
    {
        var target = new SshTarget(new SshPlace { Host = "db.example", Port = 2222, User = "root", IdentityFile = "/k" });
        Command outer = target.Wrap(new Command("sh", "-c", "echo \"$1\"", "drp", "it's; rm -rf /") { RunAs = "postgres", Timeout = TimeSpan.FromSeconds(3) });
        Assert.Equal("ssh", outer.Program);
        Assert.Equal(["--", "db.example"], outer.Arguments.SkipLast(1).TakeLast(2));
        Assert.Contains("StrictHostKeyChecking=yes", outer.Arguments);
        string line = outer.Arguments[^1];
        Assert.StartsWith("exec runuser -u 'postgres' -- env DRP_EXEC=", line, StringComparison.Ordinal);
        Assert.EndsWith("""'sh' '-c' 'echo "$1"' 'drp' 'it'\''s; rm -rf /'""", line, StringComparison.Ordinal);
        Assert.NotNull(outer.AfterKill);
        Assert.Throws<ArgumentException>(() => target.Wrap(new Command("psql") { Environment = new Dictionary<string, string?> { ["PGPASSWORD"] = "hidden!" } }));
    }

    [Theory]
    [InlineData("a b  c", new[] { "a", "b", "c" })]
    [InlineData("pass show 'my db'", new[] { "pass", "show", "my db" })]
    [InlineData("a \"b \\\" c\" '' d\\ e", new[] { "a", "b \" c", "", "d e" })]
    [InlineData("x\"y\"z", new[] { "xyz" })]
    [InlineData("a 'open", null)]
    [InlineData("   ", null)]
    public void Commands_are_split_at_blanks_and_quotes_hold_together(string text, string[]? words) => Assert.Equal(words, CommandLine.Split(text));

    [Fact]
    public async Task The_facts_of_this_host_are_known()
    {
        using var host = new TestHost();
        var facts = await HostFacts.CollectAsync(host.Runner, default);
        Assert.Equal(Environment.MachineName, facts.Name);
        Assert.NotEmpty(facts.OperatingSystem);
        Assert.NotEmpty(facts.User);
    }
}
