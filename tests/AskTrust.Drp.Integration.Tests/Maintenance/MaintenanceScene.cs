using System.Net;
using System.Net.Sockets;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Maintenance;

/// <summary>A plan with a maintenance section, and a site behind a real proxy that answers “app” (and “ok” at /healthz).</summary>
internal sealed class MaintenanceScene : IAsyncDisposable
{
    private ChildProcess? _proxy;

    public TestFolder Folder { get; } = new("maintenance");

    public int Port { get; } = FreePort.Take();

    public string Url => $"http://127.0.0.1:{Port}/";

    public string Snippet => Folder["drp/shop.conf"];

    public string Config => Folder["proxy.conf"];

    public string Plan => Folder["drp.yaml"];

    /// <summary>nginx, which includes our folder.</summary>
    public static async Task<MaintenanceScene> NginxAsync(string include = "include FOLDER/drp/*.conf;", string more = "")
    {
        Requires.Programs("nginx");
        var scene = new MaintenanceScene();
        scene.Folder.Sub("drp");
        string paths = string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(p => $"{p}_temp_path {scene.Folder[p]}; "));
        await File.WriteAllTextAsync(scene.Config, $$"""
            daemon off; pid {{scene.Folder["pid"]}}; error_log {{scene.Folder["error.log"]}}; worker_processes 1;
            events {}
            http {
              access_log off; {{paths}}
              server {
                listen 127.0.0.1:{{scene.Port}};
                {{include.Replace("FOLDER", scene.Folder.Path, StringComparison.Ordinal)}}
                location / { return 200 "app\n"; }
                location = /healthz { return 200 "ok\n"; }
              }
            }
            """);
        scene.Write($"proxy: nginx, snippet: {scene.Snippet}, config: {scene.Config}, url: \"{scene.Url}\"{more}");
        await scene.StartAsync("nginx", "-c", scene.Config);
        return scene;
    }

    /// <summary>Caddy, with a Caddyfile whose order of directives is the hard one: a page for every path (as single-page applications have), and handles.</summary>
    public static async Task<MaintenanceScene> CaddyAsync(string more = "")
    {
        Requires.Programs("caddy");
        var scene = new MaintenanceScene();
        int admin = FreePort.Take();
        await File.WriteAllTextAsync(scene.Folder["Caddyfile"], $$"""
            {
            	admin 127.0.0.1:{{admin}}
            	auto_https off
            }
            http://127.0.0.1:{{scene.Port}} {
            	root * {{scene.Folder.Path}}
            	try_files {path} /index.html
            	handle /healthz {
            		respond "ok"
            	}
            	handle {
            		respond "app"
            	}
            }
            """.ReplaceLineEndings("\n") + "\n");
        scene.Write($"proxy: caddy, config: {scene.Folder["Caddyfile"]}, url: \"{scene.Url}\"{more}");
        await scene.StartAsync("caddy", "run", "--config", scene.Folder["Caddyfile"]);
        return scene;
    }

    public void Write(string maintenance) => File.WriteAllText(Plan, $$"""
        version: 1
        name: shop
        components: { uploads: { type: files, path: files } }
        repositories: { one: { type: directory, path: one } }
        encryption: none
        maintenance: { {{maintenance}} }
        """);

    public async Task StartAsync(params string[] command)
    {
        var home = new Dictionary<string, string?>(StringComparer.Ordinal) { ["HOME"] = Folder.Path, ["XDG_DATA_HOME"] = Folder["data"], ["XDG_CONFIG_HOME"] = Folder["config"] };
        _proxy = ChildProcess.Start(command[0], command[1..], new ChildOptions { Environment = home });
        await _proxy.WaitUntilAsync(async () => await TryGetAsync("/") is not null, TimeSpan.FromSeconds(20));
    }

    public async Task StopAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        _proxy = null;
    }

    public async Task<T> WithAsync<T>(Func<DrpSession, Task<T>> act)
    {
        await using var session = await DrpSession.OpenAsync(Plan, new EngineOptions { StateDirectory = Folder["state"] }, default);
        return await act(session);
    }

    public Task<MaintenanceReport> OnAsync(bool dryRun = false) => WithAsync(s => s.EnableMaintenanceAsync(new MaintenanceOptions { Reason = "move", DryRun = dryRun }, default));

    public Task<MaintenanceReport> OffAsync() => WithAsync(s => s.DisableMaintenanceAsync(new MaintenanceOptions(), default));

    public Task<MaintenanceStatus> StatusAsync() => WithAsync(s => s.MaintenanceAsync(default));

    public static async Task<DrpException> FailsAsync(Func<Task> act) => await Assert.ThrowsAsync<DrpException>(act);

    /// <summary>What a visitor sees.</summary>
    public async Task<(int Status, string Text, HttpResponseMessage Answer)> GetAsync(string path = "/", string from = "127.0.0.1", HttpMethod? method = null)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                await socket.ConnectAsync(IPAddress.Loopback, Port, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10) };
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, Url.TrimEnd('/') + path);
        if (method == HttpMethod.Post) request.Content = new StringContent("a=1");
        HttpResponseMessage answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Folder.Dispose();
    }

    private async Task<string?> TryGetAsync(string path)
    {
        try
        {
            return (await GetAsync(path)).Text;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
