using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PostgreSqlRestore;

[Collection(RestoreBed.Collection)]
public sealed class ReplacementTests
{
    private static readonly ReplacementSettings s_replace = new() { Replace = true };

    [SkippableFact]
    public async Task A_database_that_is_not_empty_is_refused_and_not_touched()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = await bed.MakeAsync("dst", rows: 7);
        string before = await bed.TextAsync(target);
        var e = await Assert.ThrowsAsync<DrpException>(async () =>
            await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")), target, new(), default));
        Assert.Equal(DrpError.UnsafeTarget, e.Code);
        Assert.NotNull(e.Hint);
        Assert.Equal(before, await bed.TextAsync(target));
        Assert.Equal("", await bed.LeftOversAsync());
    }

    [SkippableFact]
    public async Task A_replaced_database_equals_the_dumped_one_and_undo_brings_the_old_one_back()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = await bed.MakeAsync("dst", rows: 7);
        string old = await bed.TextAsync(target);
        var replacement = new DatabaseReplacement(bed.Host, bed.Server);
        var done = await replacement.RunAsync(new(await bed.DumpAsync(source, "-Fc", "-Z0")), target, s_replace with { KeepPrevious = true }, default);
        Assert.NotNull(done.Previous);
        Assert.Empty(done.Restored.Warnings);
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(target));
        Assert.Equal(old, await bed.TextAsync(done.Previous));
        Assert.Equal("", await bed.Cluster.SqlAsync($"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{target}'"));

        string? aside = await replacement.UndoAsync(target, done.Previous, keep: true, default);
        Assert.Equal(old, await bed.TextAsync(target));
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(aside!));
        Assert.False(await bed.ExistsAsync(done.Previous));
        await Assert.ThrowsAsync<DrpException>(() => replacement.UndoAsync(target, done.Previous, keep: false, default));
    }

    [SkippableFact]
    public async Task Without_keeping_it_the_old_database_goes_and_settings_of_the_database_stay_for_a_foreign_dump()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = await bed.MakeAsync("dst", rows: 7);
        await bed.Cluster.SqlAsync($"ALTER DATABASE {target} SET work_mem = '7MB'; COMMENT ON DATABASE {target} IS 'keep me'; ALTER DATABASE {target} CONNECTION LIMIT 33;");
        var done = await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")), target, s_replace, default);
        Assert.Null(done.Previous);
        Assert.Equal("7MB|keep me|33", await bed.Cluster.SqlAsync($"SELECT current_setting('work_mem'), shobj_description(oid, 'pg_database'), datconnlimit FROM pg_database WHERE datname = '{target}'", target));
        Assert.Equal("0", await bed.Cluster.SqlAsync($"SELECT count(*) FROM pg_database WHERE datname LIKE '{target}#_%' ESCAPE '#'"));
    }

    [SkippableFact]
    public async Task A_database_that_does_not_exist_is_made()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = RestoreBed.NewName("fresh");
        var done = await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")) { Facts = await bed.FactsAsync(source) }, target, new(), default);
        Assert.False(done.Direct);
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(target));
    }

    [SkippableTheory]
    [InlineData("archive")]
    [InlineData("script")]
    [InlineData("check")]
    [InlineData("source")]
    [InlineData("cancel")]
    public async Task A_failure_half_way_leaves_the_old_database_as_it_was_and_answering(string what)
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src", rows: 3000), target = await bed.MakeAsync("dst", rows: 7);
        string before = await bed.TextAsync(target);
        byte[] good = await RestoreBed.BytesAsync(await bed.DumpAsync(source, "-Fc", "-Z0"));
        using var cancel = new CancellationTokenSource();
        RestoreInput input = new(what switch
        {
            "archive" => RestoreBed.FromBytes(good[..(good.Length / 2)]),
            "script" => RestoreBed.FromText(await bed.TextAsync(source) + "\nSELECT 1/0;\n"),
            "source" => new PlainSource("broken", _ => Task.FromResult<Stream>(new BrokenStream(good)), null),
            _ => RestoreBed.FromBytes(good),
        });
        ReplacementSettings settings = s_replace with
        {
            CheckAsync = (database, ct) =>
            {
                if (what == "check") throw new DrpException(DrpError.VerificationFailed, "judged");
                if (what == "cancel") cancel.Cancel();
                ct.ThrowIfCancellationRequested();
                return Task.CompletedTask;
            },
        };
        Func<Task> run = () => new DatabaseReplacement(bed.Host, bed.Server).RunAsync(input, target, settings, cancel.Token);
        if (what == "cancel") await Assert.ThrowsAnyAsync<OperationCanceledException>(run);
        else if (what == "source") await Assert.ThrowsAsync<IOException>(run);
        else await Assert.ThrowsAsync<DrpException>(run);
        Assert.Equal(before, await bed.TextAsync(target));
        Assert.Equal("", await bed.LeftOversAsync());
    }

    [SkippableFact]
    public async Task Sessions_that_hold_the_old_database_and_come_again_are_carried_over_to_the_new_one()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src", rows: 50), target = await bed.MakeAsync("dst", rows: 7);
        await using ChildProcess idle = ChildProcess.Start(Path.Join(PostgreSqlCluster.Bin, "psql"), ["-X", "-d", bed.Cluster.SocketUrl(target), "-c", "BEGIN", "-c", "SELECT pg_sleep(600) FROM app.customer"]);
        using var stop = new CancellationTokenSource();
        var counts = new System.Collections.Concurrent.ConcurrentQueue<string?>();
        Task[] clients = [.. Enumerable.Range(0, 3).Select(_ => AskAgainAsync(bed, target, counts, stop.Token))];
        await AnsweredAsync("7");
        await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")), target, s_replace, CancellationToken.None);
        await AnsweredAsync("50");
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Equal(["50", "7"], counts.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal("50", await bed.Cluster.SqlAsync("SELECT count(*) FROM app.customer", target, CancellationToken.None));

        async Task AnsweredAsync(string count)
        {
            for (var until = DateTime.UtcNow.AddSeconds(60); !counts.Contains(count); await Task.Delay(20, CancellationToken.None)) Assert.True(DateTime.UtcNow < until, $"{count} was never seen");
        }
    }

    [SkippableFact]
    public async Task A_prepared_transaction_that_cannot_be_ended_is_named_and_nothing_is_changed()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = await bed.MakeAsync("dst", rows: 7);
        await bed.Cluster.SqlAsync("BEGIN; DELETE FROM app.\"order\"; PREPARE TRANSACTION 'holder'", target);
        try
        {
            var e = await Assert.ThrowsAsync<DrpException>(async () => await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")), target, s_replace, default));
            Assert.Equal(DrpError.UnsafeTarget, e.Code);
            Assert.Contains("holder", e.Message, StringComparison.Ordinal);
            Assert.Equal("7", await bed.Cluster.SqlAsync("SELECT count(*) FROM app.customer", target));
            Assert.Equal("", await bed.LeftOversAsync());
        }
        finally
        {
            await bed.Cluster.SqlAsync("ROLLBACK PREPARED 'holder'", target);
        }
    }

    [SkippableFact]
    public async Task Without_the_right_to_make_databases_an_empty_one_is_filled_in_one_transaction_and_a_full_one_is_refused()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await bed.Cluster.SqlAsync("DO $$ BEGIN CREATE ROLE poor LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        string source = await bed.MakeAsync("src", owner: "poor"), empty = RestoreBed.NewName("empty"), full = await bed.MakeAsync("full", rows: 5, owner: "poor");
        await bed.Cluster.SqlAsync($"CREATE DATABASE {empty} OWNER poor");
        await using IPostgreSqlServer server = await bed.ConnectAsync("poor");
        var replacement = new DatabaseReplacement(bed.Host, server);
        var dump = await bed.DumpAsync(source, "-Fc");

        byte[] bytes = await RestoreBed.BytesAsync(dump);
        await Assert.ThrowsAsync<DrpException>(() => replacement.RunAsync(new(RestoreBed.FromBytes(bytes[..(bytes.Length - 200)])), empty, new(), default));
        Assert.True((await replacement.ExamineAsync(empty, default)).IsEmpty);

        var done = await replacement.RunAsync(new(dump), empty, new() { Restore = new() { Jobs = 4 } }, default);
        Assert.True(done.Direct);
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(empty));

        var e = await Assert.ThrowsAsync<DrpException>(() => replacement.RunAsync(new(dump), full, s_replace, default));
        Assert.Equal(DrpError.KeyOrPassphrase, e.Code);
        Assert.Contains("CREATEDB", e.Hint, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_missing_extension_is_found_before_anything_is_touched()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = RestoreBed.NewName("none");
        PostgreSqlFacts facts = await bed.FactsAsync(source);
        facts = facts with { Extensions = new Dictionary<string, string>(StringComparer.Ordinal) { ["plpgsql"] = "1.0", ["no_such_thing"] = "1.0", ["nor_this"] = "2" } };
        var e = await Assert.ThrowsAsync<DrpException>(async () => await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")) { Facts = facts }, target, new(), default));
        Assert.Equal(DrpError.Unreachable, e.Code);
        Assert.Contains("no_such_thing, nor_this", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<DrpException>(async () => await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")) { Facts = facts with { Major = 99 } }, target, new(), default));
        Assert.Equal(DrpError.UnsafeTarget, e.Code);
        Assert.False(await bed.ExistsAsync(target));
    }

    [SkippableFact]
    public async Task A_server_without_room_for_a_second_database_is_refused_before_anything_is_touched()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = RestoreBed.NewName("none");
        PostgreSqlFacts facts = await bed.FactsAsync(source) with { DatabaseSize = 1L << 60 };
        var e = await Assert.ThrowsAsync<DrpException>(async () => await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")) { Facts = facts }, target, new(), default));
        Assert.Equal(DrpError.NotEnoughSpace, e.Code);
        Assert.False(await bed.ExistsAsync(target));
    }

    [SkippableFact]
    public async Task A_restore_cancelled_in_the_middle_ends_its_sessions_and_leaves_nothing()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string target = await bed.MakeAsync("dst", rows: 7);
        using var cancel = new CancellationTokenSource();
        Task run = new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(RestoreBed.FromText("CREATE TABLE t (); SELECT pg_sleep(600);")), target, s_replace, cancel.Token);
        for (int i = 0; i < 200 && await SleepersAsync() == "0"; i++) await Task.Delay(50, CancellationToken.None);
        Assert.Equal("1", await SleepersAsync());
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal("0", await SleepersAsync());
        Assert.Equal("", await bed.LeftOversAsync());
        Assert.Equal("7", await bed.Cluster.SqlAsync("SELECT count(*) FROM app.customer", target, CancellationToken.None));

        Task<string> SleepersAsync() => bed.Cluster.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND datname ~ '_drp_'", ct: CancellationToken.None);
    }

    [SkippableTheory]
    [InlineData("quo\"te'd; DROP DATABASE postgres; --")]
    [InlineData("new\nline\ttab \\ back")]
    [InlineData("🐘 é{0}%s :\"db\" $1 dbname=x options='y'")]
    [InlineData("-flag")]
    [InlineData("a_name_of_exactly_sixty_three_bytes_which_is_the_longest_there_")]
    public async Task Hostile_names_stay_names(string name)
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src");
        await bed.Cluster.SqlAsync($"DROP DATABASE IF EXISTS {Sql.Identifier(name)}");
        var replacement = new DatabaseReplacement(bed.Host, bed.Server);
        RestoreInput input = new(await bed.DumpAsync(source, "-Fc")) { Facts = await bed.FactsAsync(source) };
        await replacement.RunAsync(input, name, new(), default);
        await bed.Cluster.SqlAsync($"ALTER DATABASE {Sql.Identifier(name)} SET zoo.x = 'y'");
        var done = await replacement.RunAsync(input with { Facts = null }, name, s_replace with { KeepPrevious = true }, default);
        TargetState state = await replacement.ExamineAsync(name, default);
        Assert.True(state is { Exists: true, IsEmpty: false, Tables: 2 });
        await replacement.UndoAsync(name, done.Previous!, keep: false, default);
        await bed.Cluster.SqlAsync($"DROP DATABASE {Sql.Identifier(name)}");
        Assert.Equal("", await bed.LeftOversAsync());
    }

    [SkippableFact]
    public async Task What_a_killed_restore_left_is_swept_and_what_a_living_one_does_stays()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string dead = RestoreBed.NewName("dead_drp_"), alive = RestoreBed.NewName("alive_drp_"), foreign = RestoreBed.NewName("mine_drp_");
        await bed.Cluster.SqlAsync($"CREATE DATABASE {dead}; CREATE DATABASE {alive}; CREATE DATABASE {foreign};".Replace(";", ";\n", StringComparison.Ordinal));
        string mark;
        await using (ChildProcess sleeper = ChildProcess.Start("sleep", ["600"]))
        {
            mark = Marks.Of(sleeper.Id).ToString();
            Assert.Equal(OwnerState.Alive, OwnerMark.Parse(mark)!.Look());
        }

        await bed.Cluster.SqlAsync($"COMMENT ON DATABASE {dead} IS '{NewDatabase.Mark}{mark}'; COMMENT ON DATABASE {alive} IS '{NewDatabase.Mark}{OwnerMark.Current}'; COMMENT ON DATABASE {foreign} IS 'drp is fine';");
        await bed.Cluster.SqlAsync("CREATE TABLE t ()", dead);
        IReadOnlyList<string> swept = await new DatabaseReplacement(bed.Host, bed.Server).SweepAsync(default);
        Assert.Equal([dead], swept);
        Assert.False(await bed.ExistsAsync(dead));
        Assert.True(await bed.ExistsAsync(alive) && await bed.ExistsAsync(foreign));
    }

    /// <summary>An application that connects again and again.</summary>
    private static async Task AskAgainAsync(RestoreBed bed, string database, System.Collections.Concurrent.ConcurrentQueue<string?> counts, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await using IPostgreSqlServer client = await bed.ConnectAsync(database: database);
                counts.Enqueue((await client.QueryAsync(database, "SELECT count(*) FROM app.customer", CancellationToken.None))[0][0]);
            }
            catch (DrpException)
            {
                // Ended with the old database; the next try meets the new one.
            }
        }
    }

    /// <summary>Fails in the middle, as a cut connection does.</summary>
    private sealed class BrokenStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position > Length / 2 ? throw new IOException("cut") : base.ReadAsync(buffer, cancellationToken);
    }
}
