using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Components.Containers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Redis;

/// <summary>
/// A server on a socket in a private folder, without network, which ends with us. It believes to be a replica of nobody: replicas throw no key away whose time has passed, so
/// that exactly what was saved can be counted.
/// </summary>
internal sealed partial class ThrowawayRedis : IAsyncDisposable
{
    private const string Server = "redis-server";

    // When our end of the pipe is closed, be it because we were killed, so is the server.
    private const string Main = "redis-server \"$@\" </dev/null & p=$!; trap 'kill -9 $p 2>/dev/null' EXIT; cat >/dev/null";
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(25);
    private readonly HostContext _host;
    private readonly TempFolder? _temp;
    private readonly HelperContainer? _helper;
    private readonly List<IRunningProcess> _servers = [];

    private ThrowawayRedis(HostContext host, TempFolder? temp, HelperContainer? helper, string folder, string where, string version)
    {
        (_host, _temp, _helper, Folder, Where, Version) = (host, temp, helper, folder, where, version);
        Shell = new PlaceShell(host, helper?.Target ?? LocalTarget.Instance);
    }

    /// <summary>Its folder.</summary>
    public string Folder { get; }

    /// <summary>Works in that folder.</summary>
    public PlaceShell Shell { get; }

    /// <summary>Where it is, for reports.</summary>
    public string Where { get; }

    /// <summary>Version of the server.</summary>
    public string Version { get; }

    /// <summary>Chooses this machine's programs when they are new enough, else the image the server ran from.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there are neither.</exception>
    public static async Task<ThrowawayRedis> MakeAsync(HostContext host, RedisFacts facts, CancellationToken ct)
    {
        string? here = host.Processes.Find(Server) is null ? null : VersionIn((await host.Processes.RunAsync(new Command(Server, "--version"), ct).ConfigureAwait(false)).Text);
        if (here is not null && IsEnough(here, facts.ServerVersion))
        {
            TempFolder temp = host.Temp.CreateFolder("redis", forSockets: true);
            return new ThrowawayRedis(host, temp, null, temp.Path, "server", here);
        }

        if (facts.Image is null)
        {
            throw here is null
                ? ProgramPackages.Missing(Server)
                : new DrpException(DrpError.Unreachable, Text.Of(RedisTexts.TooOld, here, facts.ServerVersion)) { Subject = Server, Hint = RedisTexts.TooOldHint };
        }

        HelperContainer helper = await HelperContainer.PlainAsync(host, facts.Image, ct).ConfigureAwait(false);
        var made = new ThrowawayRedis(host, null, helper, "/drp", $"container {facts.Image}", facts.ServerVersion);
        try
        {
            await made.Shell.RunAsync("mkdir -m 700 /drp", ct).ConfigureAwait(false);
            return made;
        }
        catch
        {
            await made.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts the server on what lies in a folder below, and waits until it has loaded it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="settings">More settings, name and value.</param>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: it does not start with that.</exception>
    public async Task<RedisClient> StartAsync(string folder, CancellationToken ct, params IReadOnlyList<string> settings)
    {
        string socket = $"{folder}/s";
        IRunningProcess process = _host.Processes.Start(Shell.Target.Wrap(new Command("sh",
        [
            "-c", Main, "sh", "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "", "--replicaof", "127.0.0.1", "1", "--replica-serve-stale-data", "yes", "--logfile", "", "--daemonize", "no", .. settings,
        ])));
        _servers.Add(process);
        // What it prints is its log: read, or it would stand still when the pipe is full; the end is kept for the message when it does not start.
        var log = new List<string>();
        Task reading = ReadLogAsync(process, log);
        RedisClient client = RedisClient.OfSocket(_host, Shell.Target, socket);
        while (true)
        {
            ProcessResult answer = await _host.Processes.RunAsync(client.Command("PING"), ct).ConfigureAwait(false);
            if (answer.Ok && answer.Text.Trim() == "PONG") return client;
            lock (log)
            {
                if (reading.IsCompleted || log.Exists(l => l.Contains(" # ", StringComparison.Ordinal) && Fatal().IsMatch(l)))
                    throw new DrpException(DrpError.VerificationFailed, Text.Of(RedisTexts.DoesNotLoad, string.Join("; ", log.TakeLast(4)))) { Subject = folder };
            }

            await Task.Delay(s_look, _host.Clock, ct).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IRunningProcess process in _servers)
        {
            try
            {
                process.Input.Close();
                using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(5), _host.Clock);
                await process.WaitAsync(brief.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or DrpException)
            {
                // It ended, or is killed below.
            }

            await process.DisposeAsync().ConfigureAwait(false);
        }

        if (_helper is not null) await _helper.DisposeAsync().ConfigureAwait(false);
        if (_temp is not null) await _temp.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task ReadLogAsync(IRunningProcess process, List<string> log)
    {
        using var reader = new StreamReader(process.Output, leaveOpen: true);
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (log)
            {
                log.Add(line);
                if (log.Count > 50) log.RemoveAt(0);
            }
        }
    }

    private static string? VersionIn(string said) => VersionPattern().Match(said) is { Success: true } found ? found.Groups["v"].Value : null;

    /// <summary>The first two numbers count: between them the format may change.</summary>
    private static bool IsEnough(string have, string need) =>
        System.Version.TryParse(have, out var h) && (!System.Version.TryParse(need, out var n) || (h.Major, h.Minor).CompareTo((n.Major, n.Minor)) >= 0);

    [GeneratedRegex(@"v=(?<v>\d+\.\d+\.\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionPattern();

    [GeneratedRegex("Fatal|Can't handle|Bad file format|Unexpected|terminating|Aborting|corrupt", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Fatal();
}
