using System.Globalization;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.Redis;

/// <summary>A server, spoken to through <c>redis-cli</c>, on this machine or inside the server's container. The password goes by the environment, never by an argument.</summary>
internal sealed class RedisClient
{
    /// <summary>The program.</summary>
    public const string Program = "redis-cli";

    private readonly HostContext _host;
    private readonly IReadOnlyList<string> _place;
    private readonly Secret? _password;
    private readonly TimeSpan _patience;

    private RedisClient(HostContext host, IExecutionTarget target, ContainerFacts? container, IReadOnlyList<string> place, Secret? password, string description, TimeSpan patience) =>
        (_host, Target, Container, _place, _password, Description, _patience) = (host, target, container, place, password, description, patience);

    /// <summary>Where the program runs.</summary>
    public IExecutionTarget Target { get; }

    /// <summary>The server's container; null when it is none.</summary>
    public ContainerFacts? Container { get; }

    /// <summary>The server, for people.</summary>
    public string Description { get; }

    /// <summary>True when files of the server can be read where the program runs.</summary>
    public bool SeesFiles { get; private init; }

    /// <summary>Makes ready to speak to the server of a component; says nothing yet.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: its container does not run.</exception>
    public static async Task<RedisClient> OfAsync(RedisPlan plan, HostContext host, CancellationToken ct)
    {
        Secret? password = plan.Password is null ? null : await host.Secrets.ResolveAsync(plan.Password, ct).ConfigureAwait(false);
        if (await FindContainerAsync(plan, host, stoppedToo: false, ct).ConfigureAwait(false) is { } container)
            return new RedisClient(host, new ContainerTarget(container.Id, docker: ContainerEngine.ProgramOf(host.Processes)), container, InContainer(plan), password, container.Name, plan.ConnectTimeout) { SeesFiles = true };
        if (host.Processes.Find(Program) is null) throw ProgramPackages.Missing(Program);
        var uri = new Uri(plan.Url!);
        string[] place = uri.Scheme == "unix" ? ["-s", uri.LocalPath] : ["-h", uri.Host, "-p", (uri.Port > 0 ? uri.Port : 6379).ToString(CultureInfo.InvariantCulture), .. Tls(plan, uri)];
        bool here = uri.Scheme == "unix" || uri.IsLoopback;
        return new RedisClient(host, LocalTarget.Instance, null, [.. place, .. User(uri)], password, uri.Scheme == "unix" ? uri.LocalPath : $"{uri.Host}:{place[3]}", plan.ConnectTimeout) { SeesFiles = here };
    }

    /// <summary>A server on a socket, for throw-away servers.</summary>
    public static RedisClient OfSocket(HostContext host, IExecutionTarget target, string socket) => new(host, target, null, ["-s", socket], null, socket, TimeSpan.FromSeconds(15)) { SeesFiles = true };

    /// <summary>The container of a component, by name or by the labels of Compose; null when it is not in one.</summary>
    public static async Task<ContainerFacts?> FindContainerAsync(IContainerPlace plan, HostContext host, bool stoppedToo, CancellationToken ct)
    {
        if (plan.ComposeService is { } service) return await new ComposeServices(host).OneAsync(plan.ComposeProject, service, stoppedToo, ct).ConfigureAwait(false);
        if (plan.Container is not { } name) return null;
        ContainerFacts found = await new ContainerEngine(host).InspectAsync(name, ct).ConfigureAwait(false);
        if (stoppedToo || found.IsRunning) return found;
        throw new DrpException(DrpError.Unreachable, Text.Of(RedisTexts.ContainerStopped, found.Name)) { Subject = found.Name, Hint = RedisTexts.StartIt };
    }

    /// <summary>The program with these arguments.</summary>
    public Command Command(params IReadOnlyList<string> arguments) => Target.Wrap(new Command(Program, [.. _place, .. arguments])
    {
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["REDISCLI_AUTH"] = _password?.Reveal(), ["LC_ALL"] = "C" },
    });

    /// <summary>Sends a command.</summary>
    /// <returns>What the server answered.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>, <see cref="DrpError.KeyOrPassphrase"/>, or <see cref="DrpError.Failed"/> with what it said.</exception>
    public async Task<string> AskAsync(CancellationToken ct, params IReadOnlyList<string> words)
    {
        ProcessResult result = await _host.Processes.RunAsync(Command(words) with { Timeout = _patience }, ct).ConfigureAwait(false);
        string answer = result.Text.Trim();
        // Errors of the server come as answers, with exit code 0.
        if (result.Ok && !IsError(answer)) return answer;
        throw Explain(string.Join(' ', words.Take(2)), $"{answer} {result.Errors}".Trim());
    }

    /// <summary>A setting; empty when the server has none of that name.</summary>
    public async Task<string> SettingAsync(string name, CancellationToken ct) =>
        (await AskAsync(ct, "CONFIG", "GET", name).ConfigureAwait(false)).Split('\n', 2) is [_, var value] ? value.Trim('\r', '\n') : "";

    /// <summary>A section of INFO.</summary>
    public async Task<IReadOnlyDictionary<string, string>> InfoAsync(string section, CancellationToken ct) =>
        (await AskAsync(ct, "INFO", section).ConfigureAwait(false)).Split('\n').Select(l => l.Trim().Split(':', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);

    /// <summary>Keys of each database at this moment.</summary>
    public async Task<IReadOnlyDictionary<string, RedisKeys>> KeysAsync(CancellationToken ct)
    {
        var found = new Dictionary<string, RedisKeys>(StringComparer.Ordinal);
        foreach (var (name, value) in (await InfoAsync("keyspace", ct).ConfigureAwait(false)).Where(i => i.Key.StartsWith("db", StringComparison.Ordinal)))
        {
            var numbers = value.Split(',').Select(n => n.Split('=')).Where(n => n.Length == 2).ToDictionary(n => n[0], n => long.TryParse(n[1], CultureInfo.InvariantCulture, out long v) ? v : 0, StringComparer.Ordinal);
            found[name[2..]] = new RedisKeys(numbers.GetValueOrDefault("keys"), numbers.GetValueOrDefault("expires"));
        }

        return found;
    }

    /// <summary>What the program or the server said, as an error.</summary>
    public DrpException Explain(string what, string said)
    {
        string clean = _host.Redactor.Clean(string.Join(' ', said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)));
        bool password = Has(said, "NOAUTH", "WRONGPASS", "invalid password", "AUTH failed", "invalid username-password");
        bool right = Has(said, "NOPERM");
        bool away = !right && !password && Has(said, "Could not connect", "Connection refused", "Connection reset", "Server closed", "LOADING", "MASTERDOWN", "time limit", "no such container", "is not running", "Cannot connect to the Docker daemon", "I/O error", "SSL", "executable file not found");
        return new DrpException(password ? DrpError.KeyOrPassphrase : away ? DrpError.Unreachable : DrpError.Failed, Text.Of(RedisTexts.ServerSaid, Description, what, clean))
        {
            Subject = Description, IsTransient = away, Hint = password ? RedisTexts.PasswordHint : right ? RedisTexts.RightHint : away ? RedisTexts.AwayHint : null,
        };
    }

    private static bool Has(string said, params string[] words) => words.Any(w => said.Contains(w, StringComparison.OrdinalIgnoreCase));

    private static bool IsError(string answer) =>
        answer.IndexOf(' ', StringComparison.Ordinal) is > 1 and var end && answer[..end] is "ERR" or "NOAUTH" or "WRONGPASS" or "NOPERM" or "LOADING" or "MASTERDOWN" or "MISCONF" or "READONLY" or "BUSY" or "NOREPLICAS";

    /// <summary>Inside, the server is on its usual port, whatever the URL for others is; the user counts.</summary>
    private static string[] InContainer(RedisPlan plan) => plan.Url is { } url && new Uri(url) is var uri && uri.Scheme != "unix" ? [.. uri.Port > 0 ? new[] { "-p", uri.Port.ToString(CultureInfo.InvariantCulture) } : [], .. Tls(plan, uri), .. User(uri)] : [];

    private static string[] User(Uri uri) => uri.UserInfo is { Length: > 0 } user ? ["--user", Uri.UnescapeDataString(user)] : [];

    private static string[] Tls(RedisPlan plan, Uri uri) => uri.Scheme != "rediss" ? [] : plan.CaCertificate is { } ca ? ["--tls", "--cacert", ca] : ["--tls"];
}
