using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Tests.Plan;

public sealed class PlanAnalyserTests : IDisposable
{
    private const string Sound = """
        version: 1
        name: shop
        objectives: { critical: { rto: 4h, rpo: 6h } }
        components:
          db: { type: postgresql, class: critical, url: "postgresql://u@h/shop" }
        repositories:
          local: { type: directory, path: repo }
          away: { type: sftp, host: backup.example, path: /srv/drp }
        encryption: { passphrase: "${file:keys/pass}" }
        jobs:
          often: { schedule: "0 */6 * * *", keep: { last: 40 } }

        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("drp-plan-");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void A_plan_that_keeps_its_promises_gets_one_good_line()
    {
        var check = Assert.Single(Analyse(Sound));

        Assert.Equal((CheckVerdict.Ok, "plan", (string?)null), (check.Verdict, check.Subject, check.Hint));
    }

    [Theory]
    [InlineData("rpo: 6h", "rpo: 1h", "component db objective: Class “critical” promises to lose at most 1h, but its most frequent job “often” leaves up to 6h between two backups.")]
    [InlineData("*/6 * * *", "8-18 * * 1-5", "component db objective: Class “critical” promises to lose at most 6h, but its most frequent job “often” leaves up to 2d14h between two backups.")]
    [InlineData("schedule: \"0 */6 * * *\", keep: { last: 40 }", "keep: { daily: 7 }", "component db schedule: No scheduled job backs it up.")]
    [InlineData("{ last: 40 }", "{ last: 4, daily: 3 }", "job often retention: Its oldest set is only 3d old. Damage noticed later than that cannot be undone.")]
    [InlineData(", keep: { last: 40 }", "", "job often retention: It has no “keep”: nothing is ever deleted, and the repositories fill up.")]
    [InlineData("last: 40 }", "last: 40 }, repositories: [local]", "job often copies: One copy only, in repository “local”.")]
    [InlineData("path: /srv/drp", "path: /srv/drp, readOnly: true", "job often copies: One copy only, in repository “local”.")]
    [InlineData("host: backup.example", "host: localhost", "job often copies: Every copy is in the same place: this host.")]
    [InlineData("encryption: { passphrase: \"${file:keys/pass}\" }", "encryption: none", "plan encryption: Backups are not encrypted: whoever reads a repository reads the data.")]
    [InlineData("keys/pass", "repo/pass", "repository local key: FOLDER/repo/pass lies inside this repository: who has the backups has the key, and a lost repository takes the key with it.")]
    [InlineData("repositories:", "  two: { type: postgresql, url: \"postgresql://other@h/shop\" }\nrepositories:", "component two duplicate: This is the same database as component “db”.")]
    public void A_promise_without_means_is_a_warning_with_a_hint(string part, string replacement, string expected)
    {
        Assert.Contains(part, Sound, StringComparison.Ordinal);

        var check = Assert.Single(Analyse(Sound.Replace(part, replacement, StringComparison.Ordinal)));

        Assert.Equal(CheckVerdict.Warning, check.Verdict);
        Assert.NotNull(check.Hint);
        Assert.NotEqual(DrpError.None, check.Code);
        Assert.Equal(expected.Replace("FOLDER", _folder.FullName, StringComparison.Ordinal), $"{check.Subject} {check.Check}: {check.Message}");
    }

    [Fact]
    public void A_job_that_may_write_nowhere_fails()
    {
        var check = Assert.Single(Analyse(Sound.Replace("path: repo", "path: repo, readOnly: true", StringComparison.Ordinal).Replace("path: /srv/drp", "path: /srv/drp, readOnly: true", StringComparison.Ordinal)));

        Assert.Equal(CheckVerdict.Failed, check.Verdict);
    }

    [Fact]
    public void A_private_key_on_this_host_is_a_warning_only_when_it_is_there()
    {
        string plan = Sound.Replace(
            "encryption: { passphrase: \"${file:keys/pass}\" }",
            "encryption: { recipients: [0123456789ABCDEF0123456789ABCDEF01234567], publicKeys: [a.asc], privateKey: private.asc }", StringComparison.Ordinal);
        Assert.Equal(CheckVerdict.Ok, Assert.Single(Analyse(plan)).Verdict);

        File.WriteAllText(Path.Combine(_folder.FullName, "private.asc"), "");

        Assert.Equal("key", Assert.Single(Analyse(plan)).Check);
    }

    [Theory]
    [InlineData("['*.tmp']", true)]
    [InlineData("['*.tmp', /sub/backup]", true)]
    [InlineData("[/backup]", false)]
    [InlineData("[backup]", false)]
    [InlineData("['back*']", false)]
    [InlineData("[sets]", false)]
    [InlineData("[/sets]", true)]
    [InlineData("['*/sets']", false)]
    public void A_repository_inside_what_is_saved_is_named_unless_a_rule_leaves_it_out(string exclude, bool named)
    {
        string plan = $$"""
            version: 1
            name: shop
            components: { uploads: { type: files, path: /srv/uploads, exclude: {{exclude}} } }
            repositories: { one: { type: directory, path: /srv/uploads/backup/sets } }
            encryption: none
            """;
        Assert.Equal(named, Analyse(plan).Any(c => c.Check == "place" && c.Message.Contains("/srv/uploads", StringComparison.Ordinal)));
    }

    private IReadOnlyList<PlanCheck> Analyse(string text) => PlanAnalyser.Analyse(PlanReader.Parse(text, Path.Combine(_folder.FullName, "drp.yaml")));
}
