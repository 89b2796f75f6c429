using Xunit;

namespace AskTrust.Drp.TestBed;

/// <summary>
/// The Docker engine of the tests. Where none answers and we are root, <c>dockerd</c> is started the way a service would run, for the
/// test processes after this one too; whoever runs them all (build/TestEngine) stops it. Its data lie below the test cache. The images are
/// made from Debian packages and kept as one compressed file.
/// </summary>
public static class DockerEngine
{
    /// <summary>The image that tests run PostgreSQL from.</summary>
    public const string PostgreSqlImage = "postgres:15";

    /// <summary>The next major version that tests look at, of Debian's next release. Making it takes two minutes: see <see cref="EnsureNextAsync"/>.</summary>
    public const string NextImage = "postgres:17";

    /// <summary>PostgreSQL 15 under a real systemd: see <see cref="EnsureSystemdAsync"/>.</summary>
    public const string SystemdImage = "drp-systemd:1";

    /// <summary>Label of everything the tests start, so that left-overs can be found.</summary>
    public const string Label = "com.asktrust.drp.test";

    private static readonly string[] s_services = ["redis:7", "nginx:1", "busybox:1"];
    private static readonly SemaphoreSlim s_once = new(1);
    private static bool s_ready;

    /// <summary>Where images and the engine's data are kept between runs.</summary>
    public static string Cache { get; } = Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "asktrust-drp");

    /// <summary>Makes sure that an engine answers and has the images.</summary>
    public static async Task EnsureAsync(CancellationToken ct = default)
    {
        await s_once.WaitAsync(ct);
        try
        {
            if (s_ready) return;
            Requires.Programs("docker");
            Directory.CreateDirectory(Cache);
            await using FileStream turn = await TakeTurnAsync(ct);
            if (!await AnswersAsync()) await StartAsync(ct);
            if (!await SucceedsAsync("image", "inspect", PostgreSqlImage)) await BuildAsync(Path.Join(Cache, "images.tar.zst"), [], ct);
            s_ready = true;
        }
        finally
        {
            s_once.Release();
        }
    }

    /// <summary>Runs <c>docker</c>.</summary>
    /// <returns>What it printed, trimmed.</returns>
    public static async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken ct = default) =>
        (await ChildProcess.RunAsync("docker", arguments, ct: ct)).Trim();

    /// <summary>Waits until the engine has told a container to end.</summary>
    /// <param name="container">Name or id.</param>
    /// <param name="since">When the container was last started: what it was told before that does not count.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task WaitToldToEndAsync(string container, string since, CancellationToken ct = default)
    {
        for (var until = DateTime.UtcNow.AddSeconds(30); await RunAsync(["events", "--since", since, "--until", DateTime.UtcNow.ToString("O"), "--filter", $"container={container}", "--filter", "event=kill"], ct) == "";)
        {
            if (DateTime.UtcNow > until) throw new TimeoutException($"{container} was not told to end");
            await Task.Delay(20, ct);
        }
    }

    /// <summary>Makes sure of an engine, and of <see cref="NextImage"/>.</summary>
    /// <param name="build">Makes the image when it is not in the cache, as in CI; else the test is skipped.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task EnsureNextAsync(bool build, CancellationToken ct = default)
    {
        await EnsureAsync(ct);
        await using FileStream turn = await TakeTurnAsync(ct);
        if (await SucceedsAsync("image", "inspect", NextImage)) return;
        string cached = Path.Join(Cache, "images-17.tar.zst");
        Skip.IfNot(build || Requires.IsCI || File.Exists(cached), $"{NextImage} was not made on this machine yet: ./build.sh soak makes it");
        await BuildAsync(cached, ["17", "trixie"], ct);
    }

    /// <summary>Makes sure of an engine, and of the images <c>redis:7</c>, <c>nginx:1</c> and <c>busybox:1</c>, each also as <c>:latest</c>.</summary>
    public static async Task EnsureServicesAsync(CancellationToken ct = default)
    {
        await EnsureAsync(ct);
        await using FileStream turn = await TakeTurnAsync(ct);
        if (await SucceedsAsync(["image", "inspect", .. s_services])) return;
        await BuildAsync(Path.Join(Cache, "images-services.tar.zst"), ["services"], ct);
    }

    /// <summary>Makes sure of an engine, and of <see cref="SystemdImage"/>; making it takes half a minute.</summary>
    public static async Task EnsureSystemdAsync(CancellationToken ct = default)
    {
        await EnsureAsync(ct);
        await using FileStream turn = await TakeTurnAsync(ct);
        if (!await SucceedsAsync("image", "inspect", SystemdImage)) await BuildAsync(Path.Join(Cache, "images-systemd.tar.zst"), ["systemd"], ct);
    }

    private static async Task<FileStream> TakeTurnAsync(CancellationToken ct)
    {
        for (var until = DateTime.UtcNow.AddMinutes(10); ;)
        {
            try
            {
                return new FileStream(Path.Join(Cache, "docker.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < until)
            {
                // Another test process starts the engine or builds the images.
                await Task.Delay(200, ct);
            }
        }
    }

    private static Task<bool> AnswersAsync() => SucceedsAsync("version", "--format", "{{.Server.Version}}");

    private static async Task<bool> SucceedsAsync(params string[] arguments)
    {
        await using ChildProcess docker = ChildProcess.Start("docker", arguments);
        return await docker.WaitAsync() == 0;
    }

    private static async Task StartAsync(CancellationToken ct)
    {
        Requires.That(Environment.UserName == "root", "no Docker engine answers, and only root can start one");
        Requires.Programs("dockerd", "setsid");
        string log = Path.Join(Cache, "dockerd.log");
        Forget(Path.Join(Cache, "dockerd.pid"), "dockerd");
        Forget("/run/docker/containerd/containerd.pid", "containerd");
        // A shell that ends at once: the engine belongs to nobody, as a service does.
        await ChildProcess.RunAsync("sh",
            ["-c", "setsid nohup dockerd --data-root \"$1/docker\" --pidfile \"$1/dockerd.pid\" >\"$2\" 2>&1 </dev/null &", "sh", Cache, log], ct: ct);
        for (var until = DateTime.UtcNow.AddSeconds(60); !await AnswersAsync();)
        {
            Requires.That(DateTime.UtcNow < until, $"dockerd does not start here, see {log}");
            await Task.Delay(200, ct);
        }
    }

    /// <summary>Removes what a killed engine left: it would take any process that has its number by now for itself, and wait for an answer.</summary>
    private static void Forget(string file, string program)
    {
        if (!File.Exists(file)) return;
        string name = Path.Join("/proc", File.ReadAllText(file).Trim(), "comm");
        if (!File.Exists(name) || File.ReadAllText(name).Trim() != program) File.Delete(file);
    }

    private static async Task BuildAsync(string cached, string[] version, CancellationToken ct)
    {
        Requires.Programs("zstd");
        if (!File.Exists(cached)) Requires.Programs("mmdebstrap", "apt-get");
        await ChildProcess.RunAsync("bash", [Path.Join(AppContext.BaseDirectory, "scripts", "build-images.sh"), cached, .. version], ct: ct);
    }
}
