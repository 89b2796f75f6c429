using System.Globalization;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>Starts a restored data directory as an operator would, and asks it questions.</summary>
internal sealed class RestoredServer : IAsyncDisposable
{
    private readonly TestFolder _folder = new("rs");
    private readonly string _data;
    private readonly int _port;
    private ChildProcess? _server;

    private RestoredServer(string data, int port) => (_data, _port) = (data, port);

    private static string? User => Environment.UserName == "root" ? "postgres" : null;

    /// <param name="data">Data directory.</param>
    /// <param name="port">Port to take over from a server that is gone; null = a free one, and the socket only.</param>
    public static async Task<RestoredServer> StartAsync(string data, int? port = null)
    {
        var server = new RestoredServer(data, port ?? FreePort.Take());
        if (User is not null) await ChildProcess.RunAsync("chown", ["-R", "postgres", data, server._folder.Path]);
        string[] settings = [$"port={server._port}", $"unix_socket_directories={server._folder.Path}", port is null ? "listen_addresses=" : "listen_addresses=127.0.0.1", "archive_mode=off", "fsync=off"];
        server._server = ChildProcess.Start(Path.Join(PostgreSqlCluster.Bin, "postgres"), ["-D", data, .. settings.SelectMany(s => new[] { "-c", s })],
            new ChildOptions { RunAs = User, Folder = server._folder.Path, Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LC_ALL"] = "C" } });
        try
        {
            await server._server.WaitUntilAsync(async () => await server.TrySqlAsync("SELECT 1") == "1", TimeSpan.FromSeconds(60), default);
        }
        catch (Exception e)
        {
            string said = server._server.Output;
            await server.DisposeAsync();
            throw new InvalidOperationException(said, e);
        }

        return server;
    }

    public string Url(string database) => $"postgresql://postgres@/{database}?host={Uri.EscapeDataString(_folder.Path)}&port={_port.ToString(CultureInfo.InvariantCulture)}";

    public string Log => _server!.Output;

    public async Task<string> SqlAsync(string sql, string database = "postgres") => (await ChildProcess.RunAsync(
        Path.Join(PostgreSqlCluster.Bin, "psql"), ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql], new ChildOptions { Environment = Connection(database) })).Trim();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<string?> TrySqlAsync(string sql)
    {
        try
        {
            return await SqlAsync(sql);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private Dictionary<string, string?> Connection(string database) => new(StringComparer.Ordinal)
    {
        ["PGHOST"] = _folder.Path, ["PGPORT"] = _port.ToString(CultureInfo.InvariantCulture), ["PGUSER"] = "postgres", ["PGDATABASE"] = database,
    };
}
