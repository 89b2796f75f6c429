using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Tests.Plan;

public sealed class PairPlanTests
{
    private const string Two = """
        nodes:
          a: { url: "postgresql://postgres@10.0.0.1/postgres", dataDirectory: /pg/a, unit: postgresql@15-main, ssh: { host: 10.0.0.1, user: root } }
          b: { url: "postgresql://postgres@10.0.0.2/postgres", dataDirectory: /pg/b, ssh: { host: 10.0.0.2, port: 2222 } }
        """;

    [Fact]
    public void A_pair_is_read()
    {
        PairPlan pair = Read(Two + "\nmaximumLag: 1MiB\npatience: 30s\nfence: [off, now]");
        Assert.Equal(["a", "b"], pair.Nodes.Values.Select(n => n.Name));
        Assert.Equal(("postgresql@15-main", "root", 22), (pair.Nodes["a"].Unit, pair.Nodes["a"].Ssh!.User, pair.Nodes["a"].Ssh!.Port));
        Assert.Equal((1L << 20, TimeSpan.FromSeconds(30)), (pair.MaximumLag, pair.Patience));
        Assert.Equal(["off", "now"], pair.Fence);
        Assert.Equal(["http://10.0.0.1:8008"], Read("patroni: { urls: [\"http://10.0.0.1:8008\"] }").Patroni!.Urls);
    }

    [Theory]
    [InlineData("maximumLag: 1MiB", "Either nodes or patroni")]
    [InlineData(Two + "\npatroni: { urls: [\"http://10.0.0.1:8008\"] }", "Either nodes or patroni")]
    [InlineData("nodes: { a: { url: \"postgresql://h/d\", dataDirectory: /pg/a } }", "two nodes")]
    [InlineData("nodes: { a: { url: \"postgresql://h/d\", dataDirectory: pg/ }, b: { url: \"postgresql://h/d\", dataDirectory: /pg } }", "an absolute path")]
    public void What_is_no_pair_is_refused(string pair, string message) =>
        Assert.Contains(Assert.Throws<PlanException>(() => Read(pair)).Problems, p => p.Message.Contains(message, StringComparison.Ordinal));

    [Fact]
    public void Promises_that_a_pair_cannot_keep_are_told()
    {
        string[] Found(string url, string pair, string place = "url: ") =>
            [.. PlanAnalyser.Analyse(PlanReader.Parse(Text(url, pair).Replace("    url: " + url, "    " + place + url, StringComparison.Ordinal), SamplePlans.File)).Where(c => c.Check == "pair").Select(c => c.Message)];
        Assert.Empty(Found("postgresql://a,b/shop?target_session_attrs=read-write", Two));
        Assert.Contains("names one server", Assert.Single(Found("postgresql://a/shop", Two)), StringComparison.Ordinal);
        Assert.Contains("in a container (db)", Assert.Single(Found("db", Two, "container: ")), StringComparison.Ordinal);
        Assert.Contains("loopback", Assert.Single(Found("postgresql://a,b/shop", Two.Replace("@10.0.0.2", "@127.0.0.1", StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    private static PairPlan Read(string pair) => ((PostgreSqlPlan)PlanReader.Parse(Text("postgresql://a,b/shop", pair), SamplePlans.File).Components["db"]).Pair!;

    private static string Text(string url, string pair) => $"""
        version: 1
        name: shop
        components:
          db:
            type: postgresql
            url: {url}
            pair:
              {pair.ReplaceLineEndings("\n").Replace("\n", "\n      ", StringComparison.Ordinal)}
        repositories:
          one: {"{ type: directory, path: repo }"}
        encryption: none
        """;
}
