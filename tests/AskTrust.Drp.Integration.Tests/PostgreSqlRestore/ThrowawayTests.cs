using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PostgreSqlRestore;

[Collection(RestoreBed.Collection)]
public sealed class ThrowawayTests
{
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task The_zoo_restored_into_a_throwaway_cluster_equals_the_original_byte_for_byte(int jobs)
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string zoo = RestoreBed.NewName("zoo");
        // pg_dump lists the roles of a policy in the order they were made; globals bring them back in the order of their names.
        await bed.Cluster.SqlAsync("DO $$ BEGIN CREATE ROLE \"Zoo Reader\"; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        await SampleDatabases.MakeZooAsync(bed.Cluster, zoo);
        PostgreSqlFacts facts = await bed.FactsAsync(zoo);
        PlainSource dump = await bed.DumpAsync(zoo, "-Fc", "-Z0");
        PlainSource globals = RestoreBed.FromText(await bed.Cluster.ToolAsync("pg_dumpall", ["--globals-only"]), "globals.sql");

        await using ThrowawayCluster cluster = await ThrowawayCluster.StartAsync(bed.Host, facts.Major, default);
        IReadOnlyList<string> warnings = await new GlobalsRestore(bed.Host, cluster.Server, throwaway: true).RunAsync(globals, default);
        Assert.Equal([warnings.Single(w => w.Contains("postgres", StringComparison.Ordinal))], warnings);
        var replacement = new DatabaseReplacement(bed.Host, cluster.Server);
        var done = await replacement.RunAsync(new(dump) { Facts = facts }, zoo, new() { Restore = new() { Jobs = jobs } }, default);
        Assert.DoesNotContain(done.Restored.Warnings, w => !w.Contains("subscription", StringComparison.Ordinal));
        Assert.Equal(await bed.TextAsync(zoo, "--create"), await TextAsync(bed, cluster, zoo, "--create"));

        var assertions = new RestoreAssertions(bed.Host, cluster.Server, zoo);
        IReadOnlyList<AssertionResult> rows = await assertions.RowsAsync(facts.Rows!, default);
        Assert.Equal(facts.Rows!.Count, rows.Count);
        Assert.All(rows, r => Assert.Equal(CheckVerdict.Ok, r.Verdict));
        await bed.Cluster.SqlAsync("DROP SUBSCRIPTION zoo_sub", zoo);
    }

    [SkippableFact]
    public async Task An_application_connects_by_the_url_and_nobody_without_the_password()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await using ThrowawayCluster cluster = await ThrowawayCluster.StartAsync(bed.Host, 0, default);
        await cluster.Server.ExecuteAsync("postgres", "CREATE DATABASE \"odd é/?#\"", default);
        string url = cluster.DatabaseUrl("odd é/?#");
        Assert.Equal("odd é/?#", (await ChildProcess.RunAsync(Path.Join(PostgreSqlCluster.Bin, "psql"), ["-X", "-A", "-t", "-d", url, "-c", "SELECT current_database()"])).Trim());
        string without = url.Replace(url[url.IndexOf(':', 13)..url.IndexOf('@', StringComparison.Ordinal)], "", StringComparison.Ordinal);
        Assert.NotEqual(url, without);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ChildProcess.RunAsync(Path.Join(PostgreSqlCluster.Bin, "psql"), ["-X", "-w", "-d", without, "-c", "SELECT 1"]));
        Assert.DoesNotContain(url[13..], bed.Host.Redactor.Clean(url), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("postgres", 4)]
    [InlineData("postgres", 1)]
    [InlineData("template1", 2)]
    public async Task A_database_named_as_one_of_the_servers_own_is_restored_too(string name, int jobs)
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src");
        PostgreSqlFacts facts = await bed.FactsAsync(source);
        await using ThrowawayCluster cluster = await ThrowawayCluster.StartAsync(bed.Host, 0, default);
        await new DatabaseReplacement(bed.Host, cluster.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")) { Facts = facts }, name, new() { Restore = new() { Jobs = jobs } }, default);
        Assert.Equal(await bed.TextAsync(source), await TextAsync(bed, cluster, name));
        Assert.All(await new RestoreAssertions(bed.Host, cluster.Server, name).RowsAsync(facts.Rows!, default), r => Assert.Equal(CheckVerdict.Ok, r.Verdict));
    }

    [SkippableFact]
    public async Task Disposing_leaves_no_process_and_no_file()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        int process;
        await using (ThrowawayCluster cluster = await ThrowawayCluster.StartAsync(bed.Host, 0, default))
            process = await PostmasterAsync(cluster);
        Assert.False(Directory.Exists($"/proc/{process}"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bed.Host.Temp.StateDirectory, "throwaway")));
        Assert.Empty(Clusters(bed));
    }

    [SkippableFact]
    public async Task A_cancelled_start_leaves_nothing()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ThrowawayCluster.StartAsync(bed.Host, 0, soon.Token));
        Assert.Empty(Clusters(bed));
    }

    [SkippableFact]
    public async Task A_cluster_whose_owner_was_killed_is_stopped_and_removed_by_the_sweeper()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await using ThrowawayCluster lost = await ThrowawayCluster.StartAsync(bed.Host, 0, default);
        await using ThrowawayCluster alive = await ThrowawayCluster.StartAsync(bed.Host, 0, default);
        int process = await PostmasterAsync(lost), other = await PostmasterAsync(alive);
        ThrowawayRecord record = ThrowawayRecord.All(bed.Host.Temp).Single(r => ProcessOf(r) == process);
        await using (ChildProcess sleeper = ChildProcess.Start("sleep", ["600"]))
            (record with { Owner = Marks.Of(sleeper.Id).ToString() }).Write(bed.Host.Temp);

        // Without containers: those of the whole machine are not this test's.
        IReadOnlyList<string> swept = await ThrowawaySweeper.SweepAsync(bed.Host, containers: false, default);
        Assert.Equal([record.Folder], swept);
        Assert.False(Directory.Exists(record.Folder));
        Assert.True(IsGone(process));
        Assert.False(IsGone(other));
        Assert.Empty(await ThrowawaySweeper.SweepAsync(bed.Host, containers: false, default));
    }

    [SkippableFact]
    public async Task A_dump_of_a_newer_server_than_any_here_says_what_to_install()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        var e = await Assert.ThrowsAsync<DrpException>(() => ThrowawayCluster.StartAsync(bed.Host, 99, default));
        Assert.Equal(DrpError.Unreachable, e.Code);
        Assert.Contains("postgresql-99", e.Hint, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Globals_leave_the_connecting_role_alone_and_existing_ones_are_no_error()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await using ThrowawayCluster cluster = await ThrowawayCluster.StartAsync(bed.Host, 0, default);
        const string script = """"
            --
            -- PostgreSQL database cluster dump
            --
            CREATE ROLE postgres;
            ALTER ROLE postgres WITH NOSUPERUSER PASSWORD 'other';
            CREATE ROLE "we;ird ""role""";
            ALTER ROLE "we;ird ""role""" WITH LOGIN PASSWORD 'x;y''z' VALID UNTIL 'infinity';
            ALTER ROLE "we;ird ""role""" SET search_path TO 'a', 'b';
            CREATE TABLESPACE space OWNER postgres LOCATION '/nowhere';
            --
            -- PostgreSQL database cluster dump complete
            --
            """";
        var globals = new GlobalsRestore(bed.Host, cluster.Server, throwaway: true);
        IReadOnlyList<string> warnings = await globals.RunAsync(RestoreBed.FromText(script), default);
        Assert.Equal(2, warnings.Count);
        Assert.Equal("t", (await cluster.Server.QueryAsync("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'postgres'", default))[0][0]);
        Assert.Equal("t", (await cluster.Server.QueryAsync("postgres", "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'we;ird \"role\"'", default))[0][0]);
        await globals.RunAsync(RestoreBed.FromText(script), default);
        var e = await Assert.ThrowsAsync<DrpException>(() => globals.RunAsync(RestoreBed.FromText(script.Replace("LOGIN PASSWORD", "LOGON PASSWORD", StringComparison.Ordinal)), default));
        Assert.DoesNotContain("x;y", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DrpException>(() => globals.RunAsync(RestoreBed.FromText(script[..(script.Length / 2)]), default));
        await Assert.ThrowsAsync<DrpException>(() => globals.RunAsync(RestoreBed.FromText(script.Replace("CREATE TABLESPACE", "\\connect x\nCREATE TABLESPACE", StringComparison.Ordinal)), default));
    }

    [SkippableFact]
    public async Task Wrong_assertions_fail_and_right_ones_pass()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string database = await bed.MakeAsync("judged");
        var assertions = new RestoreAssertions(bed.Host, bed.Server, database);
        IReadOnlyList<AssertionResult> rows = await assertions.RowsAsync(new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["app.customer"] = 100, ["app.\"order\""] = 299, ["app.\"gone\""] = 0, ["app.x; DROP TABLE app.customer"] = 1,
        }, default);
        Assert.Equal(["app.\"gone\" Failed", "app.\"order\" Failed", "app.customer Ok", "app.x; DROP TABLE app.customer Failed"],
            rows.Select(r => $"{r.Name.Replace("rows of ", "", StringComparison.Ordinal)} {r.Verdict}"));

        IReadOnlyList<AssertionResult> sql = await assertions.SqlAsync(
        [
            new() { Name = "true", Sql = "SELECT count(*) > 5 FROM app.customer" },
            new() { Name = "equal", Sql = "SELECT name FROM app.customer WHERE id = 1", Equal = "name 1" },
            new() { Name = "number", Sql = "SELECT count(*) FROM app.\"order\"", AtLeast = 300, AtMost = 300, Within = TimeSpan.FromSeconds(30) },
            new() { Name = "false", Sql = "SELECT false" },
            new() { Name = "no row", Sql = "SELECT 1 WHERE false", AtLeast = 0 },
            new() { Name = "late", Sql = "SELECT true FROM pg_sleep(0.3)", Within = TimeSpan.FromMilliseconds(100) },
            new() { Name = "error", Sql = "SELECT * FROM nowhere" },
        ], default);
        Assert.Equal(["Ok", "Ok", "Ok", "Failed", "Failed", "Failed", "Failed"], sql.Select(s => s.Verdict.ToString()));
        Assert.Contains("nowhere", sql[^1].Actual, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_canary_read_back_must_not_be_older_than_the_one_written()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("canary"), target = RestoreBed.NewName("dst");
        await using IPostgreSqlServer server = await bed.ConnectAsync(database: source);
        DateTimeOffset first = await Canary.WriteAsync(server, "here", default);
        await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")), target, new(), default);
        DateTimeOffset second = await Canary.WriteAsync(server, "here", default);
        var assertions = new RestoreAssertions(bed.Host, bed.Server, target);
        var (result, found) = await assertions.CanaryAsync(first, default);
        Assert.Equal((CheckVerdict.Ok, first), (result.Verdict, found));
        Assert.Equal(CheckVerdict.Failed, (await assertions.CanaryAsync(second, default)).Result.Verdict);
        Assert.Equal(CheckVerdict.Failed, (await new RestoreAssertions(bed.Host, bed.Server, "postgres").CanaryAsync(first, default)).Result.Verdict);
    }

    [SkippableFact]
    public async Task The_external_command_gets_the_url_and_its_failure_is_shown_without_the_password()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await using ThrowawayCluster cluster = await ThrowawayCluster.StartAsync(bed.Host, 0, default);
        var assertions = new RestoreAssertions(bed.Host, cluster.Server, "postgres");
        string url = cluster.DatabaseUrl("postgres"), psql = Path.Join(PostgreSqlCluster.Bin, "psql");
        AssertionResult good = await assertions.CommandAsync(new() { Command = ["sh", "-c", $"{psql} -X -d \"$DATABASE_URL\" -c 'SELECT 1'"] }, url, null, default);
        Assert.Equal(CheckVerdict.Ok, good.Verdict);
        AssertionResult bad = await assertions.CommandAsync(new() { Command = ["sh", "-c", "echo tests failed for $DATABASE_URL; exit 7"] }, url, null, default);
        Assert.Equal(CheckVerdict.Failed, bad.Verdict);
        Assert.Contains("tests failed", bad.Actual, StringComparison.Ordinal);
        Assert.DoesNotContain(url.Split(':')[2].Split('@')[0], bad.Actual, StringComparison.Ordinal);
        AssertionResult late = await assertions.CommandAsync(new() { Command = ["sleep", "60"], CommandTimeout = TimeSpan.FromMilliseconds(300) }, url, null, default);
        Assert.Equal(CheckVerdict.Failed, late.Verdict);
        Assert.Equal(CheckVerdict.Failed, (await assertions.CommandAsync(new() { Command = ["no-such-program-here"] }, url, null, default)).Verdict);
    }

    private static async Task<string> TextAsync(RestoreBed bed, ThrowawayCluster cluster, string database, params string[] options)
    {
        ProcessResult result = await bed.Host.Processes.RunAsync(cluster.Server.Tool("pg_dump", database, options), default);
        Assert.True(result.Ok, result.Errors);
        return RestoreBed.Normal(result.Text);
    }

    private static async Task<int> PostmasterAsync(ThrowawayCluster cluster) => int.Parse((await cluster.Server.QueryAsync("postgres",
        "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)", default))[0][0]!, CultureInfo.InvariantCulture);

    private static int ProcessOf(ThrowawayRecord record) => int.Parse(File.ReadLines(Path.Combine(record.Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private static bool IsGone(int process) => !File.Exists($"/proc/{process}/stat") || File.ReadAllText($"/proc/{process}/stat").Contains(") Z", StringComparison.Ordinal);

    private static IEnumerable<string> Clusters(RestoreBed bed)
    {
        string own = Path.Combine(bed.Host.Temp.StateDirectory, "tmp");
        return Directory.Exists(own) ? Directory.EnumerateFileSystemEntries(own, "cluster-*") : [];
    }
}
