using System.Security.Cryptography;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;

/// <summary>
/// A throw-away container of the production image: same version, same extensions. Reached from nowhere but this machine; its
/// data lies in an anonymous volume that goes with it. (Not started with <c>--rm</c>: when it does not start, its log must say why.)
/// </summary>
internal sealed class ThrowawayContainer : IThrowawayServer
{
    /// <summary>Label of every throw-away container.</summary>
    public const string Label = "drp.throwaway";

    /// <summary>Label with the owner mark.</summary>
    public const string OwnerLabel = "drp.owner";

    private const string User = "postgres";
    private static readonly TimeSpan s_start = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_cleanup = TimeSpan.FromSeconds(30);

    private readonly HostContext _host;
    private readonly string _docker;
    private readonly Secret _password;
    private IPostgreSqlServer? _server;
    private string _address = "";

    private ThrowawayContainer(HostContext host, string docker, string name, Secret password) => (_host, _docker, Name, _password) = (host, docker, name, password);

    /// <summary>The container's name.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public IPostgreSqlServer Server => _server!;

    /// <inheritdoc/>
    public required string Where { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>Starts one.</summary>
    /// <param name="host">The host.</param>
    /// <param name="image">The image.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: no Docker.</exception>
    public static async Task<ThrowawayContainer> StartAsync(HostContext host, ThrowawayImage image, CancellationToken ct)
    {
        string docker = ContainerEngine.ProgramOf(host.Processes);
        var password = new Secret(Convert.ToHexString(RandomNumberGenerator.GetBytes(24)).ToLowerInvariant());
        host.Redactor.Remember(password.Reveal());
        var container = new ThrowawayContainer(host, docker, $"drp-throwaway-{Guid.NewGuid().ToString("N")[..12]}", password)
        {
            Where = $"container {image.Reference}@{image.Digest}", Warnings = image.Warnings,
        };
        try
        {
            await container.RunAsync(image, ct).ConfigureAwait(false);
            await container.WaitUntilReadyAsync(ct).ConfigureAwait(false);
            await container.ConnectAsync(image, ct).ConfigureAwait(false);
            return container;
        }
        catch
        {
            await container.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public string DatabaseUrl(string database) => $"postgresql://{User}:{_password.Reveal()}@{_address}/{Uri.EscapeDataString(database)}";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
        using var brief = new CancellationTokenSource(s_cleanup, _host.Clock);
        try
        {
            await _host.Processes.RunAsync(new Command(_docker, "rm", "-f", "-v", Name), brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            _host.Say(DrpEventLevel.Warning, Text.Of(ThrowawayTexts.ContainerStays, Name, e.Message));
        }
    }

    private async Task RunAsync(ThrowawayImage image, CancellationToken ct)
    {
        // The image's own command stays (it may load production's libraries); settings are added where it is the server itself.
        string[] command = image.Command is ["postgres", ..] ? [.. image.Command, .. ThrowawaySettings.Common.SelectMany(s => new[] { "-c", s })] : [];
        string[] arguments =
        [
            "run", "-d", "--name", Name, "--label", $"{Label}=1", "--label", $"{OwnerLabel}={OwnerMark.Current}", "--pull", "never", "--shm-size", "1g", "-p", "127.0.0.1::5432",
            "-e", "POSTGRES_PASSWORD", "-e", $"POSTGRES_USER={User}", "-e", "POSTGRES_INITDB_ARGS=--no-sync", image.Id, .. command,
        ];
        var run = new Command(_docker, arguments) { Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["POSTGRES_PASSWORD"] = _password.Reveal() } };
        await DockerAsync(run, ct).ConfigureAwait(false);
    }

    /// <summary>Over TCP: the entry point first runs a server for itself that only listens on the socket, and then restarts it.</summary>
    private async Task WaitUntilReadyAsync(CancellationToken ct)
    {
        long began = _host.Clock.GetTimestamp();
        while (true)
        {
            if ((await _host.Processes.RunAsync(new Command(_docker, "exec", Name, "pg_isready", "-q", "-h", "127.0.0.1", "-U", User), ct).ConfigureAwait(false)).Ok) return;
            ProcessResult state = await _host.Processes.RunAsync(new Command(_docker, "container", "inspect", "--format", "{{.State.Running}}", Name), ct).ConfigureAwait(false);
            if (!state.Ok || state.Text.Trim() != "true" || _host.Clock.GetElapsedTime(began) > s_start)
            {
                ProcessResult logs = await _host.Processes.RunAsync(new Command(_docker, "logs", "--tail", "10", Name), ct).ConfigureAwait(false);
                throw new DrpException(DrpError.Failed, Text.Of(ThrowawayTexts.ContainerDoesNotStart, Where, _host.Redactor.Clean((logs.Text + logs.Errors).Trim()))) { Subject = Where };
            }

            await Task.Delay(TimeSpan.FromMilliseconds(150), _host.Clock, ct).ConfigureAwait(false);
        }
    }

    private async Task ConnectAsync(ThrowawayImage image, CancellationToken ct)
    {
        _address = (await DockerAsync(new Command(_docker, "port", Name, "5432/tcp"), ct).ConfigureAwait(false)).Split('\n')[0].Trim();
        var plan = new PostgreSqlPlan { Name = "throwaway", Container = Name, User = User, Database = "postgres" };
        _server = await PostgreSqlServers.ConnectAsync(plan, _host, ct).ConfigureAwait(false);
        if (image.Command is ["postgres", ..]) return;
        string[] later = ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "jit=off", "max_wal_size=2GB"];
        await _server.ExecuteAsync("postgres", string.Concat(later.Select(s => $"ALTER SYSTEM SET {s.Replace("=", " = '", StringComparison.Ordinal)}';\n")) + "SELECT pg_catalog.pg_reload_conf()", ct).ConfigureAwait(false);
    }

    private async Task<string> DockerAsync(Command command, CancellationToken ct)
    {
        ProcessResult result = await _host.Processes.RunAsync(command, ct).ConfigureAwait(false);
        return result.Ok ? result.Text : throw new DrpException(DrpError.Unreachable, Text.Of(ThrowawayTexts.DockerFailed, _docker, result.Errors.Trim())) { Hint = ThrowawayTexts.DockerFailedHint, Subject = Where };
    }
}
