using System.Diagnostics;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Bench;

/// <summary>What the measurements share: a throw-away server with the database, keys, and a scratch folder.</summary>
internal sealed class Stand : IAsyncDisposable
{
    private const string Database = "bench";
    private readonly DemoServer _server;

    private Stand(Settings settings, string folder, DemoServer server)
    {
        Settings = settings;
        Folder = folder;
        _server = server;
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PGHOST"] = "127.0.0.1", ["PGPORT"] = $"{server.Port}", ["PGUSER"] = server.User, ["PGPASSWORD"] = server.Password, ["PGDATABASE"] = Database,
            ["DRP_STATE"] = Path.Join(folder, "state"), ["GNUPGHOME"] = Path.Join(folder, "gpg"), ["LC_ALL"] = "C.UTF-8",
        };
    }

    /// <summary>The command line.</summary>
    public Settings Settings { get; }

    /// <summary>Scratch folder.</summary>
    public string Folder { get; }

    /// <summary>Connection, state directory and GnuPG home for every program measured.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Fingerprint of the backup key.</summary>
    public string Fingerprint { get; private set; } = "";

    /// <summary>Version of the server.</summary>
    public string ServerVersion => _server.Version;

    /// <summary>Starts everything; the database stays empty until <see cref="FillAsync"/>.</summary>
    public static async Task<Stand> StartAsync(Settings settings)
    {
        string folder = Directory.CreateTempSubdirectory("drp-bench-").FullName;
        var server = await DemoServer.StartAsync(new EngineOptions { StateDirectory = Path.Join(folder, "state") }, default);
        var stand = new Stand(settings, folder, server);
        Directory.CreateDirectory(Path.Join(folder, "keys"));
        Directory.CreateDirectory(Path.Join(folder, "gpg"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        stand.Fingerprint = await server.MakeKeyAsync(Path.Join(folder, "keys"), default);
        await stand.ShellAsync($"gpg --batch --quiet --import '{folder}/keys/backup.asc'");
        await server.ExecuteAsync("postgres", $"CREATE DATABASE {Database}", default);
        await File.WriteAllTextAsync(Path.Join(folder, "database.password"), server.Password);
        File.SetUnixFileMode(Path.Join(folder, "database.password"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return stand;
    }

    /// <summary>Fills the database.</summary>
    public Task FillAsync(long bytes) => new SampleData(1).FillAsync(Environment, bytes);

    /// <summary>Writes a plan and gives its path.</summary>
    public string Plan(string name, string repositories, string component = "", string more = "")
    {
        string path = Path.Join(Folder, name + ".yaml");
        File.WriteAllText(path, $$"""
            version: 1
            name: bench
            components:
              db:
                type: postgresql
                url: {{_server.Url(Database)}}
                password: ${file:{{Folder}}/database.password}
            {{component}}
            repositories:
            {{repositories}}
            encryption:
              recipients: [{{Fingerprint}}]
              publicKeys: [keys/backup.asc]
              privateKey: keys/private.asc
            {{more}}

            """);
        return path;
    }

    /// <summary>Measures drp.</summary>
    public Task<Measured> DrpAsync(params string[] arguments) => Measured.RunAsync(Settings.Drp, arguments, Environment, Folder);

    /// <summary>Measures a shell line, as people have them in their scripts.</summary>
    public Task<Measured> ShellAsync(string line) => Measured.RunAsync("bash", ["-c", "set -euo pipefail; " + line], Environment, Folder);

    /// <summary>Makes an empty database, dropping an old one, and waits until the disk has what was written before: nobody shall pay for another's round.</summary>
    public async Task FreshDatabaseAsync(string name)
    {
        await _server.ExecuteAsync("postgres", $"DROP DATABASE IF EXISTS {name} WITH (FORCE)", default);
        await _server.ExecuteAsync("postgres", $"CREATE DATABASE {name}", default);
        await _server.ExecuteAsync("postgres", "CHECKPOINT", default);
        await ShellAsync("sync");
    }

    /// <summary>Rows of a database, to see that a restore did its work.</summary>
    public async Task<string> RowsAsync(string database) =>
        string.Join('/', (await _server.QueryAsync(database, "SELECT (SELECT count(*) FROM article), (SELECT count(*) FROM event)", default))[0]);

    /// <summary>Size of a file or folder.</summary>
    public static long SizeOf(string path) => File.Exists(path) ? new FileInfo(path).Length : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        using (var kill = Process.Start(new ProcessStartInfo("gpgconf", ["--homedir", Path.Join(Folder, "gpg"), "--kill", "all"]))) await kill!.WaitForExitAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
