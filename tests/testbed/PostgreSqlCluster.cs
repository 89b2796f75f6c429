using System.Globalization;

namespace AskTrust.Drp.TestBed;

/// <summary>How a <see cref="PostgreSqlCluster"/> is made.</summary>
public sealed record ClusterOptions
{
    /// <summary>Password of the superuser <c>postgres</c>, asked for over TCP; null = everybody is trusted.</summary>
    public string? Password { get; init; }

    /// <summary>Settings of the server, e.g. <c>max_connections=20</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>More arguments of <c>initdb</c>.</summary>
    public IReadOnlyList<string> InitDb { get; init; } = [];
}

/// <summary>A throw-away PostgreSQL server on the loopback and a socket, run as user <c>postgres</c>, without fsync.</summary>
public sealed class PostgreSqlCluster : IAsyncDisposable
{
    private static readonly string s_bin = FindBin();
    private readonly TestFolder _folder = new("pg");
    private readonly ClusterOptions _options;
    private ChildProcess? _server;

    private PostgreSqlCluster(ClusterOptions options) => _options = options;

    /// <summary>Folder of the server programs.</summary>
    public static string Bin => s_bin;

    /// <summary>Port.</summary>
    public int Port { get; } = FreePort.Take();

    /// <summary>Folder of the socket; whoever connects here is trusted.</summary>
    public string Socket => _folder["s"];

    /// <summary>Data directory.</summary>
    public string Data => _folder["data"];

    /// <summary>What the server has logged.</summary>
    public string Log => _server?.Output ?? "";

    /// <summary>Process id of the server.</summary>
    public int ProcessId => _server!.Id;

    private static string? User => Environment.UserName == "root" ? "postgres" : null;

    /// <summary>Makes and starts one.</summary>
    public static async Task<PostgreSqlCluster> StartAsync(ClusterOptions? options = null, CancellationToken ct = default)
    {
        Requires.That(Requires.Find(Path.Join(s_bin, "initdb")) is not null, "not installed: postgresql (initdb)");
        var cluster = new PostgreSqlCluster(options ?? new ClusterOptions());
        try
        {
            await cluster.InitAsync(ct);
            await cluster.StartServerAsync(ct);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>URL over TCP, without password.</summary>
    public string Url(string database = "postgres", string user = "postgres") =>
        $"postgresql://{Uri.EscapeDataString(user)}@127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}/{Uri.EscapeDataString(database)}";

    /// <summary>URL over the socket.</summary>
    public string SocketUrl(string database = "postgres", string user = "postgres") =>
        $"postgresql://{Uri.EscapeDataString(user)}@/{Uri.EscapeDataString(database)}?host={Uri.EscapeDataString(Socket)}&port={Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Runs SQL as superuser.</summary>
    /// <returns>Values as <c>psql -At</c> prints them.</returns>
    public async Task<string> SqlAsync(string sql, string database = "postgres", CancellationToken ct = default) =>
        (await ToolAsync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"], database, sql, ct)).TrimEnd('\n');

    /// <summary>Runs a client program as superuser over the socket.</summary>
    public Task<string> ToolAsync(string program, IEnumerable<string> arguments, string database = "postgres", string? input = null, CancellationToken ct = default) =>
        ChildProcess.RunAsync(Path.Join(s_bin, program), arguments, new ChildOptions { Input = input, Environment = ToolEnvironment(database) }, ct);

    /// <summary>Kills the server as a power failure would.</summary>
    public async Task KillAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _server = null;
        PostgreSqlServers.End(Data);
    }

    /// <summary>Starts it again after <see cref="KillAsync"/>.</summary>
    public async Task StartServerAsync(CancellationToken ct = default)
    {
        // A killed server leaves the file behind; its process id may be somebody else's by now.
        File.Delete(Path.Join(Data, "postmaster.pid"));
        _server = ChildProcess.Start(Path.Join(s_bin, "postgres"), ["-D", Data], new ChildOptions { RunAs = User, Folder = _folder.Path, Environment = Clean() });
        await _server.WaitUntilAsync(IsReadyAsync, TimeSpan.FromSeconds(30), ct);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        PostgreSqlServers.End(_folder.Path);
        await KillAsync();
        _folder.Dispose();
    }

    private async Task InitAsync(CancellationToken ct)
    {
        _folder.Sub("s");
        _folder.Sub("data");
        if (User is not null)
        {
            await ChildProcess.RunAsync("chown", ["postgres", Data, Socket], ct: ct);
            await ChildProcess.RunAsync("chmod", ["700", Data], ct: ct);
        }

        await ChildProcess.RunAsync(Path.Join(s_bin, "initdb"),
            ["-D", Data, "-U", "postgres", "-A", "trust", "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C.UTF-8", .. _options.InitDb],
            new ChildOptions { RunAs = User, Folder = _folder.Path, Environment = Clean() }, ct);
        string[] settings =
        [
            // In the data directory, so that what a killed server leaves goes with it.
            "dynamic_shared_memory_type=mmap",
            $"port={Port}", $"unix_socket_directories='{Socket}'", "listen_addresses='127.0.0.1'", "fsync=off", "full_page_writes=off", "synchronous_commit=off",
            "shared_buffers=64MB", "max_wal_size=2GB", "autovacuum_naptime=1h", "lc_messages='C'", .. _options.Settings,
        ];
        await File.AppendAllLinesAsync(Path.Join(Data, "postgresql.conf"), settings, ct);
        if (_options.Password is not { } password) return;
        await File.WriteAllTextAsync(Path.Join(Data, "pg_hba.conf"), "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n", ct);
        // In single-user mode, so that no server ever runs without its password.
        await ChildProcess.RunAsync(Path.Join(s_bin, "postgres"), ["--single", "-D", Data, "postgres"],
            new ChildOptions { RunAs = User, Folder = _folder.Path, Environment = Clean(), Input = $"ALTER ROLE postgres PASSWORD '{password}'\n" }, ct);
    }

    private async Task<bool> IsReadyAsync()
    {
        if (!await ChildProcess.AcceptsAsync(Port)) return false;
        await using ChildProcess ready = ChildProcess.Start(Path.Join(s_bin, "pg_isready"), ["-q", "-h", Socket, "-p", Port.ToString(CultureInfo.InvariantCulture)]);
        return await ready.WaitAsync() == 0;
    }

    private Dictionary<string, string?> ToolEnvironment(string database) => new(Clean(), StringComparer.Ordinal)
    {
        ["PGHOST"] = Socket, ["PGPORT"] = Port.ToString(CultureInfo.InvariantCulture), ["PGUSER"] = "postgres", ["PGDATABASE"] = database, ["PGCLIENTENCODING"] = "UTF8",
    };

    /// <summary>Nothing of the developer's own PostgreSQL settings.</summary>
    private static Dictionary<string, string?> Clean()
    {
        var clean = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LC_ALL"] = "C.UTF-8", ["LANGUAGE"] = null, ["HOME"] = "/" };
        foreach (string name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(n => n.StartsWith("PG", StringComparison.Ordinal))) clean[name] = null;
        return clean;
    }

    private static string FindBin()
    {
        const string debian = "/usr/lib/postgresql";
        if (Directory.Exists(debian))
        {
            string? newest = Directory.EnumerateDirectories(debian).Where(d => File.Exists(Path.Join(d, "bin", "initdb")))
                .MaxBy(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out int major) ? major : 0);
            if (newest is not null) return Path.Join(newest, "bin");
        }

        return Path.GetDirectoryName(Requires.Find("initdb")) ?? debian;
    }
}
