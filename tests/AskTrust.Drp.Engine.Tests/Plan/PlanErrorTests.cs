using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Tests.Plan;

public sealed class PlanErrorTests
{
    /// <summary>The errors of a text as <c>line:column: message</c>.</summary>
    private static string[] Errors(string text, string culture = "en")
    {
        var before = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(culture);
        try
        {
            var error = Assert.Throws<PlanException>(() => PlanReader.Parse(text, SamplePlans.File));
            Assert.Equal(DrpError.PlanInvalid, error.Code);
            Assert.NotNull(error.Hint);
            Assert.All(error.Problems, p => Assert.Equal(SamplePlans.File, p.File));
            return [.. error.Problems.Select(p => $"{p.Line}:{p.Column}: {p.Message}")];
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    [Fact]
    public void Every_error_is_reported_at_once_with_its_place()
    {
        string[] errors = Errors("""
            version: 2
            name: Ask&Trust
            objectives: { critical: { rto: 4 hours, rpo: 1h } }
            components:
              db:
                type: postgres
              api:
                type: postgresql
                klass: critical
                production: yes
                jobs: "2"
                user: 1234
                url: http://example
                connectTimeout: 0s
                connectTimeout: 5s
              ../etc:
                type: postgresql
                class: critcal
                container: x
            repositories:
              local: { type: directory }
              paris: { type: s3, bucket: b1, uploadLimit: 10, accessKey: "${env:A}" }
            compresion: zstd
            jobs:
              nightly: { schedule: "0 3 * *", timeZone: Europe/Pariss, components: [db, apii], repositories: [], keep: { daily: -1 } }
              weekly: { schedule: "@weakly", components: db, keep: {} }
            contacts: []
            """);

        Assert.Equal(
            [
                "1:1: The key “encryption” is missing. How backups are encrypted: to public keys, with a passphrase, or “none”. There is no default: it must be said.",
                "1:10: This program reads plans of version 1.",
                "2:7: Expected a name of 1 to 63 lower-case letters, digits, “-” and “_”, starting with a letter or digit.",
                "3:32: Expected a duration such as 30s, 15m, 4h, 7d or 2w.",
                "6:11: Unknown type. Did you mean “postgresql”?",
                "9:5: Unknown key “klass”. Did you mean “class”?",
                "10:17: Expected true or false.",
                "11:11: In quotes this is text. Expected a whole number from 1 to 64: remove the quotes.",
                "12:11: YAML takes this for a number, a boolean or nothing. Expected text: put it in quotes.",
                "13:10: Expected a connection URL such as postgresql://user@host:5432/database.",
                "14:21: Expected a duration such as 30s, 15m, 4h, 7d or 2w.",
                "15:5: The key “connectTimeout” stands here a second time; the first is on line 14.",
                "16:3: Expected a name of 1 to 63 lower-case letters, digits, “-” and “_”, starting with a letter or digit.",
                "18:12: The plan has no class “critcal”. Did you mean “critical”?",
                "21:10: The key “path” is missing. Folder, local or mounted; a relative path starts at the plan's folder.",
                "22:47: Expected a rate such as 10MiB/s or 500kB/s.",
                "23:1: Unknown key “compresion”. Did you mean “compression”?",
                "25:24: Expected a cron expression of five fields such as \"0 3 * * *\", or @hourly, @daily, @weekly, @monthly, @yearly.",
                "25:45: Expected an IANA time zone such as Europe/Paris or Africa/Douala. Did you mean “Europe/Paris”?",
                "25:77: The plan has no component “apii”. Did you mean “api”?",
                "25:98: Expected a list of at least one: the name of a repository of this plan. Leave the key out where there is nothing to list.",
                "25:117: Expected a whole number from 0 to 100000.",
                "26:23: Expected a cron expression of five fields such as \"0 3 * * *\", or @hourly, @daily, @weekly, @monthly, @yearly. Did you mean “@weekly”?",
                "26:46: Expected a list of at least one: the name of a component of this plan. Leave the key out where there is nothing to list.",
                "26:56: Nothing would be kept by these rules. Give at least one, or leave keep out to keep everything.",
                "27:1: This version does not act on the section “contacts” yet. Remove it, so that the plan promises nothing that is not kept.",
            ],
            errors);
    }

    [Fact]
    public void Errors_speak_French_too()
    {
        string[] errors = Errors(Component("urll: x\n    service: x\n    password: geheim"), "fr");

        Assert.Equal(
            [
                "6:5: Clé inconnue « urll ». Vouliez-vous dire « url » ?",
                "8:15: Un secret ne doit pas figurer dans le plan. Écrivez une référence : ${env:NOM}, ${file:/run/secrets/nom}, ${command:…}, ${vault:chemin#clé} ou ${secret:Nom} — et changez ce secret si le fichier a été partagé.",
            ],
            errors.Select(e => e.Replace('\u00a0', ' ')));
    }

    [Theory]
    [InlineData("hunter2", "A secret must not stand in the plan itself.")]
    [InlineData("\"${hunter2}\"", "This is not a complete reference.")]
    [InlineData("\"${evn:hunter2}\"", "This is not a complete reference.")]
    [InlineData("${command:hunter2 # x}", "This is not a complete reference.")]
    [InlineData("\"${env:X:-hunter2}\"", "${env:…} takes the name")]
    [InlineData("\"${vault:hunter2}\"", "${vault:…} takes a path and a key")]
    [InlineData("[hunter2]", "Expected a reference to a secret")]
    public void A_secret_in_the_plan_is_an_error_that_does_not_repeat_it(string value, string expected)
    {
        string error = Assert.Single(Errors(Component($"url: postgresql://u@h/d\n    password: {value}")));

        Assert.StartsWith($"7:15: {expected}", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgresql://user:hunter2@host/db")]
    [InlineData("postgresql://user:hunter2/more@host/db")]
    [InlineData("postgresql://user:hunter2?more@host/db")]
    [InlineData("postgresql://user:hunter2@more@host/db")]
    [InlineData("postgresql://user:hunter2#more@host/db")]
    [InlineData("postgres://:hunter2@host")]
    [InlineData("postgresql://user@host/db?sslmode=require&password=hunter2")]
    [InlineData("postgresql://user@host/db?Password=hunter2")]
    [InlineData("postgresql://user@host/db?p%61ssword=hunter2")]
    [InlineData("postgresql://user@host/db?sslpassword=hunter2")]
    public void A_password_in_a_url_is_an_error_that_does_not_repeat_it(string url)
    {
        string error = Assert.Single(Errors(Component($"url: \"{url}\"")));

        Assert.StartsWith("6:10: This URL holds a password.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("host=localhost password=hunter2")]
    [InlineData("Host=localhost;Password=hunter2")]
    [InlineData("mysql://user@host/db")]
    [InlineData("postgresql://user@ho st/db")]
    [InlineData("postgresql://user@host:port/db")]
    public void What_is_no_connection_url_is_an_error_that_does_not_repeat_it(string url) =>
        Assert.Equal("6:10: Expected a connection URL such as postgresql://user@host:5432/database.", Assert.Single(Errors(Component($"url: \"{url}\""))));

    [Theory]
    [InlineData("postgresql://")]
    [InlineData("postgresql:///db")]
    [InlineData("postgres://user@/db?host=/run/postgresql")]
    [InlineData("postgresql://%2Frun%2Fpostgresql/db")]
    [InlineData("postgresql://user%40realm@[::1]:5433/db")]
    [InlineData("postgresql://u@a:1,b:2/db?target_session_attrs=any")]
    public void Every_form_of_libpq_url_is_accepted(string url) =>
        Assert.Equal(url, ((PostgreSqlPlan)PlanReader.Parse(Component($"url: \"{url}\""), SamplePlans.File).Components["db"]).Url);

    [Theory]
    [InlineData("user: u", "5:5: How to reach the database is missing: give url, service, container or compose.")]
    [InlineData("service: s\n    container: c", "6:14: “service” cannot stand together with url, container, compose.")]
    [InlineData("container: c\n    compose: { service: s }", "7:14: “compose” cannot stand together with container.")]
    [InlineData("container: --privileged", "6:16: Expected a container or service name: letters, digits, “_”, “.” and “-”.")]
    [InlineData("compose: db", "6:14: Expected a section with keys: service, project.")]
    [InlineData("compose: { project: p }", "6:14: The key “service” is missing. Service in the Compose file.")]
    [InlineData("service: s\n    restoreTest: { assertions: [ { sql: a, equal: 1, atLeast: 1 } ] }", "7:51: “equal” cannot stand together with atLeast, atMost.")]
    [InlineData("service: s\n    restoreTest: { assertions: [ { sql: a, atMost: 1, atLeast: 2 } ] }", "7:64: atLeast is greater than atMost: nothing could pass.")]
    [InlineData("service: s\n    restoreTest: { where: clustre }", "7:27: Expected one of: auto, cluster, container. Did you mean “cluster”?")]
    [InlineData("service: s\n    restoreTest: { command: npm test }", "7:29: Expected a list of at least one: the program, then each argument as an item of its own. Leave the key out where there is nothing to list.")]
    [InlineData("service: s\n    restoreTest:", "7:17: Expected a section with keys: where, image, assertions, command, commandTimeout.")]
    public void Rules_of_components(string keys, string expected) =>
        Assert.Equal(expected, Assert.Single(Errors(Component(keys))));

    [Theory]
    [InlineData("{ type: s3, bucket: b1, endpoint: \"https://key:hunter2@s3\" }", "6:44: The endpoint must not hold credentials. Use accessKey and secretKey with references.")]
    [InlineData("{ type: s3, bucket: b1, endpoint: s3.example }", "6:44: Expected an address such as https://s3.example.org.")]
    [InlineData("{ type: s3, bucket: b1, prefix: a/../b }", "6:42: Expected a prefix such as drp/prod, without “.” or “..” parts.")]
    [InlineData("{ type: s3, bucket: b1, accessKey: hunter2 }", "6:45: A secret must not stand in the plan itself. Write a reference: ${env:NAME}, ${file:/run/secrets/name}, ${command:…}, ${vault:path#key} or ${secret:Name} — and change the secret if this file was ever shared.")]
    [InlineData("{ type: s3, bucket: b1, accessKey: ${env:A}, secretKey: '${env:A}' }", "6:45: Inside { … } or [ … ] a reference needs quotes: \"${…}\". YAML would end it at the brace.")]
    [InlineData("{ type: s3, bucket: b1, secretKey: '${env:A}' }", "6:10: “accessKey” and “secretKey” belong together: give both or neither.")]
    [InlineData("{ type: s3, bucket: b1, kmsKeyId: k }", "6:44: “kmsKeyId” needs “serverSideEncryption: aws:kms”.")]
    [InlineData("{ type: s3, bucket: b1, objectLock: { mode: governance, for: 1d } }", "6:54: Expected one of: GOVERNANCE, COMPLIANCE. Did you mean “GOVERNANCE”?")]
    [InlineData("{ type: rclone, remote: \":s3,secret_access_key=hunter2:b\" }", "6:34: A remote must not hold a secret. Put the option into rclone's configuration (rclone config) and name that remote here.")]
    [InlineData("{ type: rclone, remote: folder }", "6:34: Expected a remote of rclone with a path, such as gcs:bucket/folder.")]
    [InlineData("{ type: sftp, host: -oProxyCommand=x, path: /a }", "6:30: Expected a host name or address.")]
    [InlineData("{ type: sftp, host: h, path: -rf }", "6:39: Expected text.")]
    [InlineData("{ type: ftp }", "6:18: Unknown type. Did you mean “sftp”?")]
    [InlineData("{ path: x }", "6:10: The key “type” is missing. Known: directory, s3, rclone, sftp.")]
    public void Rules_of_repositories(string section, string expected) =>
        Assert.Equal(expected, Assert.Single(Errors(SamplePlans.Small.Replace("{ type: directory, path: backups }", section, StringComparison.Ordinal))));

    [Theory]
    [InlineData("", "1:1: The key “encryption” is missing. How backups are encrypted: to public keys, with a passphrase, or “none”. There is no default: it must be said.")]
    [InlineData("encryption:", "7:12: Expected one of: none — or a section.")]
    [InlineData("encryption: aes", "7:13: Expected one of: none — or a section.")]
    [InlineData("encryption: { signingKey: 0123456789ABCDEF0123456789ABCDEF01234567 }", "7:13: Give either recipients (fingerprints of public keys) or passphrase — or write “encryption: none”.")]
    [InlineData("encryption: { recipients: [89ABCDEF], publicKeys: [a] }", "7:28: Expected the full fingerprint of a key, 40 hexadecimal digits (gpg --list-keys --with-colons); a short key id can be forged.")]
    [InlineData("encryption: { recipients: [0123456789ABCDEF0123456789ABCDEF01234567] }", "7:13: “recipients” needs “publicKeys”.")]
    [InlineData("encryption: { passphrase: hunter2 }", "7:27: A secret must not stand in the plan itself. Write a reference: ${env:NAME}, ${file:/run/secrets/name}, ${command:…}, ${vault:path#key} or ${secret:Name} — and change the secret if this file was ever shared.")]
    [InlineData("encryption: none\ncompression: { algorithm: gzip, level: 12 }", "8:40: Expected a whole number from 1 to 9.")]
    [InlineData("encryption: none\njobs: { j: { schedule: \"0 0 31 2 *\" } }", "8:24: This schedule never comes: there is no such day.")]
    [InlineData("encryption: none\njobs: { j: { components: [db, db] } }", "8:31: This is in the list already.")]
    [InlineData("encryption: none\njobs: { j: { timeZone: ../../etc/passwd } }", "8:24: Expected an IANA time zone such as Europe/Paris or Africa/Douala.")]
    [InlineData("encryption: none\ndrills: {}", "8:1: This version does not act on the section “drills” yet. Remove it, so that the plan promises nothing that is not kept.")]
    public void Rules_of_the_rest(string section, string expected) =>
        Assert.Equal(expected, Assert.Single(Errors(SamplePlans.Small.Replace("encryption: none", section, StringComparison.Ordinal))));

    [Fact]
    public void Two_repositories_in_one_place_are_an_error() =>
        Assert.Equal(
            "7:3: The repositories “copy” and “local” are the same place. Two copies need two places.",
            Assert.Single(Errors(SamplePlans.Small.Replace("encryption:", $"  copy: {{ type: directory, path: \"{SamplePlans.Folder.Replace(@"\", @"\\", StringComparison.Ordinal)}/backups/\" }}\nencryption:", StringComparison.Ordinal))));

    [Theory]
    [InlineData("", "1:1: The file is empty.")]
    [InlineData("# only a comment\n", "1:1: The file is empty.")]
    [InlineData("- a\n- b\n", "1:1: Expected a section with keys: version, name")]
    [InlineData("just text", "1:1: Expected a section with keys: version, name")]
    [InlineData("name: a\n\tversion: 1\n\tx: 2\n", "2:1: This line is indented with a tab.", "3:1: This line is indented with a tab.")]
    [InlineData("name: {a: b\n", "2:1: Inside { … } a comma or the closing brace is missing")]
    [InlineData("name: [a, b\n", "2:1: Inside [ … ] a comma or the closing bracket is missing")]
    [InlineData("name: \"a\nversion: 1\n", "1:7: The quote opened here is never closed.")]
    [InlineData("name: 'a\nversion: 1\n", "1:7: The quote opened here is never closed.")]
    [InlineData("name: [a,\nversion: 1\n", "1:9: Inside [ … ] a comma or the closing bracket is missing")]
    [InlineData("name: {a: b,\nversion: 1\n", "1:12: Inside { … } a comma or the closing brace is missing")]
    [InlineData("name: \"a\\q\"", "1:7: Unknown “\\” sequence.")]
    [InlineData("name: a: b", "1:8: Unexpected “: ”.")]
    [InlineData("name: @a", "1:7: A value cannot start with this character")]
    [InlineData("name:\n   a: b\n  c: d\n", "3:3: The indentation does not fit")]
    [InlineData("name: *a", "1:7: “*name” uses an anchor")]
    [InlineData("name: !secret a", "1:7: Tags (“!…”) are not used in plans.", "1:1: ")]
    [InlineData("? [a]\n: b", "1:3: A key must be a single word.", "1:1: ")]
    [InlineData("--- a\n--- b\n", "2:1: A plan is one document")]
    [InlineData("a\u0001b: c", "1:2: The character U+0001 is not allowed in a plan.")]
    [InlineData("x: a\uFDD0b", "1:5: The character U+FDD0 is not allowed in a plan.")]
    [InlineData("a: b\nc\u0000", "2:2: This is a binary file, not a plan.")]
    public void What_is_no_plan_is_said_in_plain_words(string text, params string[] expected)
    {
        string[] errors = Errors(text);

        Assert.All(expected, e => Assert.Contains(errors, found => found.StartsWith(e, StringComparison.Ordinal)));
    }

    [Fact]
    public void Nested_aliases_are_refused_before_they_explode()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) text.AppendLine(CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]");

        Assert.Equal("5:5: More than 20000 values, aliases (“*name”) counted each time. Write the values out.", Assert.Single(Errors(text.ToString())));
    }

    [Fact]
    public void A_bottomless_nesting_is_refused() =>
        Assert.Equal("1:26: Nested more than 24 levels deep. No section of a plan needs that.", Assert.Single(Errors(new string('[', 100_000))));

    [Fact]
    public void A_plain_alias_works()
    {
        var plan = PlanReader.Parse(SamplePlans.Small.Replace("encryption", "jobs:\n  a: { schedule: \"@daily\", keep: &keep { daily: 7 } }\n  b: { schedule: \"@weekly\", keep: *keep }\nencryption", StringComparison.Ordinal), SamplePlans.File);

        Assert.Equal(7, plan.Jobs["b"].Keep!.Daily);
    }

    [Fact]
    public void Merge_keys_are_refused() =>
        Assert.Contains(Errors("a: &x { b: c }\nd:\n  <<: *x\n"), e => e.StartsWith("3:3: Merge keys (“<<”) are not supported", StringComparison.Ordinal));

    [Fact]
    public void Windows_line_ends_and_tabs_after_colons_and_comments_do_no_harm()
    {
        string text = "\t# a comment\r\n" + SamplePlans.Small.ReplaceLineEndings("\r\n").Replace("name: shop", "name:\tshop", StringComparison.Ordinal);

        Assert.Equal("shop", PlanReader.Parse(text, SamplePlans.File).Name);
        Assert.Equal("3:7: Expected a name of 1 to 63 lower-case letters, digits, “-” and “_”, starting with a letter or digit.", Assert.Single(Errors(text.Replace("shop\r", "Shop\r", StringComparison.Ordinal))));
    }

    /// <summary>A plan whose only component has these keys, the first on line 6.</summary>
    private static string Component(string keys) => $"""
        version: 1
        name: shop
        components:
          db:
            type: postgresql
            {keys}
        repositories:
          local: {"{ type: directory, path: backups }"}
        encryption: none
        """;
}
