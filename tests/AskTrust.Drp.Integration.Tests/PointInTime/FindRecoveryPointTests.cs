using System.Text.Json;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

public sealed class FindRecoveryPointTests
{
    private static readonly BackupOptions s_base = new() { Kind = "base" };
    private static readonly TableAction[] s_all = Enum.GetValues<TableAction>();

    [SkippableFact]
    public async Task Each_accident_is_found_with_its_transaction_its_rows_and_a_target_before_it()
    {
        await using var scene = await Scene.SetAsync();
        var wal = new WalScene(scene);
        var sql = scene.Cluster;
        await sql.SqlAsync("""
            CREATE SCHEMA app; CREATE TABLE app.gone (id int PRIMARY KEY, t text); INSERT INTO app.gone SELECT i, 'x' FROM generate_series(1, 70) i;
            CREATE TABLE note (id int PRIMARY KEY, t text); INSERT INTO note SELECT i, 'x' FROM generate_series(1, 120) i;
            CREATE TABLE quiet (id int); INSERT INTO quiet SELECT generate_series(1, 30);
            """, "shop");
        await scene.BackUpAsync(s_base);

        Dictionary<string, string> before = [], xids = [];
        async Task DoAsync(string name, string statement)
        {
            await sql.SqlAsync("INSERT INTO quiet VALUES (0)", "shop");
            before[name] = await sql.SqlAsync("SELECT pg_current_wal_insert_lsn()");
            xids[name] = Xid(await sql.SqlAsync($"BEGIN; INSERT INTO quiet VALUES (1); {statement}; SELECT 'xid=' || pg_current_xact_id(); COMMIT", "shop"));
        }

        await sql.SqlAsync("BEGIN; DELETE FROM purchase; ROLLBACK", "shop");
        await DoAsync("update", "UPDATE purchase SET total = total + 1");
        await DoAsync("delete", "DELETE FROM purchase");
        await wal.ShipAsync();
        await DoAsync("part", "SAVEPOINT a; DELETE FROM note WHERE id > 100; ROLLBACK TO a; SAVEPOINT b; DELETE FROM note WHERE id <= 7; RELEASE b");
        await sql.SqlAsync("VACUUM FULL note", "shop");
        await DoAsync("after rewrite", "DELETE FROM note WHERE id <= 10");
        await DoAsync("truncate", "TRUNCATE note");
        await sql.SqlAsync("INSERT INTO note SELECT i, 'y' FROM generate_series(1, 5) i", "shop");
        await DoAsync("after truncate", "DELETE FROM note");
        await DoAsync("drop", "DROP TABLE app.gone");
        await wal.ShipAsync();

        Check(Assert.Single(await FindAsync(scene, "purchase", TableAction.Update)), "update", 9000);
        Check(Assert.Single(await FindAsync(scene, "public.purchase", TableAction.Delete)), "delete", 9000);
        Check(Assert.Single(await FindAsync(scene, "gone")), "drop", null);
        var note = await FindAsync(scene, "note", s_all);
        Assert.Equal([TableAction.Delete, TableAction.Truncate, TableAction.Delete, TableAction.Rewrite, TableAction.Delete], note.Select(c => c.Action));
        Check(note[0], "after truncate", 5);
        Check(note[1], "truncate", null);
        Check(note[2], "after rewrite", 3);
        Check(note[4], "part", 7);
        Assert.Empty(await FindAsync(scene, "quiet", s_all));
        Assert.Equal(DrpError.RepositoryMissing, (await Assert.ThrowsAsync<DrpException>(() => FindAsync(scene, "nobody"))).Code);

        var ranged = await scene.WithAsync(s => s.FindRecoveryPointsAsync(new RecoveryPointOptions { Table = "note", Before = note[1].CommitTime }, default));
        Assert.Equal([note[2], note[4]], ranged);

        await SaysTheSameAsync(scene, note);

        // What is given is what a restore takes, and it comes before the accident.
        string data = Path.Combine(scene.Folder.Path, "restored");
        Assert.True(RecoveryTarget.TryParse(note[1].Target, out var target));
        await scene.WithAsync(s => s.RestoreAsync(new RestoreOptions { To = target, DataDirectory = data }, default));
        await using (var server = await RestoredServer.StartAsync(data))
        {
            Assert.Equal("110", await server.SqlAsync("SELECT count(*) FROM note", "shop"));
            Assert.Equal("70", await server.SqlAsync("SELECT count(*) FROM app.gone", "shop"));
        }

        void Check(RecoveryPointCandidate found, string name, long? rows)
        {
            Assert.Equal(xids[name], found.Xid.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(rows, found.Rows);
            Assert.Equal("shop", found.Database);
            Assert.True(found.FirstLsn >= Lsn.Parse(before[name]), $"{name}: {found.FirstLsn} is before {before[name]}");
            Assert.True(RecoveryTarget.TryParse(found.Target, out var to));
            Assert.True(to!.Lsn < found.FirstLsn && found.FirstLsn <= found.LastLsn && found.LastLsn < found.CommitLsn, found.ToString());
            Assert.Equal($"xid:{xids[name]}", found.TargetExclusive);
        }
    }

    /// <summary>A line for each, with what a program needs to go on with; a table that WAL does not know is an error in JSON, too.</summary>
    private static async Task SaysTheSameAsync(Scene scene, IReadOnlyList<RecoveryPointCandidate> found)
    {
        var (code, output) = await DrpProgram.RunAsync(scene, ["pitr", "find", "note", "--json", "--action", .. s_all.Select(a => a.ToString().ToLowerInvariant())]);
        Assert.True(code == 0, output);
        JsonElement[] lines = Lines(output);
        Assert.Equal(
            found.Select(c => $"recoverypoint {c.Table} {c.Action} {c.Xid} {c.Rows} {c.CommitTime:O} {c.Target} {c.TargetExclusive}".ToLowerInvariant()),
            lines.Select(l => $"{l.GetProperty("type")} {l.GetProperty("table")} {l.GetProperty("action")} {l.GetProperty("xid")} {l.GetProperty("rows")} {l.GetProperty("commitTime").GetDateTimeOffset():O} {l.GetProperty("target")} {l.GetProperty("targetExclusive")}".ToLowerInvariant()));
        (code, output) = await DrpProgram.RunAsync(scene, "pitr", "find", "quiet", "--action", "drop", "--json");
        Assert.Equal((0, 0), (code, Lines(output).Length));
        (code, output) = await DrpProgram.RunAsync(scene, "pitr", "find", "nobody", "--json");
        JsonElement error = Assert.Single(Lines(output));
        Assert.Equal((10, "error", 10), (code, error.GetProperty("type").GetString(), error.GetProperty("exitCode").GetInt32()));

        static JsonElement[] Lines(string output) => [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<JsonElement>(l))
            .Where(l => l.GetProperty("type").GetString() is not ("message" or "progress"))];
    }

    [SkippableFact]
    public async Task A_missing_segment_is_an_error_that_names_it()
    {
        await using var scene = await Scene.SetAsync();
        var wal = new WalScene(scene);
        await scene.BackUpAsync(s_base);
        await scene.Cluster.SqlAsync("DELETE FROM purchase WHERE id <= 10", "shop");
        await wal.ShipAsync();
        await scene.Cluster.SqlAsync("DELETE FROM purchase WHERE id <= 20", "shop");
        string missing = await wal.SegmentAsync();
        await wal.ShipAsync(name => name == missing);
        Assert.Single(await FindAsync(scene, "purchase"));
        await scene.Cluster.SqlAsync("DELETE FROM purchase WHERE id <= 30", "shop");
        await wal.ShipAsync(name => name == missing);
        var error = await Assert.ThrowsAsync<DrpException>(() => FindAsync(scene, "purchase"));
        Assert.Equal(DrpError.RepositoryMissing, error.Code);
        Assert.Contains(missing, error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(false, false, false), InlineData(true, false, true), InlineData(false, true, true)]
    public async Task Unwritten_WAL_at_the_very_end_is_the_end_and_anything_else_is_damage(bool damaged, bool followed, bool fails)
    {
        await using var scene = await Scene.SetAsync();
        var wal = new WalScene(scene);
        await scene.BackUpAsync(s_base);
        await scene.Cluster.SqlAsync("DELETE FROM purchase WHERE id <= 10", "shop");
        string[] end = (await scene.Cluster.SqlAsync("SELECT file_name || ' ' || file_offset FROM pg_walfile_name_offset(pg_current_wal_insert_lsn())")).Split(' ');
        int offset = int.Parse(end[1], System.Globalization.CultureInfo.InvariantCulture);
        await wal.ShipAsync(change: (name, bytes) =>
        {
            if (name != end[0]) return;
            if (damaged) bytes[offset - 20] ^= 1;
            else Array.Clear(bytes, offset, bytes.Length - offset);
        });
        if (followed)
        {
            await scene.Cluster.SqlAsync("DELETE FROM purchase WHERE id <= 20", "shop");
            await wal.ShipAsync(name => string.CompareOrdinal(name, end[0]) <= 0);
        }

        if (!fails)
        {
            Assert.Equal(10, Assert.Single(await FindAsync(scene, "purchase")).Rows);
            return;
        }

        var error = await Assert.ThrowsAsync<DrpException>(() => FindAsync(scene, "purchase"));
        Assert.Equal(DrpError.VerificationFailed, error.Code);
        Assert.Contains("pg_waldump", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Partitions_and_tables_made_after_the_base_are_found_by_name()
    {
        await using var scene = await Scene.SetAsync((_, plan) => plan.Replace("canary: true", "canary: true\n    pointInTime: {}", StringComparison.Ordinal));
        var sql = scene.Cluster;
        await sql.SqlAsync("""
            CREATE TABLE measure (at int, v int) PARTITION BY RANGE (at);
            CREATE TABLE measure_a PARTITION OF measure FOR VALUES FROM (0) TO (10); CREATE TABLE measure_b PARTITION OF measure FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (at);
            CREATE TABLE measure_b1 PARTITION OF measure_b FOR VALUES FROM (10) TO (20); INSERT INTO measure SELECT i % 20, i FROM generate_series(1, 100) i;
            """, "shop");
        await scene.BackUpAsync(s_base);
        await sql.SqlAsync("CREATE TABLE young (id int PRIMARY KEY); INSERT INTO young SELECT generate_series(1, 40); TRUNCATE young; INSERT INTO young SELECT generate_series(1, 20); DELETE FROM young WHERE id > 17", "shop");
        await ReceiveAsync(scene);
        string dropped = Xid(await sql.SqlAsync("DELETE FROM measure WHERE v <= 60; DELETE FROM young WHERE id <= 5; BEGIN; DROP TABLE young; SELECT 'xid=' || pg_current_xact_id(); COMMIT", "shop"));
        await ReceiveAsync(scene);

        Assert.Equal([("public.measure_a", 30L), ("public.measure_b1", 30L)], (await FindAsync(scene, "measure")).Select(c => (c.Table, c.Rows!.Value)).Order());
        var young = await FindAsync(scene, "young");
        // Also what happened to it before there was a map with its name.
        Assert.Equal([TableAction.Drop, TableAction.Delete, TableAction.Delete], young.Select(c => c.Action));
        Assert.Equal((dropped, 5L, 3L), (young[0].Xid.ToString(System.Globalization.CultureInfo.InvariantCulture), young[1].Rows, young[2].Rows));
    }

    private static async Task ReceiveAsync(Scene scene)
    {
        await using var session = await scene.OpenAsync();
        await session.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, default);
    }

    [SkippableFact]
    public async Task Dropped_schemas_and_databases_are_found_too()
    {
        await using var scene = await Scene.SetAsync();
        var wal = new WalScene(scene);
        await scene.Cluster.SqlAsync("CREATE DATABASE other");
        await scene.Cluster.SqlAsync("CREATE SCHEMA app; CREATE TABLE app.a (id int); CREATE TABLE app.b (id int, t text)", "other");
        await scene.BackUpAsync(s_base);
        string schema = Xid(await scene.Cluster.SqlAsync("BEGIN; DROP SCHEMA app CASCADE; SELECT 'xid=' || pg_current_xact_id(); ROLLBACK", "other"));
        await scene.Cluster.SqlAsync("DROP TABLE app.a", "other");
        // It makes a checkpoint, after which the server may remove WAL.
        await wal.ShipAsync();
        await scene.Cluster.SqlAsync("DROP DATABASE other");
        await wal.ShipAsync();
        var b = Assert.Single(await FindAsync(scene, "app.b", "other"));
        Assert.Equal(TableAction.Drop, b.Action);
        Assert.Null(b.TargetExclusive);
        Assert.NotEqual(schema, b.Xid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.NotNull(Assert.Single(await FindAsync(scene, "a", "other")).TargetExclusive);
    }

    private static string Xid(string output) => output.Split('\n').Single(l => l.StartsWith("xid=", StringComparison.Ordinal))[4..].Trim();

    private static Task<IReadOnlyList<RecoveryPointCandidate>> FindAsync(Scene scene, string table, params TableAction[] actions) =>
        scene.WithAsync(s => s.FindRecoveryPointsAsync(new RecoveryPointOptions { Table = table, Actions = actions }, default));

    private static Task<IReadOnlyList<RecoveryPointCandidate>> FindAsync(Scene scene, string table, string database) =>
        scene.WithAsync(s => s.FindRecoveryPointsAsync(new RecoveryPointOptions { Table = table, Database = database }, default));
}
