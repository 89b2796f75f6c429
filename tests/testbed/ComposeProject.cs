using System.Text.Json;

namespace AskTrust.Drp.TestBed;

/// <summary>A throw-away Compose project, driven by <c>docker compose</c> or <c>docker-compose</c>, whichever is there.</summary>
public sealed class ComposeProject : IAsyncDisposable
{
    private readonly TestFolder _folder = new("compose");
    private readonly string[] _compose;

    private ComposeProject(string name, string[] compose) => (Name, _compose) = (name, compose);

    /// <summary>Project name.</summary>
    public string Name { get; }

    /// <summary>The compose file.</summary>
    public string File => _folder["docker-compose.yml"];

    /// <summary>Writes the file and brings the project up.</summary>
    /// <param name="yaml">Content of the compose file; null = one service <c>db</c> with user <c>shop</c>, password <c>shop-secret</c>, database <c>shop</c>.</param>
    /// <param name="second">Compose v2, which is fetched when it is not there.</param>
    /// <param name="name">Name of the project; null = one of its own.</param>
    /// <param name="prepare">Called with the folder of the file before it is brought up.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<ComposeProject> UpAsync(string? yaml = null, bool second = false, Action<string>? prepare = null, string? name = null, CancellationToken ct = default)
    {
        await DockerEngine.EnsureAsync(ct);
        var project = new ComposeProject(name ?? $"drptest{Guid.NewGuid():N}"[..16], second ? [await SecondAsync(ct)] : await FindComposeAsync());
        await System.IO.File.WriteAllTextAsync(project.File, yaml ?? Stock, ct);
        prepare?.Invoke(Path.GetDirectoryName(project.File)!);
        try
        {
            await project.RunAsync(["up", "-d"], ct);
            return project;
        }
        catch
        {
            await project.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a service's health check passes.</summary>
    public async Task WaitHealthyAsync(string service, CancellationToken ct = default)
    {
        string id = (await DockerEngine.RunAsync(["ps", "-q", "--filter", $"label=com.docker.compose.project={Name}", "--filter", $"label=com.docker.compose.service={service}"], ct));
        for (var until = DateTime.UtcNow.AddSeconds(60); ;)
        {
            using var state = JsonDocument.Parse(await DockerEngine.RunAsync(["inspect", "--format", "{{json .State.Health}}", id], ct));
            if (state.RootElement.GetProperty("Status").GetString() == "healthy") return;
            if (DateTime.UtcNow > until) throw new TimeoutException(await DockerEngine.RunAsync(["logs", id], ct));
            await Task.Delay(200, ct);
        }
    }

    /// <summary>Runs a compose command on the project.</summary>
    public async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken ct = default) =>
        await ChildProcess.RunAsync(_compose[0], [.. _compose[1..], "-p", Name, "-f", File, .. arguments], new ChildOptions { Folder = _folder.Path }, ct);

    /// <summary>Runs a program in the container of a service; without Compose, whose first version takes half a second of a processor to begin.</summary>
    /// <returns>What it printed, trimmed.</returns>
    public async Task<string> ExecAsync(string service, params IReadOnlyList<string> command)
    {
        string id = await DockerEngine.RunAsync(["ps", "-q", "--filter", $"label=com.docker.compose.project={Name}", "--filter", $"label=com.docker.compose.service={service}"]);
        return await DockerEngine.RunAsync(["exec", id, .. command]);
    }

    /// <summary>Runs a compose command on a project that stands in a folder of its own.</summary>
    public static async Task<string> InAsync(string folder, string file, string project, IEnumerable<string> arguments, CancellationToken ct = default)
    {
        string[] compose = await FindComposeAsync();
        return await ChildProcess.RunAsync(compose[0], [.. compose[1..], "-p", project, "-f", file, .. arguments], new ChildOptions { Folder = folder }, ct);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // By its labels: the file may have been part of what a test destroys.
        string label = $"label=com.docker.compose.project={Name}";
        foreach (string[] kind in (string[][])[["ps", "-a", "-q"], ["volume", "ls", "-q"], ["network", "ls", "-q"]])
        {
            string[] found = (await DockerEngine.RunAsync([.. kind, "--filter", label])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (found.Length > 0) await DockerEngine.RunAsync([.. kind[0] == "ps" ? ["rm", "-f", "-v"] : new[] { kind[0], "rm" }, .. found]);
        }

        _folder.Dispose();
    }

    /// <summary>Three services, each in need of the one before: base, app, web.</summary>
    public const string Chain = """
        version: "2.4"
        services:
          web:
            image: debian:bookworm-slim
            command: ["sh", "-c", "trap 'exit 0' TERM; sleep 900 & wait"]
            depends_on: [app]
          app:
            image: debian:bookworm-slim
            command: ["sh", "-c", "trap 'exit 0' TERM; sleep 900 & wait"]
            volumes: ["state:/state"]
            depends_on: [base]
          base:
            image: debian:bookworm-slim
            command: ["sh", "-c", "trap 'exit 0' TERM; sleep 900 & wait"]
        volumes: { state: {} }
        """;

    private const string Stock = """
        version: "3.8"
        services:
          db:
            image: postgres:15
            environment:
              POSTGRES_USER: shop
              POSTGRES_PASSWORD: shop-secret
              POSTGRES_DB: shop
            volumes: ["pgdata:/var/lib/postgresql/data"]
            healthcheck:
              test: ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "shop"]
              interval: 1s
        volumes:
          pgdata: {}
        """;

    /// <summary>Compose v2 as a program of its own, kept in the test cache.</summary>
    public static async Task<string> SecondAsync(CancellationToken ct = default)
    {
        string program = Path.Join(DockerEngine.Cache, "compose-v2", "cli-plugins", "docker-compose");
        if (!System.IO.File.Exists(program))
        {
            Requires.Programs("apt-get", "dpkg-deb");
            await ChildProcess.RunAsync("bash", [Path.Join(AppContext.BaseDirectory, "scripts", "get-compose-v2.sh"), program], ct: ct);
        }

        return program;
    }

    private static async Task<string[]> FindComposeAsync()
    {
        await using ChildProcess plugin = ChildProcess.Start("docker", ["compose", "version"]);
        if (await plugin.WaitAsync() == 0) return ["docker", "compose"];
        Requires.Programs("docker-compose");
        return ["docker-compose"];
    }
}
