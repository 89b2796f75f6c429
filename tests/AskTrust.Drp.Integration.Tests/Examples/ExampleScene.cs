using System.Diagnostics;
using System.Globalization;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;
using Xunit.Abstractions;

namespace AskTrust.Drp.Integration.Tests.Examples;

/// <summary>
/// One system of <c>examples/</c> as an operator has it: the folder copied, the stack up with images of the test-bed, the plan and the runbooks as they
/// stand there. Only what names the world outside is changed: places of repositories, the key, passwords, the port, the project's name.
/// </summary>
internal sealed class ExampleScene : IAsyncDisposable
{
    private const string Placeholder = "0123456789ABCDEF0123456789ABCDEF01234567";
    private static readonly string s_root = Root();
    private readonly TestFolder _folder = new("ex");
    private readonly GnuPgKeyRing _keys = new();
    private readonly Dictionary<string, string?> _environment = new(StringComparer.Ordinal);
    private readonly string _composeFile;
    private (string Fingerprint, string Public) _key;

    private readonly ITestOutputHelper _output;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private ExampleScene(string name, string composeFile, ITestOutputHelper output)
    {
        (Name, _composeFile, _output) = (name, composeFile, output);
        Project = $"drpex{Guid.NewGuid():N}"[..16];
    }

    /// <summary>Folder of the example.</summary>
    public string Name { get; }

    /// <summary>Name of the Compose project, another one in each test.</summary>
    public string Project { get; }

    /// <summary>Port where the stack answers.</summary>
    public int Port { get; } = FreePort.Take();

    /// <summary>Password of the database.</summary>
    public string Password { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The example's folder, as checked out on the operator's server.</summary>
    public string Home => _folder[Name];

    /// <summary>A path outside that folder, e.g. a repository.</summary>
    public string Outside(string name) => _folder[name];

    /// <summary>A file of the example.</summary>
    public string this[params string[] parts] => Path.Join([Home, .. parts]);

    /// <summary>Copies the example. Nothing runs yet.</summary>
    /// <param name="name">Folder below <c>examples/</c>.</param>
    /// <param name="output">Hears how long each step took.</param>
    /// <param name="composeFile">Its compose file.</param>
    public static async Task<ExampleScene> SetAsync(string name, ITestOutputHelper output, string composeFile = "docker-compose.yml")
    {
        Requires.Programs("pwsh", "gpg", "zstd", "tar");
        await DockerEngine.EnsureServicesAsync();
        var scene = new ExampleScene(name, composeFile, output);
        var key = await scene._keys.MakeAsync("backup");
        scene._key = (key.Fingerprint, key.Public);
        Module(scene._folder.Sub("modules"));
        scene._environment["DRP_STATE"] = scene.Outside("state");
        scene._environment["DRP_PLAN"] = null;
        scene._environment["GNUPGHOME"] = scene._keys.Home;
        scene._environment["PSModulePath"] = scene.Outside("modules");
        scene._environment["PSModuleAnalysisCachePath"] = scene.Outside("modules.cache");
        scene._environment["LANG"] = "C.UTF-8";
        scene._environment["NO_COLOR"] = "1";
        scene.CheckOut();
        return scene;
    }

    /// <summary>The folder as it comes from Git, with the public key in its place.</summary>
    public void CheckOut()
    {
        Copy(Path.Join(s_root, "examples", Name), Home);
        if (!File.ReadAllText(this["drp.yaml"]).Contains(Placeholder, StringComparison.Ordinal)) return;
        Directory.CreateDirectory(this["keys"]);
        File.Copy(_key.Public, this["keys", "backup.asc"]);
        Change("drp.yaml", (Placeholder, _key.Fingerprint));
    }

    /// <summary>A variable for everything that runs from now on, this process included.</summary>
    public void Set(string variable, string value)
    {
        _environment[variable] = value;
        Environment.SetEnvironmentVariable(variable, value);
    }

    /// <summary>Replaces text of a file; what is replaced must stand there.</summary>
    public void Change(string file, params (string There, string Here)[] changes)
    {
        string text = File.ReadAllText(this[file]);
        foreach (var (there, here) in changes)
        {
            Assert.Contains(there, text, StringComparison.Ordinal);
            text = text.Replace(there, here, StringComparison.Ordinal);
        }

        File.WriteAllText(this[file], text);
    }

    /// <summary>Writes a file of variables from its example: password and project are this scene's.</summary>
    public void Variables(string file, string project)
    {
        File.Copy(this[file + ".example"], this[file]);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(this[file], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Change(file, ($"COMPOSE_PROJECT_NAME={project}\n", $"COMPOSE_PROJECT_NAME={Project}\n"), ("=change-me", $"={Password}"));
        Change("drp.yaml", ($"project: {project}", $"project: {Project}"));
    }

    /// <summary>Brings the stack up and waits until its services are healthy.</summary>
    /// <param name="services">Services with a health check.</param>
    public async Task UpAsync(params string[] services)
    {
        double began = _clock.Elapsed.TotalSeconds;
        await ComposeAsync("up", "-d");
        foreach (string service in services) await HealthyAsync(service);
        Say(began, "up");
    }

    /// <summary>Waits until the health check of a service passes.</summary>
    public async Task HealthyAsync(string service)
    {
        for (var until = DateTime.UtcNow.AddSeconds(90); ; await Task.Delay(100))
        {
            string id = await ContainerAsync(service);
            if (id.Length > 0 && await DockerEngine.RunAsync(["inspect", "--format", "{{.State.Health.Status}}", id]) == "healthy") return;
            if (DateTime.UtcNow > until) throw new TimeoutException($"{service}: {await ComposeAsync("logs", service)}");
        }
    }

    /// <summary>Id of the container of a service, also of a stopped one; empty when there is none.</summary>
    public Task<string> ContainerAsync(string service) =>
        DockerEngine.RunAsync(["ps", "-a", "-q", "--filter", $"label=com.docker.compose.project={Project}", "--filter", $"label=com.docker.compose.service={service}"]);

    /// <summary>SQL inside the container of a service, from standard input.</summary>
    public async Task<string> SqlAsync(string sql, string service = "db", string user = "postgres", string database = "postgres") =>
        (await ChildProcess.RunAsync("docker",
            ["exec", "-i", await ContainerAsync(service), "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database, "-f", "-"],
            new ChildOptions { Input = sql })).Trim();

    /// <summary>Runs a command of Compose in the example's folder.</summary>
    public Task<string> ComposeAsync(params string[] arguments) => ComposeProject.InAsync(Home, _composeFile, Project, arguments);

    /// <summary>What the stack answers to a request.</summary>
    public async Task<string> GetAsync(string path)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        using var answer = await client.GetAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}{path}")));
        return $"{(int)answer.StatusCode} {(await answer.Content.ReadAsStringAsync()).Trim()}";
    }

    /// <summary>Runs a runbook in the example's folder, as an operator types it.</summary>
    /// <param name="line">Name in <c>runbooks/</c> and arguments.</param>
    /// <returns>What it wrote.</returns>
    public Task<string> RunbookAsync(string line) => RunAsync($"& ./runbooks/{line}");

    /// <summary>Runs a line of PowerShell, which must succeed.</summary>
    public async Task<string> RunAsync(string line)
    {
        var (code, output) = await PowerShellAsync(line);
        return code == 0 ? output : throw new InvalidOperationException($"{line} ended with {code}:\n{output}");
    }

    /// <summary>Runs a line of PowerShell in the example's folder.</summary>
    public async Task<(int Code, string Output)> PowerShellAsync(string line)
    {
        await using ChildProcess pwsh = ChildProcess.Start(
            "pwsh", ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", line], new ChildOptions { Folder = Home, Environment = _environment });
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        double began = _clock.Elapsed.TotalSeconds;
        int code = await pwsh.WaitAsync(patience.Token);
        Say(began, line);
        return (code, pwsh.Output);
    }

    /// <summary>Starts the receiver of the WAL, as the service does.</summary>
    public ChildProcess Receive() => DrpProgram.Start(this["drp.yaml"], Outside("state"), "", ["wal", "receive"]);

    /// <summary>Waits until every repository has the WAL up to a position, from the receiver that runs beside.</summary>
    public async Task ArchivedAsync(string position)
    {
        await using var session = await DrpSession.OpenAsync(this["drp.yaml"], new EngineOptions { StateDirectory = Outside("state"), Observer = new Listener() }, default);
        for (var until = DateTime.UtcNow.AddSeconds(90); ; await Task.Delay(100))
        {
            ReplicationStatus status = await session.ReplicationAsync(null, default).SingleAsync();
            if (status.Repositories.Count > 0 && status.Repositories.All(r => r.Shipped >= Lsn.Parse(position))) return;
            if (DateTime.UtcNow > until) throw new TimeoutException($"{position}: {string.Join(", ", status.Repositories)} {string.Join(", ", status.Problems)}");
        }
    }

    /// <summary>Everything that is ours on this machine goes, as with its disk: containers, volumes, networks, the folder, our memory. Repositories stay.</summary>
    public async Task LoseEverythingAsync()
    {
        await ComposeAsync("down", "-v", "-t", "1");
        Directory.Delete(Home, recursive: true);
        Directory.Delete(Outside("state"), recursive: true);
    }

    /// <summary>Puts the plan and the public key, all that a rebuild needs besides a repository and the private key, where the loss does not reach them.</summary>
    public void Pack()
    {
        Copy(this["keys"], Outside("kit/keys"));
        File.Copy(this["drp.yaml"], Outside("kit/drp.yaml"));
    }

    /// <summary>The kit on the new machine: its folder holds nothing else.</summary>
    public void Unpack() => Copy(Outside("kit"), Home);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await RemoveAsync("container", ["-a"], ["-f", "-v"]);
        await RemoveAsync("volume", [], ["-f"]);
        await RemoveAsync("network", [], []);
        await _keys.DisposeAsync();
        _folder.Dispose();
    }

    private void Say(double began, string what) =>
        _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{began,7:0.0} s +{_clock.Elapsed.TotalSeconds - began:0.0} s {what}"));

    private async Task RemoveAsync(string kind, string[] which, string[] how)
    {
        string[] left = (await DockerEngine.RunAsync([kind, "ls", "-q", .. which, "--filter", $"label=com.docker.compose.project={Project}"])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (left.Length > 0) await DockerEngine.RunAsync([kind, "rm", .. how, .. left]);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(Path.Join(to, Path.GetRelativePath(from, folder)));
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) File.Copy(file, Path.Join(to, Path.GetRelativePath(from, file)));
    }

    /// <summary>The module as installed, with the assemblies that were built with this test.</summary>
    private static void Module(string modules)
    {
        string module = Directory.CreateDirectory(Path.Join(modules, "AskTrust.Drp")).FullName;
        foreach (string file in (string[])["AskTrust.Drp.psd1", "AskTrust.Drp.psm1", "AskTrust.Drp.Format.ps1xml"]) File.Copy(Path.Join(s_root, file), Path.Join(module, file));
        string built = Directory.EnumerateFiles(Path.Join(s_root, "src", "AskTrust.Drp.PowerShell", "bin"), "AskTrust.Drp.PowerShell.dll", SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc)!;
        Directory.CreateSymbolicLink(Path.Join(module, "bin"), Path.GetDirectoryName(built)!);
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(folder, "AskTrust.Drp.psd1"))) folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException(AppContext.BaseDirectory);
        return folder;
    }
}
