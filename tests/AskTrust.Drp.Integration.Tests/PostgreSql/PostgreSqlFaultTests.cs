using AskTrust.Drp.Engine.Components;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PostgreSql;

[Collection(SampleClusterGroup.Name)]
public sealed class PostgreSqlFaultTests(SampleCluster sample) : IDisposable
{
    private readonly TestContext _context = new();

    public void Dispose() => _context.Dispose();

    [SkippableFact]
    public async Task A_wrong_password_is_a_matter_of_keys()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        DrpException e = await FailAsync(new PostgreSqlPlan { Name = "db", Url = cluster.Url("shop"), Password = _context.Secret("wrong", "not-the-password") });
        Assert.Equal(DrpError.KeyOrPassphrase, e.Code);
        Assert.Contains("password authentication failed", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-the-password", e.ToString(), StringComparison.Ordinal);
        Assert.NotNull(e.Hint);
    }

    [SkippableFact]
    public async Task No_password_and_an_unknown_role_are_matters_of_keys()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        Assert.Equal(DrpError.KeyOrPassphrase, (await FailAsync(new PostgreSqlPlan { Name = "db", Url = cluster.Url("shop") })).Code);
        Assert.Equal(DrpError.KeyOrPassphrase, (await FailAsync(new PostgreSqlPlan { Name = "db", Url = cluster.SocketUrl("shop", "nobody-knows") })).Code);
    }

    [SkippableFact]
    public async Task A_missing_database_is_named_with_a_hint()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        DrpException e = await FailAsync(new PostgreSqlPlan { Name = "db", Url = cluster.SocketUrl("no such db") });
        Assert.Equal((DrpError.Failed, PostgreSqlTexts.HintDatabase), (e.Code, e.Hint));
        Assert.Contains("no such db", e.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("postgresql://u@127.0.0.1:1/db")]
    [InlineData("postgresql://u@no-such-host.invalid/db")]
    [InlineData("postgresql://u@/db?host=/nowhere/at/all")]
    public async Task A_server_that_is_not_there_is_unreachable(string url)
    {
        DrpException e = await FailAsync(new PostgreSqlPlan { Name = "db", Url = url, ConnectTimeout = TimeSpan.FromSeconds(5) });
        Assert.Equal(DrpError.Unreachable, e.Code);
        Assert.NotNull(e.Hint);
    }

    [SkippableFact]
    public async Task A_server_that_accepts_and_says_nothing_is_unreachable_in_time()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, FreePort.Take());
        silent.Start();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        DrpException e = await FailAsync(new PostgreSqlPlan { Name = "db", Url = $"postgresql://u@{silent.LocalEndpoint}/db", ConnectTimeout = TimeSpan.FromSeconds(2) });
        Assert.Equal(DrpError.Unreachable, e.Code);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15));
    }

    [SkippableFact]
    public async Task A_service_of_pg_service_conf_is_found_with_its_password()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        string file = _context.Folder.Write("service.conf", $"# a comment\n[other]\nhost=nowhere\n\n[shop]\nhost=127.0.0.1\nport={cluster.Port}\nuser=postgres\ndbname=shop\npassword={SampleCluster.Password}\n");
        Environment.SetEnvironmentVariable("PGSERVICEFILE", file);
        try
        {
            await using IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(new PostgreSqlPlan { Name = "db", Service = "shop" }, _context.Host, default);
            Assert.Equal(("shop", "postgres"), (server.Database, server.User));
            ProcessResult result = await _context.Host.Processes.RunAsync(server.Tool("psql", server.Database, "-XAtc", "SELECT count(*) FROM orders"), default);
            Assert.Equal("5000", result.Text.Trim());
            Assert.Equal(DrpError.PlanInvalid, (await FailAsync(new PostgreSqlPlan { Name = "db", Service = "missing" })).Code);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PGSERVICEFILE", null);
        }
    }

    [SkippableFact]
    public async Task Killing_the_backend_in_the_middle_fails_the_dump_and_completes_no_sink()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        var sink = new InterruptingSink(() => cluster.SqlAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'bulky' AND pid <> pg_backend_pid()"));
        DrpException e = await Assert.ThrowsAsync<DrpException>(() => DumpBulkyAsync(cluster, sink, default));
        Assert.Equal(DrpError.Unreachable, e.Code);
        Assert.False(sink.Completed);
        Assert.True(sink.Bytes > 0);
    }

    [SkippableFact]
    public async Task A_server_that_crashes_in_the_middle_fails_the_dump()
    {
        await using PostgreSqlCluster cluster = await PostgreSqlCluster.StartAsync();
        var sink = new InterruptingSink(cluster.KillAsync);
        DrpException e = await Assert.ThrowsAsync<DrpException>(() => DumpBulkyAsync(cluster, sink, default));
        Assert.Equal(DrpError.Unreachable, e.Code);
        Assert.False(sink.Completed);
    }

    [SkippableFact]
    public async Task Cancelling_in_the_middle_stops_pg_dump_and_frees_its_locks()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        using var cancel = new CancellationTokenSource();
        var sink = new InterruptingSink(cancel.CancelAsync);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DumpBulkyAsync(cluster, sink, cancel.Token));
        Assert.False(sink.Completed);
        for (int i = 0; await cluster.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = 'bulky'", ct: CancellationToken.None) != "0"; i++)
        {
            Assert.True(i < 50, "pg_dump's backend is still there after 5 s");
            await Task.Delay(100, CancellationToken.None);
        }
    }

    [SkippableFact]
    public async Task A_sink_that_fails_ends_the_dump_with_its_error()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        var sink = new InterruptingSink(() => throw new IOException("disk full"));
        Assert.Equal("disk full", (await Assert.ThrowsAsync<IOException>(() => DumpBulkyAsync(cluster, sink, default))).Message);
    }

    [SkippableTheory]
    [InlineData("--exclude-table=public.orders", 1)]
    [InlineData("--exclude-table-data=public.orders", 1)]
    [InlineData("--exclude-table=public.revenue", 1)]
    [InlineData("--exclude-table-data=public.products", 3)]
    public async Task A_dump_that_calls_itself_complete_but_lacks_something_is_a_failure(string lacking, int jobs)
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        DrpException e = await FailWithAsync(cluster, $"exec '{PostgreSqlCluster.Bin}/pg_dump' \"$@\" {lacking}", jobs);
        Assert.Equal(DrpError.Failed, e.Code);
        Assert.Contains(lacking[(lacking.IndexOf('=', StringComparison.Ordinal) + 1)..], e.Message, StringComparison.Ordinal);
        Assert.Equal(PostgreSqlTexts.TablesMissingHint, e.Hint);
    }

    [SkippableTheory]
    [InlineData(100)]
    [InlineData(30_000)]
    [InlineData(1_000_000)]
    public async Task A_dump_cut_short_behind_a_good_exit_code_is_a_failure(int bytes)
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        DrpException e = await FailWithAsync(cluster, $"'{PostgreSqlCluster.Bin}/pg_dump' \"$@\" | head -c {bytes}; exit 0", jobs: 1);
        Assert.Equal((DrpError.Failed, PostgreSqlTexts.DumpIncompleteHint), (e.Code, e.Hint));
    }

    [SkippableFact]
    public async Task A_table_dropped_or_made_during_the_dump_is_no_failure()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        await cluster.SqlAsync("CREATE DATABASE moving");
        await cluster.SqlAsync("CREATE TABLE stays AS SELECT 1 a; CREATE TABLE goes AS SELECT 1 a", "moving");
        PostgreSqlPlan plan = new() { Name = "db", Url = cluster.SocketUrl("moving"), Globals = false };
        await using IComponentBackup backup = await new PostgreSqlSource(plan, "drp.yaml", _context.Host).BeginAsync(default);
        await cluster.SqlAsync("DROP TABLE goes; CREATE TABLE comes AS SELECT 1 a", "moving");
        await backup.Artifacts.Single().WriteAsync(new InterruptingSink(() => Task.CompletedTask), default);
        ComponentFacts facts = await backup.CompleteAsync(default);
        Assert.Equal(["public.comes", "public.stays"], facts.PostgreSql!.Rows!.Keys.Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task The_password_is_in_no_argument_and_in_nothing_we_say()
    {
        PostgreSqlCluster cluster = await sample.GetAsync();
        var seen = new List<string>();
        var sink = new InterruptingSink(() =>
        {
            foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
            {
                try
                {
                    seen.Add(File.ReadAllText(Path.Join(process, "cmdline")));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // It has just ended.
                }
            }

            return Task.CompletedTask;
        });
        await DumpBulkyAsync(cluster, sink, default, withPassword: true);
        Assert.Contains(seen, c => c.Contains("--compress=0", StringComparison.Ordinal));
        Assert.DoesNotContain(seen, c => c.Contains("s3cr3t", StringComparison.Ordinal));
        Assert.DoesNotContain(_context.Events, e => e.ToString().Contains("s3cr3t", StringComparison.Ordinal));
    }

    private async Task DumpBulkyAsync(PostgreSqlCluster cluster, InterruptingSink sink, CancellationToken ct, bool withPassword = false)
    {
        if (await cluster.SqlAsync("SELECT count(*) FROM pg_database WHERE datname = 'bulky'", ct: default) == "0")
        {
            await cluster.SqlAsync("CREATE DATABASE bulky", ct: default);
            // More than pipes and buffers hold, so that pg_dump cannot be done when the fault comes.
            await cluster.SqlAsync("CREATE TABLE bulk AS SELECT i, repeat(md5(i::text), 8) t FROM generate_series(1, 200000) i", "bulky", default);
        }

        PostgreSqlPlan plan = new()
        {
            Name = "db", Globals = false, Url = withPassword ? cluster.Url("bulky") : cluster.SocketUrl("bulky"),
            Password = withPassword ? _context.Secret("pw", SampleCluster.Password) : null,
        };
        await using IComponentBackup backup = await new PostgreSqlSource(plan, "drp.yaml", _context.Host).BeginAsync(default);
        await backup.Artifacts.Single().WriteAsync(sink, ct);
        await sink.CompleteAsync(default);
        await backup.CompleteAsync(default);
    }

    private Task<DrpException> FailAsync(PostgreSqlPlan plan) =>
        Assert.ThrowsAsync<DrpException>(() => PostgreSqlServers.ConnectAsync(plan, _context.Host, default));

    /// <summary>Runs a backup with a pg_dump that lies: a fault that the real one cannot be brought to.</summary>
    private async Task<DrpException> FailWithAsync(PostgreSqlCluster cluster, string script, int jobs)
    {
        string path = _context.Folder.Write($"pg_dump{Guid.NewGuid():N}", $"#!/bin/sh\n{script}\n");
        await ChildProcess.RunAsync("chmod", ["755", path]);
        PostgreSqlPlan plan = new() { Name = "db", Url = cluster.SocketUrl("shop"), Globals = false, Jobs = jobs };
        IPostgreSqlServer server = new LyingServer(await PostgreSqlServers.ConnectAsync(plan, _context.Host, default), path);
        return await Assert.ThrowsAsync<DrpException>(() => TestBackup.RunAsync(server, plan, _context));
    }

    private sealed class LyingServer(IPostgreSqlServer real, string pgDump) : IPostgreSqlServer
    {
        public string Description => real.Description;

        public string Version => real.Version;

        public int Major => real.Major;

        public string Database => real.Database;

        public string User => real.User;

        public IExecutionTarget Where => real.Where;

        public ContainerFacts? Container => real.Container;

        public Command Tool(string program, string? database, params IReadOnlyList<string> arguments)
        {
            Command command = real.Tool(program, database, arguments);
            return program == "pg_dump" && database is not null ? command with { Program = pgDump } : command;
        }

        public Task<IReadOnlyList<string?[]>> QueryAsync(string database, string sql, CancellationToken ct) => real.QueryAsync(database, sql, ct);

        public Task ExecuteAsync(string database, string sql, CancellationToken ct) => real.ExecuteAsync(database, sql, ct);

        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}
