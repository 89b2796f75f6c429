using AskTrust.Drp.Integration.Tests.Faults;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>Each accident is found and undone; what others did later stays. The tests share one server and touch different tables.</summary>
public sealed class TableRestoreTests(AccidentScene scene) : IClassFixture<AccidentScene>
{
    private const string Odd = """app."odd ""name"" 😀" """;

    [SkippableFact]
    public async Task A_dropped_table_comes_back_with_all_that_belonged_to_it()
    {
        var found = await scene.FindAsync("odd \"name\" 😀", TableAction.Drop);
        var options = new TableRestoreOptions { Tables = [found.Table], To = AccidentScene.To(found), Into = TableRestoreInto.Missing };
        var planned = await scene.RestoreAsync(options with { DryRun = true });
        Assert.Equal((RunStatus.Planned, 70), (planned.Status, Assert.Single(planned.Tables).Missing));
        Assert.Contains("VIEW app.rich", planned.Created);
        Assert.Equal("", await scene.SqlAsync($"SELECT to_regclass('{Odd.Trim()}')"));

        var report = await scene.RestoreAsync(options);
        Assert.Equal(RunStatus.Succeeded, report.Status);
        var table = Assert.Single(report.Tables);
        Assert.False(table.WasThere);
        Assert.Equal((70, 70, 0), (table.Missing, table.Put, table.New));
        Assert.Equal(planned.Created, report.Created);
        Assert.Equal("70 70 2485 0", await scene.SqlAsync($"SELECT count(*) || ' ' || count(DISTINCT gross) || ' ' || sum(net)::int || ' ' || max(touched) - 1 FROM {Odd}"));
        Assert.Equal("keeper it's odd before tax", await scene.SqlAsync($"""
            SELECT pg_get_userbyid(relowner) || ' ' || obj_description(oid) || ' ' || col_description(oid, (SELECT attnum FROM pg_attribute WHERE attrelid = c.oid AND attname = 'net')) FROM pg_class c WHERE oid = '{Odd}'::regclass
            """));
        Assert.Equal("t f", await scene.SqlAsync($"SELECT has_table_privilege('clerk', '{Odd}', 'INSERT') || ' ' || has_table_privilege('clerk', '{Odd}', 'DELETE')").ContinueWith(t => t.Result.Replace("true", "t", StringComparison.Ordinal).Replace("false", "f", StringComparison.Ordinal), TaskScheduler.Default));
        Assert.Equal("3 by_net", await scene.SqlAsync($"SELECT count(*) || ' ' || min(indexrelid::regclass::text) FILTER (WHERE NOT indisunique) FROM pg_index WHERE indrelid = '{Odd}'::regclass").ContinueWith(t => t.Result.Replace("app.", "", StringComparison.Ordinal), TaskScheduler.Default));
        Assert.Equal("10", await scene.SqlAsync("SELECT count(*) FROM app.rich"));
        // New rows do not collide, and the trigger works for them.
        Assert.Equal("71 1", (await scene.SqlAsync($"INSERT INTO {Odd} (net) VALUES (5) RETURNING id || ' ' || touched")).Split('\n')[0]);
        // The foreign key to it is back for new rows; one row of today has no counterpart, and it is said.
        Assert.Contains(report.Warnings, w => w.Contains("app.line", StringComparison.Ordinal) && w.Contains("VALIDATE CONSTRAINT", StringComparison.Ordinal));
        Assert.Equal("false", (await scene.SqlAsync("SELECT convalidated FROM pg_constraint WHERE conrelid = 'app.line'::regclass AND contype = 'f'")).Replace("f", "false", StringComparison.Ordinal).Replace("falsealse", "false", StringComparison.Ordinal));
        Assert.Equal("51", await scene.SqlAsync("SELECT count(*) FROM app.line"));
    }

    [SkippableFact]
    public async Task A_truncated_table_is_put_beside_first_and_then_its_missing_rows_go_back()
    {
        var found = await scene.FindAsync("note", TableAction.Truncate);
        var options = new TableRestoreOptions { Tables = ["note"], To = AccidentScene.To(found), Schema = "Rescued \"rows\"" };
        var beside = await scene.RestoreAsync(options);
        var table = Assert.Single(beside.Tables);
        Assert.Equal(("Rescued \"rows\".note", 120, 120), (table.Place, table.Rows, table.Put));
        // The row made since has the number of an old one: the same key, other content.
        Assert.Equal((119, 1, 0), (table.Missing, table.Changed, table.New));
        Assert.Equal("1 120", await scene.SqlAsync("SELECT (SELECT count(*) FROM note) || ' ' || (SELECT count(*) FROM \"Rescued \"\"rows\"\"\".note)"));
        Assert.Equal("0", await scene.SqlAsync("SELECT count(*) FROM pg_trigger WHERE tgrelid = '\"Rescued \"\"rows\"\"\".note'::regclass"));
        var refused = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(options));
        Assert.Equal(DrpError.UnsafeTarget, refused.Code);
        await scene.SqlAsync(Assert.Single(beside.Undo));

        var report = await scene.RestoreAsync(options with { Into = TableRestoreInto.Missing });
        Assert.Equal(119, Assert.Single(report.Tables).Put);
        Assert.Equal("120 later", await scene.SqlAsync("SELECT count(*) || ' ' || (SELECT t FROM note WHERE id = 1) FROM note"));
        Assert.Equal("121", (await scene.SqlAsync("INSERT INTO note (t) VALUES ('x') RETURNING id")).Split('\n')[0]);
    }

    [SkippableFact]
    public async Task Deleted_rows_go_back_and_later_ones_stay()
    {
        var found = await scene.FindAsync("purchase", TableAction.Delete);
        var report = await scene.RestoreAsync(new TableRestoreOptions { Tables = ["public.purchase"], To = AccidentScene.To(found), Into = TableRestoreInto.Missing });
        var table = Assert.Single(report.Tables);
        Assert.Equal((9001, 2, 9000, 0, 1, 9000), (table.Rows, table.LiveRows, table.Missing, table.Changed, table.New, table.Put));
        Assert.Equal("9002 6.00", await scene.SqlAsync("SELECT count(*) || ' ' || (SELECT total FROM purchase WHERE id = 9501) FROM purchase"));
        Assert.Empty(report.Created);
    }

    [SkippableFact]
    public async Task A_mass_update_is_replaced_and_what_is_replaced_is_kept()
    {
        var found = await scene.FindAsync("customer", TableAction.Update);
        var options = new TableRestoreOptions { Tables = ["customer"], To = AccidentScene.To(found), Into = TableRestoreInto.Replace };
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(options))).Code);
        // Purchases of today refer to the newcomer: a plain replacement would tear them off.
        var torn = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(options with { Confirmed = true }));
        Assert.Contains("public.purchase", torn.Message, StringComparison.Ordinal);
        Assert.Equal("2001 1", await scene.SqlAsync("SELECT count(*) || ' ' || count(DISTINCT name) FILTER (WHERE name <> 'newcomer') FROM customer"));

        await scene.SqlAsync("CREATE TABLE moved AS SELECT * FROM purchase WHERE customer = 2001; DELETE FROM purchase WHERE customer = 2001");
        var report = await scene.RestoreAsync(options with { Confirmed = true });
        var table = Assert.Single(report.Tables);
        Assert.Equal((0, 2000, 1, 2000, 2001), (table.Missing, table.Changed, table.New, table.Put, table.Removed));
        Assert.Equal("2000 2000", await scene.SqlAsync("SELECT count(*) || ' ' || count(DISTINCT name) FROM customer"));
        Assert.Equal("2001", await scene.SqlAsync($"SELECT count(*) FROM {table.Kept}"));
        // And back again: the newcomer and the purchases of the day.
        Assert.StartsWith("drp pitr table public.customer --to 'lsn:", Assert.Single(report.Undo), StringComparison.Ordinal);
        await scene.SqlAsync($"INSERT INTO customer OVERRIDING SYSTEM VALUE SELECT * FROM {table.Kept} WHERE name = 'newcomer'; INSERT INTO purchase SELECT * FROM moved; DROP TABLE moved; {Assert.Single(report.Accept)}");
    }

    [SkippableFact]
    public async Task Rows_without_a_key_are_told_apart_by_all_of_their_content()
    {
        var found = await scene.FindAsync("bag", TableAction.Delete);
        string was = "SELECT md5(string_agg(t || n, ',' ORDER BY t, n)) FROM bag";
        var report = await scene.RestoreAsync(new TableRestoreOptions { Tables = ["bag"], To = AccidentScene.To(found), Into = TableRestoreInto.Replace, Confirmed = true });
        var table = Assert.Single(report.Tables);
        Assert.Equal((90, 62, 30, 0, 2, 30, 2), (table.Rows, table.LiveRows, table.Missing, table.Changed, table.New, table.Put, table.Removed));
        string now = await scene.SqlAsync(was);
        Assert.Equal(now, await scene.SqlAsync("SELECT md5(string_agg(t || n, ',' ORDER BY t, n)) FROM (SELECT 'b' || i % 5 AS t, i % 3 AS n FROM generate_series(1, 90) i) bag"));
    }

    [SkippableFact]
    public async Task A_lost_partition_comes_back_with_the_rows_of_all()
    {
        var found = await scene.FindAsync("measure_b", TableAction.Drop);
        var report = await scene.RestoreAsync(new TableRestoreOptions { Tables = ["measure"], To = AccidentScene.To(found), Into = TableRestoreInto.Missing });
        var table = Assert.Single(report.Tables);
        Assert.Contains("TABLE public.measure_b", report.Created);
        Assert.Equal(60, table.Rows);
        Assert.Equal("60 2", await scene.SqlAsync("SELECT count(*) || ' ' || count(DISTINCT tableoid) FROM measure"));
        Assert.Equal("t", await scene.SqlAsync("SELECT relispartition FROM pg_class WHERE relname = 'measure_b'"));
    }

    [SkippableFact]
    public async Task A_dropped_schema_comes_back_with_types_functions_and_views()
    {
        var found = await scene.FindAsync("crm.person", TableAction.Drop);
        var report = await scene.RestoreAsync(new TableRestoreOptions { Tables = ["crm.*"], To = AccidentScene.To(found), Into = TableRestoreInto.Missing });
        Assert.Equal(25, Assert.Single(report.Tables).Put);
        Assert.Contains("SCHEMA crm", report.Created);
        Assert.Equal("25 7 p1", await scene.SqlAsync("SELECT count(*) || ' ' || crm.alone() || ' ' || crm.norm('P1') FROM crm.good"));
        Assert.Equal("26", (await scene.SqlAsync("INSERT INTO crm.person (name, mood) VALUES ('x', 'bad') RETURNING id")).Split('\n')[0]);
        Assert.Equal("2", await scene.SqlAsync("SELECT count(*) FROM quiet WHERE id >= 100"));
    }

    [SkippableFact]
    public async Task A_dropped_database_comes_back()
    {
        var found = await scene.FindAsync("app.a", TableAction.Drop, "other");
        var options = new TableRestoreOptions { Tables = ["*"], To = AccidentScene.To(found), Database = "other" };
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(options))).Code);
        var report = await scene.RestoreAsync(options with { Into = TableRestoreInto.Missing });
        Assert.Equal(40, Assert.Single(report.Tables).Put);
        Assert.Equal("40 7 5MB", await scene.SqlAsync("SELECT n || ' ' || app.alone() || ' ' || current_setting('work_mem') FROM app.seen", "other"));
        Assert.Equal("keeper the other", await scene.SqlAsync("SELECT pg_get_userbyid(datdba) || ' ' || shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'other'"));
    }

    [SkippableFact]
    public async Task Killed_in_the_middle_it_has_changed_nothing_and_the_next_run_sweeps()
    {
        const string rows = "SELECT count(*) || ' ' || sum(id) FROM quiet", waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'quiet'::regclass AND NOT granted";
        string before = await scene.SqlAsync(rows);
        Task<string> writer = scene.SqlAsync("BEGIN; UPDATE quiet SET id = id WHERE id = 1; SELECT pg_sleep(300)");
        await using var drp = DrpProgram.Start(scene.Scene, "pitr", "table", "quiet", "--to", "immediate", "--into", "missing");
        await UntilAsync(async () => await scene.SqlAsync(waiting) == "1");
        var started = DrpProgram.Descendants(drp);
        Assert.NotEmpty(started);
        await DrpProgram.KillAloneAsync(drp);
        await UntilAsync(async () => await scene.SqlAsync(waiting) == "0");
        await scene.SqlAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(300)%' AND pid <> pg_backend_pid()");
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer);
        Assert.Equal(before, await scene.SqlAsync(rows));

        var report = await scene.RestoreAsync(new TableRestoreOptions { Tables = ["quiet"], To = RecoveryTarget.Immediate, DryRun = true });
        Assert.Equal((30, 2), (report.Tables[0].Rows, report.Tables[0].New));
        await UntilAsync(() => Task.FromResult(!started.Any(DrpProgram.IsRunning)));
    }

    [SkippableFact]
    public async Task A_row_whose_unique_value_is_taken_stays_beside()
    {
        await scene.SqlAsync("""
            CREATE TABLE IF NOT EXISTS member (id int PRIMARY KEY, mail text UNIQUE, audited int DEFAULT 0);
            CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN NEW.audited := 1; RETURN NEW; END $f$;
            INSERT INTO member SELECT i, 'm' || i FROM generate_series(1, 5) i;
            CREATE TRIGGER always BEFORE INSERT ON member FOR EACH ROW EXECUTE FUNCTION audit(); ALTER TABLE member ENABLE ALWAYS TRIGGER always;
            """);
        string target = "lsn:" + await scene.SqlAsync("SELECT pg_current_wal_insert_lsn()");
        await scene.SqlAsync("DELETE FROM member WHERE id <= 2; INSERT INTO member VALUES (9, 'm2')");
        await scene.ShipAsync();
        Assert.True(RecoveryTarget.TryParse(target, out var to));
        var report = await scene.RestoreAsync(new TableRestoreOptions { Tables = ["member"], To = to!, Into = TableRestoreInto.Missing });
        var table = Assert.Single(report.Tables);
        Assert.Equal((RunStatus.Incomplete, 2, 1, 1), (report.Status, table.Missing, table.Put, table.Conflicts));
        Assert.Equal("2 m2", await scene.SqlAsync($"SELECT id || ' ' || mail FROM {table.Kept}"));
        // Not even a trigger that fires always has touched it, and it fires again.
        Assert.Equal("0 1", await scene.SqlAsync("INSERT INTO member VALUES (10, 'm10'); SELECT (SELECT audited FROM member WHERE id = 1) || ' ' || (SELECT audited FROM member WHERE id = 10)"));
    }

    private static async Task UntilAsync(Func<Task<bool>> done)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await done()) await Task.Delay(100, patience.Token);
    }
}
