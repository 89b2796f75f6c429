namespace AskTrust.Drp.TestBed;

/// <summary>A throw-away PostgreSQL in a container, its port not published: reachable by <c>docker exec</c> only.</summary>
public sealed class PostgreSqlContainer : IAsyncDisposable
{
    private PostgreSqlContainer(string name) => Name = name;

    /// <summary>Name of the container.</summary>
    public string Name { get; }

    /// <summary>Starts one and waits until it answers.</summary>
    /// <param name="environment">Variables of the image, e.g. <c>POSTGRES_PASSWORD</c>; default is trust.</param>
    /// <param name="labels">More labels.</param>
    /// <param name="keep">Data that outlive a restart of the container; default is a disk in memory.</param>
    /// <param name="image">Image, which is there.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<PostgreSqlContainer> StartAsync(
        IReadOnlyDictionary<string, string>? environment = null, IEnumerable<string>? labels = null, bool keep = false, string image = DockerEngine.PostgreSqlImage, CancellationToken ct = default)
    {
        await DockerEngine.EnsureAsync(ct);
        environment ??= new Dictionary<string, string>(StringComparer.Ordinal) { ["POSTGRES_HOST_AUTH_METHOD"] = "trust" };
        var container = new PostgreSqlContainer($"drp-test-{Guid.NewGuid():N}"[..24]);
        await DockerEngine.RunAsync(
        [
            "run", "-d", "--name", container.Name, "--label", $"{DockerEngine.Label}={Environment.ProcessId}",
            .. (labels ?? []).SelectMany(l => new[] { "--label", l }),
            .. environment.SelectMany(v => new[] { "-e", $"{v.Key}={v.Value}" }),
            .. keep ? Array.Empty<string>() : ["--tmpfs", "/var/lib/postgresql/data"], image, "postgres", "-c", "fsync=off",
        ], ct);
        try
        {
            string user = environment.GetValueOrDefault("POSTGRES_USER") ?? "postgres";
            await container.WaitReadyAsync(user, ct);
            return container;
        }
        catch
        {
            await container.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs SQL inside, as superuser.</summary>
    public async Task<string> SqlAsync(string sql, string database = "postgres", string user = "postgres", CancellationToken ct = default) =>
        (await ChildProcess.RunAsync("docker", ["exec", "-i", Name, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database, "-f", "-"],
            new ChildOptions { Input = sql }, ct)).TrimEnd('\n');

    /// <summary>Restarts it, as the engine does, and waits until the server answers.</summary>
    public async Task RestartAsync(CancellationToken ct = default)
    {
        await DockerEngine.RunAsync(["restart", Name], ct);
        await WaitReadyAsync("postgres", ct);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await DockerEngine.RunAsync(["rm", "-f", "-v", Name]);

    private async Task WaitReadyAsync(string user, CancellationToken ct)
    {
        // Over TCP: while the image sets itself up, only the socket answers.
        for (var until = DateTime.UtcNow.AddSeconds(60); !await IsReadyAsync(Name, user);)
        {
            if (DateTime.UtcNow > until) throw new TimeoutException(await DockerEngine.RunAsync(["logs", Name], ct));
            await Task.Delay(100, ct);
        }
    }

    private static async Task<bool> IsReadyAsync(string name, string user)
    {
        await using ChildProcess ready = ChildProcess.Start("docker", ["exec", name, "pg_isready", "-q", "-h", "127.0.0.1", "-U", user]);
        return await ready.WaitAsync() == 0;
    }
}
