using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PostgreSql;

[Collection(SampleClusterGroup.Name)]
public sealed class PostgreSqlBackupTests(SampleCluster sample) : IDisposable
{
    private readonly TestContext _context = new();

    public void Dispose() => _context.Dispose();

    [SkippableTheory]
    [InlineData("zoo", 1)]
    [InlineData("zoo", 3)]
    [InlineData("shop", 1)]
    [InlineData("shop", 3)]
    public async Task Rows_counted_in_the_stream_equal_count_star_for_every_table(string database, int jobs)
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        TestBackup backup = await TestBackup.RunAsync(Plan(cluster, database) with { Jobs = jobs }, _context);
        Dictionary<string, long> expected = Counts(await SampleDatabases.CountAsync(cluster, database));
        Assert.Equal(expected.OrderBy(p => p.Key, StringComparer.Ordinal), backup.Database.Rows!.OrderBy(p => p.Key, StringComparer.Ordinal));
        Assert.Equal(database == "zoo" ? 3 : 0, backup.Database.LargeObjects);
        Assert.Equal(jobs > 1, backup.Files.Any(f => f.Role == "data"));
        Assert.Empty(backup.Facts.Warnings);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task The_archives_together_restore_to_a_database_that_dumps_the_same(int jobs)
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        TestBackup backup = await TestBackup.RunAsync(Plan(cluster, "zoo") with { Jobs = jobs, SerializableDeferrable = true }, _context);
        await using PostgreSqlCluster other = await PostgreSqlCluster.StartAsync(new ClusterOptions { Settings = ["wal_level=logical"] });
        await other.SqlAsync("CREATE ROLE zoo_owner; CREATE ROLE \"Zoo Reader\";");
        await other.SqlAsync("CREATE DATABASE zoo");
        string main = backup.Files.Single(f => f.Role == "dump").Path;
        await other.ToolAsync("pg_restore", ["-d", "zoo", "--exit-on-error", "--section=pre-data", main]);
        foreach (var file in backup.Files.Where(f => f.Role is "dump" or "data")) await other.ToolAsync("pg_restore", ["-d", "zoo", "--exit-on-error", "--section=data", file.Path]);
        await other.ToolAsync("pg_restore", ["-d", "zoo", "--exit-on-error", "--section=post-data", main]);
        Assert.Equal(await DumpAsync(cluster), await DumpAsync(other));

        static async Task<string> DumpAsync(PostgreSqlCluster c)
        {
            // Only the tail of a long output is kept by the test bed: hand it over in a file.
            using var folder = new TestFolder("d");
            await c.ToolAsync("pg_dump", ["-f", folder["dump.sql"]], "zoo");
            // Newer minor versions begin a script with a random key.
            string[] lines = await File.ReadAllLinesAsync(folder["dump.sql"]);
            return string.Join('\n', lines.Where(l => !l.StartsWith("\\restrict ", StringComparison.Ordinal) && !l.StartsWith("\\unrestrict ", StringComparison.Ordinal)));
        }
    }

    [SkippableFact]
    public async Task Facts_say_how_the_database_was_made()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        PostgreSqlFacts facts = (await TestBackup.RunAsync(Plan(cluster, "zoo"), _context)).Database;
        Assert.Equal(("zoo", "postgres", "UTF8", "C.UTF-8", "C.UTF-8", "c"), (facts.Database, facts.Owner, facts.Encoding, facts.Collate, facts.Ctype, facts.LocaleProvider));
        Assert.Equal(await cluster.SqlAsync("SELECT system_identifier FROM pg_control_system()"), facts.SystemIdentifier);
        Assert.StartsWith($"pg_dump (PostgreSQL) {facts.Major}.", facts.ToolVersion, StringComparison.Ordinal);
        Assert.Contains("/", facts.Lsn, StringComparison.Ordinal);
        Assert.Equal(["btree_gist", "citext", "hstore", "ltree", "pg_trgm", "pgcrypto", "plpgsql", "unaccent", "uuid-ossp"], facts.Extensions.Keys.Order(StringComparer.Ordinal));
        Assert.Null(facts.Canary);
        Assert.Null(facts.Image);
    }

    [SkippableFact]
    public async Task The_settings_of_a_database_come_back_by_their_statements()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        PostgreSqlFacts facts = (await TestBackup.RunAsync(Plan(cluster, "zoo"), _context)).Database;
        await using PostgreSqlCluster other = await PostgreSqlCluster.StartAsync();
        await other.SqlAsync("CREATE ROLE zoo_owner; CREATE ROLE \"Zoo Reader\";");
        await other.SqlAsync("CREATE DATABASE zoo");
        await other.SqlAsync(string.Join('\n', facts.DatabaseSettings).Replace(":\"db\"", "zoo", StringComparison.Ordinal));
        const string state = """
            SELECT datconnlimit, datacl, shobj_description(d.oid, 'pg_database'),
                   (SELECT array_agg(coalesce(r.rolname, '-') || s.setconfig::text ORDER BY 1) FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = setrole WHERE setdatabase = d.oid)
            FROM pg_database d WHERE datname = 'zoo'
            """;
        Assert.Equal(await cluster.SqlAsync(state), await other.SqlAsync(state));
        Assert.Contains("🦓", await other.SqlAsync(state), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Globals_bring_roles_back_with_their_passwords()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        TestBackup backup = await TestBackup.RunAsync(Plan(cluster, "shop"), _context);
        string sql = await File.ReadAllTextAsync(backup.Files.Single(f => f.Role == "globals").Path);
        Assert.Contains("CREATE ROLE \"Zoo Reader\"", sql, StringComparison.Ordinal);
        Assert.Contains("SCRAM-SHA-256$", sql, StringComparison.Ordinal);
        Assert.Equal(["db.dump", "db.globals.sql"], backup.Files.Select(f => f.Name));
    }

    [SkippableFact]
    public async Task Hostile_database_names_are_only_names()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        string[] names = ["a b'c\"d\\e", "x=y host=nowhere", "postgresql://evil/x", "--help", "é🦁 %s", "$(id)"];
        foreach (string name in names)
        {
            await cluster.SqlAsync($"CREATE DATABASE {Sql.Identifier(name)}");
            await cluster.ToolAsync("psql", ["-X", "-q", "-c", "CREATE TABLE t AS SELECT generate_series(1, 3) i", $"dbname='{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'"]);
            TestBackup backup = await TestBackup.RunAsync(Plan(cluster, name), _context);
            Assert.Equal(name, backup.Database.Database);
            Assert.Equal(3, backup.Database.Rows!["public.t"]);
            await cluster.SqlAsync($"DROP DATABASE {Sql.Identifier(name)}");
        }
    }

    [SkippableFact]
    public async Task The_canary_is_written_before_the_dump_and_keeps_a_hundred_rows()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        await cluster.SqlAsync("CREATE DATABASE canary");
        PostgreSqlPlan plan = Plan(cluster, "canary") with { Canary = true };
        TestBackup first = await TestBackup.RunAsync(plan, _context);
        Assert.Equal(1, first.Database.Rows!["drp_canary.canary"]);
        Assert.InRange(first.Database.Canary!.Value, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        await cluster.SqlAsync("INSERT INTO drp_canary.canary (host) SELECT 'h' FROM generate_series(1, 300)", "canary");
        TestBackup second = await TestBackup.RunAsync(plan, _context);
        Assert.Equal(100, second.Database.Rows!["drp_canary.canary"]);
        Assert.True(second.Database.Canary > first.Database.Canary);
    }

    [SkippableFact]
    public async Task Without_canary_in_the_plan_nothing_is_written()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        await cluster.SqlAsync("CREATE DATABASE untouched");
        await TestBackup.RunAsync(Plan(cluster, "untouched"), _context);
        Assert.Equal("0", await cluster.SqlAsync("SELECT count(*) FROM pg_namespace WHERE nspname = 'drp_canary'", "untouched"));
    }

    [SkippableFact]
    public async Task A_role_that_may_only_read_backs_up_and_says_what_it_cannot()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        await cluster.SqlAsync("CREATE ROLE reader LOGIN PASSWORD 'reader-secret'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO reader;", "shop");
        PostgreSqlPlan plan = new() { Name = "db", Url = cluster.Url("shop", "reader"), Password = _context.Secret("reader", "reader-secret"), Canary = true };
        TestBackup backup = await TestBackup.RunAsync(plan, _context);
        Assert.Equal(5000, backup.Database.Rows!["public.orders"]);
        Assert.Null(backup.Database.Canary);
        Assert.Equal(2, backup.Facts.Warnings.Count);
        Assert.DoesNotContain("SCRAM", await File.ReadAllTextAsync(backup.Files.Single(f => f.Role == "globals").Path), StringComparison.Ordinal);

        IReadOnlyList<PlanCheck> checks = await new PostgreSqlSource(plan, "drp.yaml", _context.Host).ProbeAsync(default);
        Assert.Equal(CheckVerdict.Ok, checks.Single(c => c.Check == "read").Verdict);
        Assert.Equal(CheckVerdict.Warning, checks.Single(c => c.Check == "globals").Verdict);
        Assert.Equal(CheckVerdict.Warning, checks.Single(c => c.Check == "canary").Verdict);
    }

    [SkippableFact]
    public async Task A_table_that_may_not_be_read_fails_the_probe_and_the_backup()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        await cluster.SqlAsync("CREATE ROLE blind LOGIN PASSWORD 'blind-secret'");
        PostgreSqlPlan plan = new() { Name = "db", Url = cluster.Url("shop", "blind"), Password = _context.Secret("blind", "blind-secret"), Globals = false };
        IReadOnlyList<PlanCheck> checks = await new PostgreSqlSource(plan, "drp.yaml", _context.Host).ProbeAsync(default);
        PlanCheck read = checks.Single(c => c.Check == "read");
        Assert.Equal(CheckVerdict.Failed, read.Verdict);
        Assert.Contains("public.orders", read.Message, StringComparison.Ordinal);
        DrpException e = await Assert.ThrowsAsync<DrpException>(() => TestBackup.RunAsync(plan, _context));
        Assert.Equal(DrpError.Failed, e.Code);
        Assert.Contains("permission denied", e.Message, StringComparison.Ordinal);
        Assert.Equal(PostgreSqlTexts.HintPermission, e.Hint);
    }

    [SkippableFact]
    public async Task Row_security_fails_the_backup_with_a_hint()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        await cluster.SqlAsync("CREATE ROLE filtered LOGIN PASSWORD 'filtered-secret'; GRANT pg_read_all_data TO filtered;");
        await cluster.SqlAsync("CREATE DATABASE rls");
        await cluster.SqlAsync("CREATE TABLE s (id int); INSERT INTO s VALUES (1); ALTER TABLE s ENABLE ROW LEVEL SECURITY;", "rls");
        PostgreSqlPlan plan = new() { Name = "db", Url = cluster.Url("rls", "filtered"), Password = _context.Secret("filtered", "filtered-secret"), Globals = false };
        DrpException e = await Assert.ThrowsAsync<DrpException>(() => TestBackup.RunAsync(plan, _context));
        Assert.Equal((DrpError.Failed, PostgreSqlTexts.HintRowSecurity), (e.Code, e.Hint));
        IReadOnlyList<PlanCheck> checks = await new PostgreSqlSource(plan, "drp.yaml", _context.Host).ProbeAsync(default);
        Assert.Equal(CheckVerdict.Failed, checks.Single(c => c.Check == "read").Verdict);
    }

    [SkippableFact]
    public async Task The_probe_of_a_superuser_finds_nothing_wrong()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        var source = new PostgreSqlSource(Plan(cluster, "zoo") with { Canary = true }, "drp.yaml", _context.Host);
        IReadOnlyList<PlanCheck> checks = await source.ProbeAsync(default);
        Assert.Equal(["connection", "tools", "read", "large objects", "globals", "canary", "size"], checks.Select(c => c.Check));
        Assert.All(checks, c => Assert.Equal(CheckVerdict.Ok, c.Verdict));
        Assert.Equal("0", await cluster.SqlAsync("SELECT count(*) FROM pg_namespace WHERE nspname = 'drp_canary'", "zoo"));
        Assert.InRange((await source.EstimateAsync(default))!.Value, 100_000, 10_000_000);
    }

    internal static Dictionary<string, long> Counts(string csv) => Csv.Parse(csv, "\u2205").ToDictionary(
        r => Sql.TableKey(r[0]!, r[1]!), r => long.Parse(r[2]!, CultureInfo.InvariantCulture), StringComparer.Ordinal);

    private PostgreSqlPlan Plan(PostgreSqlCluster cluster, string database) =>
        new() { Name = "db", Url = cluster.Url(database), Password = _context.Secret($"p{Guid.NewGuid():N}", SampleCluster.Password) };
}
