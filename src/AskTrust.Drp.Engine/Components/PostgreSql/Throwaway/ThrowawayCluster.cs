using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;

/// <summary>A throw-away cluster made with this machine's <c>initdb</c>: no Docker, nothing to download. It listens on a socket in its private folder and, for an application's tests, on the loopback.</summary>
internal sealed class ThrowawayCluster : IThrowawayServer
{
    private const string User = "postgres";
    private const int Attempts = 3;
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_stop = TimeSpan.FromSeconds(20);

    private readonly HostContext _host;
    private readonly TempFolder _folder;
    private readonly ThrowawayRecord _record;
    private readonly Secret _password;
    private IRunningProcess? _process;
    private IPostgreSqlServer? _server;
    private int _port;

    private ThrowawayCluster(HostContext host, TempFolder folder, ThrowawayRecord record, Secret password) =>
        (_host, _folder, _record, _password) = (host, folder, record, password);

    /// <inheritdoc/>
    public IPostgreSqlServer Server => _server!;

    /// <inheritdoc/>
    public string Where => "cluster";

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>Makes and starts one whose major version is the dump's, or the next newer one this machine has.</summary>
    /// <param name="host">The host.</param>
    /// <param name="major">Major version of the dumped server; 0 = any.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="replicated">It writes WAL that can be received, and base backups can be taken of it: for demonstrations.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: no server programs of such a version here, with what to install.</exception>
    public static async Task<ThrowawayCluster> StartAsync(HostContext host, int major, CancellationToken ct, bool replicated = false)
    {
        var (programs, user) = await ChooseAsync(host, major, ct).ConfigureAwait(false);
        TempFolder folder = host.Temp.CreateFolder("cluster", user, forSockets: true);
        // Hex: safe in URLs, files and settings alike.
        var password = new Secret(Convert.ToHexString(RandomNumberGenerator.GetBytes(24)).ToLowerInvariant());
        host.Redactor.Remember(password.Reveal());
        var record = new ThrowawayRecord(OwnerMark.Current.ToString(), folder.Path, Path.Combine(folder.Path, "data"), programs.Folder!, user);
        var cluster = new ThrowawayCluster(host, folder, record, password)
        {
            Warnings = programs.Major > major && major > 0 ? [Text.Of(ThrowawayTexts.NewerServer, major, programs.Major)] : [],
        };
        try
        {
            record.Write(host.Temp);
            await cluster.InitAsync(ct).ConfigureAwait(false);
            await cluster.StartServerAsync(replicated, ct).ConfigureAwait(false);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public string DatabaseUrl(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"postgresql://{User}:{_password.Reveal()}@127.0.0.1:{_port}/{Uri.EscapeDataString(database)}");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
        if (_process is not null)
        {
            // The server ends its children and gives its shared memory back; killing it would leave that behind.
            using var brief = new CancellationTokenSource(s_stop, _host.Clock);
            await _record.StopAsync(_host.Processes, brief.Token).ConfigureAwait(false);
            await _process.DisposeAsync().ConfigureAwait(false);
        }

        await _folder.DisposeAsync().ConfigureAwait(false);
        _record.Delete(_host.Temp);
    }

    /// <summary>The server programs and the user a cluster for a dump of that major version would run with; 0 = any version.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>, with what to install.</exception>
    public static async Task<(ClientPrograms Programs, string? User)> ChooseAsync(HostContext host, int major, CancellationToken ct)
    {
        var all = await ClientPrograms.ListAsync(host.Processes, ct).ConfigureAwait(false);
        ClientPrograms[] servers = [.. all.Where(p => p.Folder is not null && host.Processes.Find(Program(p.Folder, "initdb")) is not null && host.Processes.Find(Program(p.Folder, "postgres")) is not null)];
        if (ClientPrograms.Choose(servers, major) is not { } programs)
        {
            string have = servers.Length == 0 ? ThrowawayTexts.None : string.Join(", ", servers.Select(s => s.Major));
            throw new DrpException(DrpError.Unreachable, Text.Of(ThrowawayTexts.NoServerPrograms, major, have)) { Hint = Text.Of(ThrowawayTexts.NoServerProgramsHint, major), Subject = "initdb" };
        }

        if (!Posix.IsRoot) return (programs, null);
        // PostgreSQL refuses to run as root.
        string user = new[] { "postgres", "nobody" }.FirstOrDefault(n => Posix.FindUser(n) is not null)
            ?? throw new DrpException(DrpError.Unreachable, ThrowawayTexts.NoUser) { Hint = ThrowawayTexts.NoUserHint };
        return (programs, user);
    }

    private async Task InitAsync(CancellationToken ct)
    {
        string file = Path.Combine(_folder.Path, "password");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var writer = new StreamWriter(file, options);
        await using (writer.ConfigureAwait(false)) await writer.WriteAsync(_password.Reveal().AsMemory(), ct).ConfigureAwait(false);
        if (_record.RunAs is { } name && Posix.FindUser(name) is { } user) Posix.ChangeOwner(file, user.Id, user.Group);
        // The databases get their own locale when they are made; the cluster's only has to be there everywhere.
        await RunAsync("initdb", ct, "-D", _record.Data, "-U", User, "--auth=scram-sha-256", $"--pwfile={file}", "--encoding=UTF8", "--locale=C", "--no-sync").ConfigureAwait(false);
        File.Delete(file);
    }

    private async Task StartServerAsync(bool replicated, CancellationToken ct)
    {
        for (int attempt = 1; ; attempt++)
        {
            _port = FreePort();
            Command command = Prepare("postgres", ["-D", _record.Data, .. ThrowawaySettings.ForCluster(_port, OperatingSystem.IsWindows() ? "" : _folder.Path, replicated).SelectMany(s => new[] { "-c", s })]);
            _process = _host.Processes.Start(command);
            if (await IsReadyAsync(ct).ConfigureAwait(false)) break;
            string said = _process.Errors.Trim();
            await _process.DisposeAsync().ConfigureAwait(false);
            _process = null;
            // Somebody may have taken the port meanwhile.
            if (attempt == Attempts) throw new DrpException(DrpError.Failed, Text.Of(ThrowawayTexts.DoesNotStart, said)) { Subject = _record.Data };
        }

        var settings = new ConnectionSettings
        {
            ["host"] = OperatingSystem.IsWindows() ? "127.0.0.1" : _folder.Path, ["port"] = _port.ToString(CultureInfo.InvariantCulture), ["user"] = User, ["dbname"] = "postgres", ["connect_timeout"] = "15",
        };
        _server = await DirectServer.ConnectAsync(settings, _password, _host, new(), ct).ConfigureAwait(false);
    }

    /// <summary>The server itself writes that it is ready into its lock file: cheaper than trying to connect.</summary>
    private async Task<bool> IsReadyAsync(CancellationToken ct)
    {
        string file = Path.Combine(_record.Data, "postmaster.pid");
        Task<int> ended = _process!.WaitAsync(ct);
        long began = _host.Clock.GetTimestamp();
        while (_host.Clock.GetElapsedTime(began) < s_start)
        {
            ct.ThrowIfCancellationRequested();
            if (ended.IsCompleted) return false;
            try
            {
                if (File.Exists(file) && (await File.ReadAllLinesAsync(file, ct).ConfigureAwait(false)) is { Length: > 7 } lines && lines[7].Trim() == "ready") return true;
            }
            catch (IOException)
            {
                // Being written just now.
            }

            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(20), _host.Clock, ct)).ConfigureAwait(false);
        }

        return false;
    }

    private Command Prepare(string program, params IReadOnlyList<string> arguments) => new(Program(_record.Programs, program), [.. arguments])
    {
        RunAs = _record.RunAs,
        WorkingDirectory = _folder.Path,
        // Nothing of the operator's own PostgreSQL settings.
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LC_ALL"] = "C", ["LANGUAGE"] = null, ["PGDATA"] = null, ["PGPORT"] = null, ["PGHOST"] = null, ["PGOPTIONS"] = null, ["TZ"] = "UTC" },
    };

    private async Task RunAsync(string program, CancellationToken ct, params IReadOnlyList<string> arguments)
    {
        ProcessResult result = await _host.Processes.RunAsync(Prepare(program, arguments), ct).ConfigureAwait(false);
        if (!result.Ok) throw new DrpException(DrpError.Failed, Text.Of(ThrowawayTexts.DoesNotStart, result.Errors.Trim())) { Subject = _record.Data };
    }

    private static string Program(string folder, string name) => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
