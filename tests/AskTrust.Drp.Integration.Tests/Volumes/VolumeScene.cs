using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Volumes;

/// <summary>A volume with a container that has it, a container with Redis, a directory repository, a plan; everything named after one test.</summary>
internal sealed class VolumeScene : IAsyncDisposable
{
    public const string Password = Redis.RedisScene.Password;

    private VolumeScene() => Name = $"drptest{Guid.NewGuid():N}"[..16];

    public string Name { get; }

    public string Volume => $"{Name}_data";

    public string App => $"{Name}-app";

    public string Cache => $"{Name}-cache";

    public TestFolder Folder { get; } = new("volume");

    public Listener Heard { get; } = new();

    public static async Task<VolumeScene> SetAsync(params string[] labels)
    {
        Requires.Programs("gpg", "zstd", "tar");
        await DockerEngine.EnsureServicesAsync();
        Environment.SetEnvironmentVariable("DRP_TEST_REDIS", Password);
        var scene = new VolumeScene();
        scene.Folder.Write("passphrase", "correct horse battery staple");
        await DockerEngine.RunAsync(["volume", "create", "--label", "com.docker.compose.volume=data", scene.Volume]);
        await DockerEngine.RunAsync(["run", "-d", "--name", scene.App, "--label", $"{DockerEngine.Label}=1", .. labels.SelectMany(l => new[] { "--label", l }), "--stop-timeout", "1", "-v", $"{scene.Volume}:/srv/data",
            "debian:bookworm-slim", "sleep", "infinity"]);
        scene.Plan("");
        return scene;
    }

    /// <summary>Adds lines to the component with the volume, other components, and settings of the repository.</summary>
    public void Plan(string more, string others = "", string repository = "") => Folder.Write("drp.yaml", $$"""
        version: 1
        name: shop
        components:
          data:
            type: volume
            volume: {{Volume}}
        {{more}}
        {{others}}
        repositories:
          one: { type: directory, path: {{Folder["one"]}}{{repository}} }
        encryption: { passphrase: "${file:{{Folder["passphrase"]}}}" }
        """);

    /// <summary>Starts Redis in a container with a volume of its own, and waits for it.</summary>
    public async Task StartCacheAsync(params string[] settings)
    {
        await DockerAsync(["run", "-d", "--name", Cache, "-v", $"{Name}_cache:/data", "redis:7", "redis-server", "--requirepass", Password, "--repl-diskless-sync-delay", "0", .. settings]);
        for (var until = DateTime.UtcNow.AddSeconds(20); ; await Task.Delay(50))
        {
            try
            {
                if (await CliAsync("PING") == "PONG") return;
            }
            catch (InvalidOperationException) when (DateTime.UtcNow < until)
            {
                // Not yet.
            }
        }
    }

    /// <summary>Sends a command to that server.</summary>
    public Task<string> CliAsync(params string[] words) => DockerAsync(["exec", "-e", $"REDISCLI_AUTH={Password}", Cache, "redis-cli", .. words]);

    public Task<string> InAsync(string script) => DockerEngine.RunAsync(["exec", App, "sh", "-c", script]);

    public static Task<string> DockerAsync(params string[] arguments) => DockerEngine.RunAsync(arguments);

    public static async Task<bool> RunsAsync(string container) => await DockerAsync("container", "inspect", "--format", "{{.State.Running}} {{.State.Paused}}", container) == "true false";

    public async Task<T> WithAsync<T>(Func<DrpSession, Task<T>> act)
    {
        await using var session = await DrpSession.OpenAsync(Folder["drp.yaml"], new EngineOptions { StateDirectory = Folder["state"], Observer = Heard }, default);
        return await act(session);
    }

    public Task<BackupReport> BackUpAsync(CancellationToken ct = default) => WithAsync(s => s.BackupAsync(new BackupOptions(), ct));

    public Task<RestoreReport> RestoreAsync(RestoreComponentOptions options) => WithAsync(s => s.RestoreComponentAsync(options, default));

    public async ValueTask DisposeAsync()
    {
        foreach (string container in new[] { App, Cache }) await DockerAsync("rm", "-f", "-v", container);
        foreach (string volume in (await DockerAsync("volume", "ls", "-q", "--filter", $"name={Name}")).Split('\n', StringSplitOptions.RemoveEmptyEntries)) await DockerAsync("volume", "rm", "-f", volume.Trim());
        Folder.Dispose();
    }
}
