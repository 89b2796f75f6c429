using AskTrust.Drp.Engine.Components;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PostgreSql;

[Collection(SampleClusterGroup.Name)]
public sealed class PostgreSqlContainerTests(SampleCluster sample) : IDisposable
{
    private readonly TestContext _context = new();

    public void Dispose() => _context.Dispose();

    [SkippableFact]
    public async Task A_container_is_backed_up_from_inside_with_image_and_digest()
    {
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync();
        await container.SqlAsync(SampleDatabases.ShopSql(2000));
        foreach (int jobs in (int[])[1, 3])
        {
            TestBackup backup = await TestBackup.RunAsync(new PostgreSqlPlan { Name = "db", Container = container.Name, Jobs = jobs, Canary = true }, _context);
            Assert.Equal((2000, 4000), (backup.Database.Rows!["public.orders"], backup.Database.Rows["public.order_items"]));
            Assert.Equal(DockerEngine.PostgreSqlImage, backup.Database.Image);
            Assert.StartsWith("sha256:", backup.Database.ImageDigest, StringComparison.Ordinal);
            Assert.NotNull(backup.Database.Canary);
            Assert.Equal("postgres", backup.Database.Database);
            Assert.Empty(backup.Facts.Warnings);
        }

        IReadOnlyList<PlanCheck> checks = await new PostgreSqlSource(new PostgreSqlPlan { Name = "db", Container = container.Name }, "drp.yaml", _context.Host).ProbeAsync(default);
        Assert.DoesNotContain(checks, c => c.Verdict == CheckVerdict.Failed);
        // The program itself: as in the official image, a slow wrapper comes first in the path.
        await using IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(new PostgreSqlPlan { Name = "db", Container = container.Name }, _context.Host, default);
        Assert.Contains("/usr/lib/postgresql/15/bin/psql", server.Tool("psql", null).Arguments);
    }

    [SkippableFact]
    public async Task Cancelling_stops_pg_dump_inside_the_container_too()
    {
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync();
        await container.SqlAsync("CREATE TABLE bulk AS SELECT i, repeat(md5(i::text), 8) t FROM generate_series(1, 200000) i");
        using var cancel = new CancellationTokenSource();
        var sink = new InterruptingSink(cancel.CancelAsync);
        await using IComponentBackup backup = await new PostgreSqlSource(new PostgreSqlPlan { Name = "db", Container = container.Name, Globals = false }, "drp.yaml", _context.Host)
            .BeginAsync(CancellationToken.None);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => backup.Artifacts.Single().WriteAsync(sink, cancel.Token));
        for (int i = 0; await container.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' OR query LIKE 'COPY%'", ct: CancellationToken.None) != "0"; i++)
        {
            Assert.True(i < 50, "pg_dump still runs inside after 5 s");
            await Task.Delay(100, CancellationToken.None);
        }
    }

    [SkippableFact]
    public async Task A_compose_service_is_found_by_its_labels_with_the_user_and_database_of_its_image()
    {
        await using ComposeProject project = await ComposeProject.UpAsync();
        await project.WaitHealthyAsync("db");
        PostgreSqlPlan plan = new() { Name = "db", ComposeService = "db", ComposeProject = project.Name, Canary = true };
        TestBackup backup = await TestBackup.RunAsync(plan, _context);
        Assert.Equal("shop", backup.Database.Database);
        Assert.Equal(1, backup.Database.Rows!["drp_canary.canary"]);
    }

    [SkippableFact]
    public async Task Several_containers_of_a_service_are_an_error_that_lists_them_and_none_is_unreachable()
    {
        string service = $"db{Guid.NewGuid():N}";
        string[] Labels(string project) => [$"com.docker.compose.service={service}", $"com.docker.compose.project={project}"];
        await using PostgreSqlContainer one = await PostgreSqlContainer.StartAsync(labels: Labels("alpha"));
        await using PostgreSqlContainer two = await PostgreSqlContainer.StartAsync(labels: Labels("beta"));
        DrpException several = await FailAsync(new PostgreSqlPlan { Name = "db", ComposeService = service });
        Assert.Equal(DrpError.PlanInvalid, several.Code);
        Assert.Contains($"{one.Name} (alpha)", several.Message, StringComparison.Ordinal);
        Assert.Contains($"{two.Name} (beta)", several.Message, StringComparison.Ordinal);
        await using IPostgreSqlServer chosen = await PostgreSqlServers.ConnectAsync(new PostgreSqlPlan { Name = "db", ComposeService = service, ComposeProject = "beta" }, _context.Host, default);
        Assert.Equal(two.Name, chosen.Container!.Name);
        Assert.Equal(DrpError.Unreachable, (await FailAsync(new PostgreSqlPlan { Name = "db", ComposeService = service, ComposeProject = "gamma" })).Code);
        Assert.Equal(DrpError.Unreachable, (await FailAsync(new PostgreSqlPlan { Name = "db", Container = "no-such-container" })).Code);
        DrpException database = await FailAsync(new PostgreSqlPlan { Name = "db", Container = one.Name, Database = "missing" });
        Assert.Equal((DrpError.Failed, PostgreSqlTexts.HintDatabase), (database.Code, database.Hint));
        Assert.Equal(DrpError.KeyOrPassphrase, (await FailAsync(new PostgreSqlPlan { Name = "db", Container = one.Name, User = "missing" })).Code);
        await DockerEngine.RunAsync(["stop", "-t", "0", one.Name]);
        Assert.Equal(DrpError.Unreachable, (await FailAsync(new PostgreSqlPlan { Name = "db", Container = one.Name })).Code);
    }

    [SkippableFact]
    public async Task Queries_give_the_same_by_network_and_inside_a_container()
    {
        const string sql = """
            SELECT * FROM (VALUES
              (1, NULL, '', true, 1.50::numeric, ARRAY['a,b', NULL, 'c"d'], E'two\nlines\r\nand a tab\t', '{"k": [1, 2]}'::jsonb, timestamp '2024-02-29 12:00:00.5', '\x00ff'::bytea),
              (2, 'é🦁"quoted",comma', '\N', false, 'NaN', '{}', '\.', 'null', 'infinity', ''),
              (3, ' blanks ', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) v
            """;
        PostgreSqlCluster cluster = await sample.GetAsync();
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync();
        await using IPostgreSqlServer direct = await PostgreSqlServers.ConnectAsync(new PostgreSqlPlan { Name = "db", Url = cluster.SocketUrl() }, _context.Host, default);
        await using IPostgreSqlServer inside = await PostgreSqlServers.ConnectAsync(new PostgreSqlPlan { Name = "db", Container = container.Name }, _context.Host, default);
        IReadOnlyList<string?[]> rows = await direct.QueryAsync("postgres", sql, default);
        Assert.Equal(rows, await inside.QueryAsync("postgres", sql, default));
        Assert.Equal((null, "", "t", "é🦁\"quoted\",comma"), (rows[0][1], rows[0][2], rows[0][3], rows[1][1]));
        foreach (IPostgreSqlServer server in (IPostgreSqlServer[])[direct, inside])
        {
            await server.ExecuteAsync("postgres", "CREATE DATABASE \"x;y\"; COMMENT ON DATABASE \"x;y\" IS 'a;b'; -- done;\nDROP DATABASE \"x;y\"", default);
            DrpException e = await Assert.ThrowsAsync<DrpException>(() => server.ExecuteAsync("postgres", "CREATE TABLE stop_test (); SELECT 1/0; DROP TABLE stop_test", default));
            Assert.Equal(DrpError.Failed, e.Code);
            Assert.Contains("division by zero", e.Message, StringComparison.Ordinal);
            Assert.Equal("1", (await server.QueryAsync("postgres", "SELECT count(*) FROM pg_class WHERE relname = 'stop_test'", default))[0][0]);
            await server.ExecuteAsync("postgres", "DROP TABLE stop_test", default);
        }
    }

    private Task<DrpException> FailAsync(PostgreSqlPlan plan) =>
        Assert.ThrowsAsync<DrpException>(() => PostgreSqlServers.ConnectAsync(plan, _context.Host, default));
}
