using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Orchestration;

/// <summary>A small product: a database, an application on it, a page before it, uploads, and the folder its Compose file lies in. Backed up once.</summary>
internal sealed class StackScene : IAsyncDisposable
{
    private const string Stack = """
        version: "2.4"
        services:
          web:
            image: debian:bookworm-slim
            command: ["sh", "-c", "trap 'exit 0' TERM; sleep 900 & wait"]
            depends_on: { app: { condition: service_healthy } }
          app:
            image: debian:bookworm-slim
            command: ["sh", "-c", "trap 'exit 0' TERM; sleep 900 & wait"]
            environment: { EDITION: "first" }
            volumes: ["./conf:/conf:ro"]
            healthcheck: { test: "test -e /conf/ok || { echo no configuration; exit 1; }", interval: 1s, timeout: 30s, retries: 30 }
            depends_on: { db: { condition: service_healthy } }
          db:
            image: postgres:15
            environment: { POSTGRES_USER: shop, POSTGRES_PASSWORD: shop-secret, POSTGRES_DB: shop }
            volumes: ["pgdata:/var/lib/postgresql/data"]
            healthcheck: { test: ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "shop"], interval: 1s, retries: 60 }
        volumes: { pgdata: {} }
        """;

    /// <summary>What <see cref="LookAsync"/> says of it as it was backed up.</summary>
    public const string Good = "1000 one 3";

    /// <summary>What <see cref="LookAsync"/> says after <see cref="BreakAsync"/>.</summary>
    public const string Spoiled = "10 spoiled 3";

    private readonly TestFolder _folder;

    private StackScene(TestFolder folder, ComposeProject project) => (_folder, Project) = (folder, project);

    public ComposeProject Project { get; }

    /// <summary>Everything, confirmed, with times that fit these services.</summary>
    public static SystemRestoreOptions All { get; } = new() { Confirmed = true, StopTimeout = TimeSpan.FromSeconds(5), HealthTimeout = TimeSpan.FromMinutes(2) };

    public string Plan => _folder["drp.yaml"];

    public string State => _folder["state"];

    public string Repository => _folder["repository"];

    /// <summary>Folder of the set that <see cref="StartAsync"/> took.</summary>
    public string Set => Directory.EnumerateDirectories(Path.Join(Repository, "shop", "sets")).First(d => d.EndsWith("-full", StringComparison.Ordinal));

    public string Uploads => _folder["uploads"];

    public string StackFolder => Path.GetDirectoryName(Project.File)!;

    public string this[string name] => _folder[name];

    /// <summary>Brings it up, fills it, and takes one backup.</summary>
    public static async Task<StackScene> StartAsync()
    {
        var folder = new TestFolder("system");
        var project = await ComposeProject.UpAsync(Stack, prepare: f => File.WriteAllText(Path.Join(Directory.CreateDirectory(Path.Join(f, "conf")).FullName, "ok"), "yes"));
        var scene = new StackScene(folder, project);
        try
        {
            await scene.FillAsync();
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    private async Task FillAsync()
    {
        Directory.CreateDirectory(Uploads);
        _folder.Write("uploads/one.txt", "one");
        // So big that there is time to cut its restore off.
        byte[] bulk = new byte[24 << 20];
        new Random(1).NextBytes(bulk);
        await File.WriteAllBytesAsync(_folder["uploads/bulk"], bulk);
        _folder.Write("drp.yaml", $$"""
            version: 1
            name: shop
            components:
              db: { type: postgresql, compose: { service: db, project: {{Project.Name}} } }
              uploads: { type: files, path: {{Uploads}} }
              stack: { type: files, path: {{StackFolder}} }
            repositories:
              one: { type: directory, path: {{Repository}} }
            encryption: none
            """);
        await SqlAsync("CREATE TABLE orders AS SELECT i FROM generate_series(1, 1000) i");
        await using var session = await OpenAsync();
        await session.BackupAsync(new BackupOptions(), default);
    }

    public Task<DrpSession> OpenAsync() => DrpSession.OpenAsync(Plan, new EngineOptions { StateDirectory = State, Observer = new Listener() }, default);

    public Task<string> SqlAsync(string sql) => Project.ExecAsync("db", "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "shop", "-d", "shop", "-c", sql);

    /// <summary>What an accident does: rows and files are not what they were.</summary>
    public async Task BreakAsync()
    {
        await SqlAsync("DELETE FROM orders WHERE i > 10");
        await File.WriteAllTextAsync(Path.Join(Uploads, "one.txt"), "spoiled");
    }

    /// <summary>Rows, the upload, and how many services run.</summary>
    public async Task<string> LookAsync()
    {
        string running = await DockerEngine.RunAsync(["ps", "-q", "--filter", $"label=com.docker.compose.project={Project.Name}"]);
        return $"{await SqlAsync("SELECT count(*) FROM orders")} {await File.ReadAllTextAsync(Path.Join(Uploads, "one.txt"))} {running.Split('\n').Length}";
    }

    public async ValueTask DisposeAsync()
    {
        await Project.DisposeAsync();
        _folder.Dispose();
    }
}
