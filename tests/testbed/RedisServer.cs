using System.Globalization;

namespace AskTrust.Drp.TestBed;

/// <summary>A Redis server of this machine's programs, on a port of its own, with a password.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly string[] _more;
    private ChildProcess? _process;

    private RedisServer(string folder, string password, string[] more) => (Folder, Password, _more) = (folder, password, more);

    /// <summary>Its data directory.</summary>
    public string Folder { get; }

    /// <summary>Its password.</summary>
    public string Password { get; }

    /// <summary>Its port.</summary>
    public int Port { get; private set; }

    /// <summary>URL without the password.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{Port}");

    /// <summary>Starts one.</summary>
    /// <param name="folder">Data directory; made when missing.</param>
    /// <param name="password">Password.</param>
    /// <param name="more">More settings, as arguments.</param>
    public static async Task<RedisServer> StartAsync(string folder, string password, params string[] more)
    {
        Requires.Programs("redis-server", "redis-cli");
        var server = new RedisServer(folder, password, more);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it again.</summary>
    public async Task StartAsync()
    {
        Directory.CreateDirectory(Folder);
        if (Port == 0) Port = FreePort.Take();
        _process = ChildProcess.Start("redis-server",
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", Folder, "--requirepass", Password, "--repl-diskless-sync-delay", "0", "--save", "", .. _more,
        ]);
        await WaitAsync();
    }

    /// <summary>Waits until one answers at its port, whoever runs it.</summary>
    public async Task WaitAsync()
    {
        for (var until = DateTime.UtcNow.AddSeconds(20); ;)
        {
            try
            {
                if (await CliAsync("PING") == "PONG") return;
            }
            catch (InvalidOperationException) when (DateTime.UtcNow < until)
            {
                // Not yet.
            }

            if (DateTime.UtcNow > until) throw new InvalidOperationException("redis-server does not answer");
            await Task.Delay(20);
        }
    }

    /// <summary>Stops it in order.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        await CliAsync("SHUTDOWN", "NOSAVE");
        await _process.WaitAsync();
        await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Sends a command.</summary>
    public async Task<string> CliAsync(params string[] words) => (await ChildProcess.RunAsync("redis-cli",
        ["-p", Port.ToString(CultureInfo.InvariantCulture), .. words], new ChildOptions { Environment = new Dictionary<string, string?> { ["REDISCLI_AUTH"] = Password } })).Trim();

    /// <summary>Sends a script of Lua.</summary>
    public Task<string> LuaAsync(string script, int database = 0) => CliAsync("-n", database.ToString(CultureInfo.InvariantCulture), "EVAL", script, "0");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
    }
}
