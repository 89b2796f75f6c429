using System.Globalization;

namespace AskTrust.Drp.TestBed;

/// <summary>A real Patroni with etcd: members “n1” and “n2” on the loopback, ready when one leads and the other follows.</summary>
public sealed class PatroniCluster : IAsyncDisposable
{
    private readonly TestFolder _folder = new("patroni");
    private readonly Dictionary<string, ChildProcess> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Api, int Server)> _ports = new(StringComparer.Ordinal) { ["n1"] = (FreePort.Take(), FreePort.Take()), ["n2"] = (FreePort.Take(), FreePort.Take()) };
    private readonly int _etcd = FreePort.Take();
    private readonly int _peers = FreePort.Take();

    private PatroniCluster()
    {
    }

    /// <summary>User and password of the part of the API that changes something.</summary>
    public const string Password = "api-pw";

    private static string? User => Environment.UserName == "root" ? "postgres" : null;

    /// <summary>Starts it.</summary>
    public static async Task<PatroniCluster> StartAsync()
    {
        Requires.Programs("patroni", "etcd", "initdb");
        var cluster = new PatroniCluster();
        try
        {
            await cluster.BootAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Address of the API of a member.</summary>
    public string Api(string member) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_ports[member].Api}");

    /// <summary>Connection to the server of a member.</summary>
    public string Url(string member) => string.Create(CultureInfo.InvariantCulture, $"postgresql://postgres@127.0.0.1:{_ports[member].Server}/postgres");

    /// <summary>Kills a member with its server, as a power failure would.</summary>
    public async Task KillAsync(string member)
    {
        if (_running.Remove(member, out ChildProcess? process)) await process.DisposeAsync();
        string file = _folder["d", member, "postmaster.pid"];
        if (File.Exists(file)) await ChildProcess.RunAsync("sh", ["-c", "kill -KILL $1 2>/dev/null || true", "kill", File.ReadLines(file).First()]);
    }

    /// <summary>Starts a member again.</summary>
    public void Start(string member) => _running[member] = ChildProcess.Start("patroni", [_folder[$"{member}.yml"]], new ChildOptions
    {
        RunAs = User, Folder = _folder.Path, Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LC_ALL"] = "C.UTF-8", ["HOME"] = _folder["d"] },
    });

    /// <summary>What a member says of itself: the code of <c>/leader</c> or <c>/replica</c>.</summary>
    public async Task<bool> IsAsync(string member, string role)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri($"{Api(member)}/{role}"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (string member in _ports.Keys) await KillAsync(member);
        foreach (ChildProcess process in _running.Values) await process.DisposeAsync();
        _folder.Dispose();
    }

    private async Task BootAsync()
    {
        foreach (string folder in (string[])["d", "s", "etcd"])
        {
            _folder.Sub(folder);
            if (User is not null) await ChildProcess.RunAsync("chown", ["postgres", _folder[folder]]);
        }

        string client = $"http://127.0.0.1:{_etcd}", peer = $"http://127.0.0.1:{_peers}";
        ChildProcess etcd = ChildProcess.Start("etcd",
        [
            "--data-dir", _folder["etcd"], "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", $"default={peer}", "--unsafe-no-fsync",
        ]);
        _running["etcd"] = etcd;
        await etcd.WaitUntilAsync(() => ChildProcess.AcceptsAsync(_etcd), TimeSpan.FromSeconds(30));
        foreach (string member in _ports.Keys) await WriteAsync(member);
        Start("n1");
        await _running["n1"].WaitUntilAsync(() => IsAsync("n1", "leader"), TimeSpan.FromSeconds(60));
        Start("n2");
        await _running["n2"].WaitUntilAsync(() => IsAsync("n2", "replica"), TimeSpan.FromSeconds(60));
    }

    private async Task WriteAsync(string member)
    {
        var (api, server) = _ports[member];
        string file = _folder.Write($"{member}.yml", $$"""
            scope: drtest
            name: {{member}}
            restapi: { listen: "127.0.0.1:{{api}}", connect_address: "127.0.0.1:{{api}}", authentication: { username: api, password: {{Password}} } }
            etcd3: { host: "127.0.0.1:{{_etcd}}" }
            bootstrap:
              dcs: { ttl: 5, loop_wait: 1, retry_timeout: 3, maximum_lag_on_failover: 1048576, postgresql: { use_pg_rewind: true, parameters: { max_connections: 40, fsync: "off" } } }
              initdb: [ { encoding: UTF8 }, data-checksums ]
            postgresql:
              listen: 127.0.0.1:{{server}}
              connect_address: 127.0.0.1:{{server}}
              data_dir: {{_folder["d", member]}}
              bin_dir: {{PostgreSqlCluster.Bin}}
              pgpass: {{_folder["s", member + ".pgpass"]}}
              parameters: { unix_socket_directories: "{{_folder["s"]}}", shared_buffers: 32MB, dynamic_shared_memory_type: mmap }
              pg_hba: [ local all all trust, host all all 127.0.0.1/32 md5, host replication all 127.0.0.1/32 md5 ]
              authentication: { superuser: { username: postgres, password: pw }, replication: { username: repl, password: rpw }, rewind: { username: rewind, password: wpw } }
            """);
        if (User is not null) await ChildProcess.RunAsync("chown", ["postgres", file]);
    }
}
