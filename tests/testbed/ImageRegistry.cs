using System.Globalization;

namespace AskTrust.Drp.TestBed;

/// <summary>A registry of images on the loopback, where engines ask for no certificate.</summary>
public sealed class ImageRegistry : IAsyncDisposable
{
    private readonly string _folder;
    private readonly int _port = FreePort.Take();
    private ChildProcess? _process;

    private ImageRegistry(string folder) => _folder = folder;

    /// <summary>Its name in those of images.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>Starts one.</summary>
    /// <param name="folder">A folder of its own; made when missing.</param>
    public static async Task<ImageRegistry> StartAsync(string folder)
    {
        Requires.Programs("docker-registry");
        var registry = new ImageRegistry(folder);
        await registry.StartAsync();
        return registry;
    }

    /// <summary>Starts it again.</summary>
    public async Task StartAsync()
    {
        Directory.CreateDirectory(_folder);
        string config = Path.Join(_folder, "config.yml");
        await File.WriteAllTextAsync(config, $"version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: {_folder}/images }} }}\nhttp: {{ addr: {Name} }}\n");
        _process = ChildProcess.Start("docker-registry", ["serve", config]);
        using var client = new HttpClient();
        await _process.WaitUntilAsync(async () =>
        {
            try
            {
                return (await client.GetAsync(new Uri($"http://{Name}/v2/"))).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(20));
    }

    /// <summary>Stops it.</summary>
    public async Task StopAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Loses every image, as registries do that clean up.</summary>
    public async Task LoseAsync()
    {
        await StopAsync();
        Directory.Delete(Path.Join(_folder, "images"), recursive: true);
        await StartAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();
}
