using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>One server, one base, and every accident that can happen to a table; work went on afterwards.</summary>
public sealed class AccidentScene : IAsyncLifetime
{
    private Scene? _scene;
    private WalScene _wal = null!;

    internal Scene Scene => _scene ?? throw new SkipException("no server");

    public async Task InitializeAsync()
    {
        try
        {
            _scene = await Scene.SetAsync();
        }
        catch (SkipException)
        {
            // Each test says so.
            return;
        }

        _wal = new WalScene(_scene);
        await _scene.Cluster.SqlAsync("CREATE ROLE clerk; CREATE ROLE keeper");
        await _scene.Cluster.SqlAsync("CREATE DATABASE other ENCODING 'UTF8' TEMPLATE template0 OWNER keeper");
        await _scene.Cluster.SqlAsync("""
            COMMENT ON DATABASE other IS 'the other'; ALTER DATABASE other SET work_mem = '5MB';
            CREATE SCHEMA app; CREATE TABLE app.a (id serial PRIMARY KEY, t text); INSERT INTO app.a (t) SELECT 'a' || i FROM generate_series(1, 40) i;
            CREATE VIEW app.seen AS SELECT count(*) AS n FROM app.a; CREATE FUNCTION app.alone() RETURNS int LANGUAGE sql AS 'SELECT 7';
            """, "other");
        await _scene.Cluster.SqlAsync(""""
            CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO keeper, clerk;
            CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN NEW.touched := NEW.touched + 1; RETURN NEW; END $f$;
            CREATE TABLE app."odd ""name"" 😀" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "e-mail
            address" text UNIQUE, customer bigint REFERENCES customer, touched int DEFAULT 0, net numeric(8,2) CHECK (net >= 0), gross numeric GENERATED ALWAYS AS (net * 1.19) STORED);
            CREATE INDEX by_net ON app."odd ""name"" 😀" (net) WHERE net > 10;
            CREATE TRIGGER touching BEFORE INSERT OR UPDATE ON app."odd ""name"" 😀" FOR EACH ROW EXECUTE FUNCTION app.touch();
            COMMENT ON TABLE app."odd ""name"" 😀" IS 'it''s odd'; COMMENT ON COLUMN app."odd ""name"" 😀".net IS 'before tax';
            ALTER TABLE app."odd ""name"" 😀" OWNER TO keeper; GRANT SELECT, INSERT ON app."odd ""name"" 😀" TO clerk;
            INSERT INTO app."odd ""name"" 😀" ("e-mail
            address", customer, net) SELECT 'mail' || i, i, i FROM generate_series(1, 70) i;
            CREATE TABLE app.line (id int PRIMARY KEY, head bigint REFERENCES app."odd ""name"" 😀"); INSERT INTO app.line SELECT i, i FROM generate_series(1, 50) i;
            CREATE VIEW app.rich AS SELECT id, net FROM app."odd ""name"" 😀" WHERE net > 60;

            CREATE TABLE note (id serial PRIMARY KEY, t text); INSERT INTO note (t) SELECT E'line\nwith\ttabs \\ and ''quotes'' ' || i FROM generate_series(1, 120) i;
            CREATE TABLE bag (t text, n int); INSERT INTO bag SELECT 'b' || i % 5, i % 3 FROM generate_series(1, 90) i;
            CREATE TABLE quiet (id int); INSERT INTO quiet SELECT generate_series(1, 30);

            CREATE TABLE measure (at date, v int, PRIMARY KEY (at, v)) PARTITION BY RANGE (at);
            CREATE TABLE measure_a PARTITION OF measure FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
            CREATE TABLE measure_b PARTITION OF measure FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
            INSERT INTO measure SELECT date '2026-06-25' + i % 12, i FROM generate_series(1, 60) i;

            CREATE SCHEMA crm; CREATE TYPE crm.mood AS ENUM ('good', 'bad'); CREATE FUNCTION crm.norm(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $f$ SELECT lower(t) $f$;
            CREATE TABLE crm.person (id serial PRIMARY KEY, name text, mood crm.mood); CREATE INDEX ON crm.person (crm.norm(name)); INSERT INTO crm.person (name, mood) SELECT 'P' || i, 'good' FROM generate_series(1, 25) i;
            CREATE VIEW crm.good AS SELECT * FROM crm.person WHERE mood = 'good'; CREATE FUNCTION crm.alone() RETURNS int LANGUAGE sql AS 'SELECT 7';
            """", "shop");
        await _scene.BackUpAsync(new BackupOptions { Kind = "base" });

        // The accidents, with work before, between and after.
        await _scene.Cluster.SqlAsync("INSERT INTO quiet VALUES (100)", "shop");
        await _scene.Cluster.SqlAsync("UPDATE customer SET name = 'everybody'", "shop");
        await _scene.Cluster.SqlAsync("INSERT INTO customer (name) VALUES ('newcomer'); INSERT INTO purchase VALUES (9500, 2001, 5)", "shop");
        await _scene.Cluster.SqlAsync("DELETE FROM purchase WHERE id <= 9000", "shop");
        await _scene.Cluster.SqlAsync("INSERT INTO purchase VALUES (9501, 2001, 6)", "shop");
        await _scene.Cluster.SqlAsync("TRUNCATE note RESTART IDENTITY", "shop");
        await _scene.Cluster.SqlAsync("INSERT INTO note (t) VALUES ('later')", "shop");
        await _scene.Cluster.SqlAsync("DELETE FROM bag WHERE n = 1; INSERT INTO bag VALUES ('new', 9), ('b1', 2)", "shop");
        await _scene.Cluster.SqlAsync("""DROP TABLE app."odd ""name"" 😀" CASCADE""", "shop");
        await _scene.Cluster.SqlAsync("INSERT INTO app.line VALUES (900, 900)", "shop");
        await _scene.Cluster.SqlAsync("DROP TABLE measure_b; DELETE FROM measure WHERE v <= 10", "shop");
        await _scene.Cluster.SqlAsync("DROP SCHEMA crm CASCADE", "shop");
        await _wal.ShipAsync();
        await _scene.Cluster.SqlAsync("DROP DATABASE other");
        await _scene.Cluster.SqlAsync("INSERT INTO quiet VALUES (200)", "shop");
        await _wal.ShipAsync();
    }

    public async Task DisposeAsync()
    {
        if (_scene is not null) await _scene.DisposeAsync();
    }

    /// <summary>The last accident of a kind to a table.</summary>
    internal async Task<RecoveryPointCandidate> FindAsync(string table, TableAction action, string? database = null) =>
        (await Scene.WithAsync(s => s.FindRecoveryPointsAsync(new RecoveryPointOptions { Table = table, Actions = [action], Database = database }, default)))[0];

    internal Task<TableRestoreReport> RestoreAsync(TableRestoreOptions options) => Scene.WithAsync(s => s.RestoreTableAsync(options, default));

    internal static RecoveryTarget To(RecoveryPointCandidate found) => RecoveryTarget.TryParse(found.Target, out var target) ? target! : throw new InvalidOperationException(found.Target);

    internal Task ShipAsync() => _wal.ShipAsync();

    internal Task<string> SqlAsync(string sql, string database = "shop") => Scene.Cluster.SqlAsync(sql, database);
}
