using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Operations;

/// <summary>A small product to protect: a database with a shop, two directory repositories, an OpenPGP key, a plan.</summary>
internal sealed class Scene : IAsyncDisposable
{
    public const string Password = "s3cret-of-the-scene";

    private Scene(PostgreSqlCluster cluster, TestFolder folder) => (Cluster, Folder) = (cluster, folder);

    public PostgreSqlCluster Cluster { get; }

    public TestFolder Folder { get; }

    public string PlanFile => Folder["drp.yaml"];

    public string State => Folder["state"];

    public Listener Heard { get; } = new();

    public string Repository(string name) => Folder[name];

    /// <param name="plan">Changes the text of the plan.</param>
    public static Task<Scene> SetAsync(Func<string, string>? plan = null) => SetAsync((_, text) => plan?.Invoke(text) ?? text);

    /// <param name="plan">Changes the text of the plan of the scene.</param>
    public static async Task<Scene> SetAsync(Func<Scene, string, string> plan)
    {
        Requires.Programs("gpg", "initdb", "pg_dump");
        var scene = new Scene(await PostgreSqlCluster.StartAsync(new ClusterOptions { Password = Password }), new TestFolder("scene"));
        Environment.SetEnvironmentVariable("DRP_TEST_PASSWORD", Password);
        await scene.Cluster.SqlAsync("CREATE DATABASE shop");
        await scene.Cluster.SqlAsync("""
            CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, note jsonb);
            CREATE TABLE purchase (id bigint PRIMARY KEY, customer bigint NOT NULL REFERENCES customer, total numeric(12,2), placed timestamptz DEFAULT now());
            INSERT INTO customer (name, note) SELECT 'customer ' || i, jsonb_build_object('n', i, 'text', repeat('x', i % 50)) FROM generate_series(1, 2000) i;
            INSERT INTO purchase SELECT i, 1 + i % 2000, i / 7.0 FROM generate_series(1, 9000) i;
            """, "shop");
        scene.Folder.Write("passphrase", "correct horse battery staple");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(scene.Folder["passphrase"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string text = $$"""
            version: 1
            name: shop
            objectives: { critical: { rto: 1h, rpo: 6h } }
            components:
              db:
                type: postgresql
                class: critical
                url: {{scene.Cluster.Url("shop")}}
                password: ${env:DRP_TEST_PASSWORD}
                canary: true
                restoreTest: { where: cluster, assertions: [ { name: customers, sql: "select count(*) from customer", atLeast: 1 } ] }
            repositories:
              one: { type: directory, path: {{scene.Repository("one")}} }
              two: { type: directory, path: {{scene.Repository("two")}} }
            encryption:
              passphrase: ${file:{{scene.Folder["passphrase"]}}}
            jobs:
              regular: { schedule: "0 */6 * * *", keep: { last: 2 } }
            """;
        scene.Folder.Write("drp.yaml", plan(scene, text));
        return scene;
    }

    public Task<DrpSession> OpenAsync(Func<string, CancellationToken, Task<bool>>? ask = null) =>
        DrpSession.OpenAsync(PlanFile, new EngineOptions { StateDirectory = State, Observer = Heard, Ask = ask }, default);

    public async Task<T> WithAsync<T>(Func<DrpSession, Task<T>> act)
    {
        await using var session = await OpenAsync();
        return await act(session);
    }

    public Task<BackupReport> BackUpAsync(BackupOptions? options = null) => WithAsync(s => s.BackupAsync(options ?? new BackupOptions(), default));

    /// <summary>Every process of ours or of a child that still runs and was started from this scene's folders.</summary>
    public static IReadOnlyList<string> ProcessesNaming(string text) =>
        [.. Directory.EnumerateFiles("/proc", "cmdline", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true })
            .Select(f => { try { return File.ReadAllText(f).Replace('\0', ' '); } catch (IOException) { return ""; } })
            .Where(c => c.Contains(text, StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        Folder.Dispose();
    }
}

/// <summary>Remembers what the engine said.</summary>
internal sealed class Listener : IDrpObserver
{
    private readonly List<DrpEvent> _events = [];

    public IReadOnlyList<DrpEvent> Events { get { lock (_events) return [.. _events]; } }

    public IEnumerable<string> Texts => Events.OfType<DrpMessage>().Select(m => m.Text);

    public void On(DrpEvent happening)
    {
        lock (_events) _events.Add(happening);
    }
}
