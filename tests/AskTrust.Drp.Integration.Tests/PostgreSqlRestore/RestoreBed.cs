using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PostgreSqlRestore;

/// <summary>One server for all restore tests (each with databases of its own), and a host for the one test.</summary>
internal sealed class RestoreBed : IDrpObserver, IAsyncDisposable
{
    /// <summary>The collection whose tests share the server, one after another.</summary>
    public const string Collection = "PostgreSQL restore";

    private static readonly SemaphoreSlim s_once = new(1);
    private static PostgreSqlCluster? s_cluster;
    private static int s_count;
    private readonly TestFolder _folder = new("rs");

    private RestoreBed(PostgreSqlCluster cluster)
    {
        Cluster = cluster;
        var redactor = new Redactor();
        var runner = new ProcessRunner(TimeProvider.System, redactor);
        Host = new HostContext
        {
            Processes = runner, Redactor = redactor, Secrets = new SecretResolver(runner, redactor, this, (_, _) => Task.FromResult<string?>(null)),
            Clock = TimeProvider.System, Temp = new TempSpace(_folder["state"]), Observer = this,
        };
    }

    public PostgreSqlCluster Cluster { get; }

    public HostContext Host { get; }

    public IPostgreSqlServer Server { get; private set; } = null!;

    public List<DrpEvent> Events { get; } = [];

    public static async Task<RestoreBed> StartAsync()
    {
        await s_once.WaitAsync();
        try
        {
            s_cluster ??= await PostgreSqlCluster.StartAsync(new ClusterOptions { Settings = ["max_connections=60", "max_prepared_transactions=5"] });
        }
        finally
        {
            s_once.Release();
        }

        var bed = new RestoreBed(s_cluster);
        bed.Server = await bed.ConnectAsync();
        return bed;
    }

    /// <summary>A name no other test uses.</summary>
    public static string NewName(string name) => name + Interlocked.Increment(ref s_count).ToString(CultureInfo.InvariantCulture);

    public Task<IPostgreSqlServer> ConnectAsync(string user = "postgres", string database = "postgres") =>
        PostgreSqlServers.ConnectAsync(new PostgreSqlPlan { Name = "db", Url = Cluster.SocketUrl(database, user) }, Host, default);

    /// <summary>Makes a small database and returns its name.</summary>
    public async Task<string> MakeAsync(string name, int rows = 100, string owner = "postgres")
    {
        name = NewName(name);
        await Cluster.SqlAsync($"CREATE DATABASE {Sql.Identifier(name)} OWNER {Sql.Identifier(owner)}");
        await Cluster.SqlAsync($"""
            SET ROLE {Sql.Identifier(owner)};
            CREATE SCHEMA app;
            CREATE TABLE app.customer (id int PRIMARY KEY, name text NOT NULL, doc jsonb);
            CREATE TABLE app."order" (id int PRIMARY KEY, customer int REFERENCES app.customer, total numeric);
            INSERT INTO app.customer SELECT i, 'name ' || i, jsonb_build_object('n', i) FROM generate_series(1, {rows}) i;
            INSERT INTO app."order" SELECT i, 1 + i % {rows}, i / 3.0 FROM generate_series(1, {rows} * 3) i;
            CREATE INDEX ON app."order" (customer);
            CREATE VIEW app.totals AS SELECT customer, sum(total) FROM app."order" GROUP BY 1;
            """, name);
        return name;
    }

    public async Task<bool> ExistsAsync(string database) => await Cluster.SqlAsync($"SELECT 1 FROM pg_database WHERE datname = {Sql.Literal(database)}") == "1";

    /// <summary>Databases a restore made up and left.</summary>
    public Task<string> LeftOversAsync() => Cluster.SqlAsync("SELECT datname FROM pg_database WHERE datname ~ '_drp_[0-9a-f]{10}$'");

    /// <summary>What pg_dump says of a database, without what differs from run to run.</summary>
    public async Task<string> TextAsync(string database, params string[] options) => Normal(await Cluster.ToolAsync("pg_dump", options, database));

    public static string Normal(string dump) =>
        string.Join('\n', dump.Split('\n').Where(l => !l.StartsWith("\\restrict", StringComparison.Ordinal) && !l.StartsWith("\\unrestrict", StringComparison.Ordinal)));

    /// <summary>A dump in a file, as a plain source.</summary>
    public async Task<PlainSource> DumpAsync(string database, params string[] options)
    {
        string file = _folder[NewName("dump")];
        await Cluster.ToolAsync("pg_dump", ["--file", file, .. options], database);
        return FromFile(file);
    }

    public static PlainSource FromFile(string file, bool sized = true) =>
        new(Path.GetFileName(file), _ => Task.FromResult<Stream>(File.OpenRead(file)), sized ? new FileInfo(file).Length : null);

    public static PlainSource FromText(string text, string name = "dump.sql") => FromBytes(Encoding.UTF8.GetBytes(text), name);

    public static PlainSource FromBytes(byte[] bytes, string name = "dump") => new(name, _ => Task.FromResult<Stream>(new MemoryStream(bytes)), bytes.Length);

    public static async Task<byte[]> BytesAsync(PlainSource source)
    {
        await using Stream stream = await source.OpenAsync(default);
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    /// <summary>Facts as a backup would record them.</summary>
    public async Task<PostgreSqlFacts> FactsAsync(string database)
    {
        await using IPostgreSqlServer server = await ConnectAsync(database: database);
        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (CatalogTable table in await CatalogTable.ListAsync(server, database, sizes: false, default))
        {
            if (table.Kind == 'r') rows[table.Key] = long.Parse((await server.QueryAsync(database, $"SELECT count(*) FROM ONLY {Sql.Identifier(table.Schema)}.{Sql.Identifier(table.Name)}", default))[0][0]!, CultureInfo.InvariantCulture);
        }

        return (await DatabaseFacts.ReadAsync(server, "pg_dump", default)) with { Rows = rows };
    }

    public void On(DrpEvent happening)
    {
        lock (Events) Events.Add(happening);
    }

    public async ValueTask DisposeAsync()
    {
        if (Server is not null) await Server.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>Restore tests share one server and rename, kill and sweep on it: one after another.</summary>
[CollectionDefinition(RestoreBed.Collection)]
public sealed class RestoreTestGroup;
