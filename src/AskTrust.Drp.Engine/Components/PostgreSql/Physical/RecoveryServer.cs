using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// A server that recovers a data directory and then goes on with it. All that the recovery needs is given on its command line, so nothing has to be put back in
/// the directory's own settings afterwards; it listens to nobody but us, and archives nothing.
/// </summary>
internal sealed class RecoveryServer : IAsyncDisposable
{
    private const int Port = 5432;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);
    private readonly HostContext _host;
    private readonly RecoveryPlan _plan;
    private readonly WalFeed _feed;
    private readonly IServerPlace _place;
    private IRunningProcess? _process;
    private ThrowawayRecord? _record;
    private RecoveryLog _log = new();

    private RecoveryServer(HostContext host, RecoveryPlan plan, WalFeed feed, IServerPlace place) => (_host, _plan, _feed, _place) = (host, plan, feed, place);

    /// <summary>Nothing of the operator's own PostgreSQL settings.</summary>
    public static IReadOnlyDictionary<string, string?> Clean { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["LC_ALL"] = "C", ["LANGUAGE"] = null, ["PGDATA"] = null, ["PGPORT"] = null, ["PGHOST"] = null, ["PGOPTIONS"] = null, ["TZ"] = "UTC",
    };

    /// <summary>The server, recovered.</summary>
    public IPostgreSqlServer Server { get; private set; } = null!;

    /// <summary>What the server said of the recovery.</summary>
    public RecoveryLog Log => _log;

    /// <summary>True when the end of the WAL was taken for the moment asked for.</summary>
    public bool EndTaken { get; private set; }

    /// <summary>Folder of the server's programs of exactly that major version: data directories fit no other.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>, with what to install.</exception>
    public static async Task<string> ProgramsAsync(HostContext host, int major, CancellationToken ct)
    {
        var all = await ClientPrograms.ListAsync(host.Processes, ct).ConfigureAwait(false);
        var fitting = all.FirstOrDefault(p => p.Major == major && p.Folder is not null && host.Processes.Find(Path.Combine(p.Folder, Program("postgres"))) is not null);
        return fitting?.Folder ?? throw new DrpException(DrpError.Unreachable, Text.Of(PhysicalTexts.NoServer, major, string.Join(", ", all.Select(p => p.Major))))
        {
            Subject = "postgres", Hint = Text.Of(PhysicalTexts.NoServerHint, major),
        };
    }

    /// <summary>Recovers to the target; returns when the server accepts work.</summary>
    /// <param name="host">The host.</param>
    /// <param name="plan">What to do.</param>
    /// <param name="feed">Gives the WAL.</param>
    /// <param name="place">Where; null = on this machine.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException">It did not get there; says why.</exception>
    public static async Task<RecoveryServer> RunAsync(HostContext host, RecoveryPlan plan, WalFeed feed, IServerPlace? place, CancellationToken ct)
    {
        string? programs = place is null ? await ProgramsAsync(host, plan.Facts.Major, ct).ConfigureAwait(false) : null;
        var server = new RecoveryServer(host, plan, feed, place ?? new LocalPlace(host, programs!, plan.RunAs, feed.Folder));
        try
        {
            if (programs is not null) server.Remember(programs);
            if (!await server.RecoverAsync(plan.Target, ct).ConfigureAwait(false))
            {
                server.EndTaken = true;
                server._log = new RecoveryLog();
                await server.RecoverAsync(RecoveryTarget.Latest, ct).ConfigureAwait(false);
            }

            await server.ConnectAsync(ct).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>It accepts work, so it is recovered; that it can be written to is asked all the same.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: it still is in recovery.</exception>
    public async Task RequirePromotedAsync(CancellationToken ct)
    {
        string?[] state = (await Server.QueryAsync("postgres", "SELECT pg_catalog.pg_is_in_recovery()", ct).ConfigureAwait(false))[0];
        if (state[0] != "f") throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.NotPromoted, _plan.Data)) { Subject = _plan.Data };
    }

    /// <summary>Stops the server in order.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        await Server.DisposeAsync().ConfigureAwait(false);
        ProcessResult stop = await _host.Processes.RunAsync(_place.Program("pg_ctl", "stop", "-D", _plan.Data, "-m", "fast", "-t", "3600"), ct).ConfigureAwait(false);
        if (!stop.Ok) throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.DoesNotStop, _plan.Data, stop.Errors.Trim())) { Subject = _plan.Data };
        await _process!.WaitAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Starts the server of a data directory for good, with its own settings.</summary>
    public static async Task StartAsync(HostContext host, RecoveryPlan plan, CancellationToken ct)
    {
        string programs = await ProgramsAsync(host, plan.Facts.Major, ct).ConfigureAwait(false);
        var start = new Command(Path.Combine(programs, Program("pg_ctl")), "start", "-D", plan.Data, "-w", "-t", "600", "-l", Path.Combine(plan.Data, "drp-start.log")) { RunAs = plan.RunAs, WorkingDirectory = plan.Data, Environment = Clean };
        ProcessResult started = await host.Processes.RunAsync(start, ct).ConfigureAwait(false);
        if (!started.Ok) throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.DoesNotStart, plan.Data, (started.Text + started.Errors).Trim())) { Subject = plan.Data, Hint = Path.Combine(plan.Data, "drp-start.log") };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Server is not null) await Server.DisposeAsync().ConfigureAwait(false);
        if (_process is not null)
        {
            using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(20), _host.Clock);
            await _place.EndAsync(_plan.Data, brief.Token).ConfigureAwait(false);
            await _process.DisposeAsync().ConfigureAwait(false);
        }

        _record?.Delete(_host.Temp);
    }

    /// <summary>When we are killed, the server of this machine runs on: the next run stops it. (One in a side container ends with it.)</summary>
    private void Remember(string programs)
    {
        _record = new ThrowawayRecord(OwnerMark.Current.ToString(), _feed.Folder, _plan.Data, programs, _plan.RunAs);
        _record.Write(_host.Temp);
    }

    private static string Program(string name) => OperatingSystem.IsWindows() ? name + ".exe" : name;

    /// <summary>Runs the recovery once.</summary>
    /// <returns>False when the WAL ended before a moment that it is known to cover.</returns>
    private async Task<bool> RecoverAsync(RecoveryTarget target, CancellationToken ct)
    {
        string[] settings = [.. await SettingsAsync(target, ct).ConfigureAwait(false)];
        _process = _host.Processes.Start(_place.Program("postgres", ["-D", _plan.Data, .. settings.SelectMany(s => new[] { "-c", s })]));
        _process.OnErrorLine = line =>
        {
            _log.Read(line);
            _host.Say(DrpEventLevel.Verbose, line);
        };
        _process.Input.Close();
        Task<int> ended = _process.WaitAsync(ct);
        while (!ended.IsCompleted && !_log.Ready) await Task.WhenAny(ended, Task.Delay(s_look, _host.Clock, ct)).ConfigureAwait(false);
        ct.ThrowIfCancellationRequested();
        if (!ended.IsCompleted) return true;
        string said = _process.Errors;
        await _process.DisposeAsync().ConfigureAwait(false);
        _process = null;
        if (_feed.Failure is { } failure) throw new DrpException(failure.Code, Text.Of(PhysicalTexts.FeedFailed, failure.Message), failure) { Subject = failure.Subject, Hint = Text.Of(PhysicalTexts.FeedFailedHint, failure.Hint ?? "").TrimStart() };
        if (!_log.EndedBefore) throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.RecoveryFailed, _host.Redactor.Clean(_log.Fatal ?? said.Trim()))) { Subject = _plan.Data };
        // The base of an idle standby ends with its last record: nothing comes that could stop the server. Whether it is consistent there, it judges itself.
        if ((_plan.EndIsEnough && target.Kind == RecoveryTargetKind.Time) || target.Kind == RecoveryTargetKind.Immediate) return false;
        throw new DrpException(DrpError.RepositoryMissing, Text.Of(PhysicalTexts.TargetNotReached, target, _log.Redone ?? "?", _log.LastCommit?.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? "?"))
        {
            Subject = target.ToString(), Hint = PhysicalTexts.TargetNotReachedHint,
        };
    }

    private async Task<IReadOnlyList<string>> SettingsAsync(RecoveryTarget target, CancellationToken ct)
    {
        await _place.WriteAsync($"{_feed.Folder}/hba", _plan.Listens ? "local all all trust\nhost all all all scram-sha-256\n" : "local all all trust\n", ct).ConfigureAwait(false);
        List<string> settings =
        [
            $"data_directory={_plan.Data}", $"listen_addresses={(_plan.Listens ? "*" : "")}", $"port={Port}", $"unix_socket_directories={_feed.Folder}", "unix_socket_permissions=0700", $"hba_file={_feed.Folder}/hba",
            "ssl=off", "logging_collector=off", "log_destination=stderr", "log_min_messages=warning", "log_line_prefix=", "lc_messages=C", "log_timezone=UTC", "timezone=UTC", "external_pid_file=",
            // The copy must not push what it writes into production's archive, nor tidy that up, nor wait for production's standbys or as long as a delayed standby does,
            // nor take changes from where production subscribes, nor do production's timed work.
            "archive_mode=off", "archive_cleanup_command=", "recovery_end_command=", "recovery_min_apply_delay=0", "primary_conninfo=", "primary_slot_name=", "synchronous_standby_names=", "hot_standby=off",
            "max_logical_replication_workers=0", "cron.launch_active_jobs=off",
            $"restore_command={_feed.RestoreCommand}", "recovery_target_action=promote", $"recovery_target_inclusive={(_plan.Exclusive ? "off" : "on")}",
            string.Create(CultureInfo.InvariantCulture, $"recovery_target_timeline={(_plan.Timeline is { } t && t != _plan.Facts.Base!.Timeline ? t.ToString(CultureInfo.InvariantCulture) : "current")}"),
        ];
        // All of them: the directory's own settings may still hold those of an earlier recovery. The one that counts comes last, for the server refuses even an
        // empty one behind it.
        (string Name, RecoveryTargetKind Kind)[] targets =
            [("", RecoveryTargetKind.Immediate), ("_time", RecoveryTargetKind.Time), ("_lsn", RecoveryTargetKind.Lsn), ("_xid", RecoveryTargetKind.Transaction), ("_name", RecoveryTargetKind.Name)];
        settings.AddRange(targets.OrderBy(t => t.Kind == target.Kind).Select(t =>
            $"recovery_target{t.Name}={(t.Kind != target.Kind ? "" : t.Kind == RecoveryTargetKind.Immediate ? "immediate" : target.Text)}"));

        if (_plan.Throwaway) settings.AddRange(["fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "shared_buffers=128MB", "max_wal_size=4GB", "huge_pages=off"]);
        if (!await _place.HasAsync($"{_plan.Data}/postgresql.conf", ct).ConfigureAwait(false)) settings.Add($"config_file={await MinimalConfigurationAsync(ct).ConfigureAwait(false)}");
        return settings;
    }

    /// <summary>Where the configuration lies outside the data directory, it is not in the backup: this one is just enough to recover.</summary>
    private async Task<string> MinimalConfigurationAsync(CancellationToken ct)
    {
        string file = $"{_feed.Folder}/postgresql.conf";
        ProcessResult control = await _host.Processes.RunAsync(_place.Program("pg_controldata", "-D", _plan.Data), ct).ConfigureAwait(false);
        if (!control.Ok) throw new DrpException(DrpError.VerificationFailed, Text.Of(PhysicalTexts.RecoveryFailed, control.Errors.Trim())) { Subject = _plan.Data };
        string[] wanted = ["max_connections", "max_worker_processes", "max_wal_senders", "max_prepared_xacts", "max_locks_per_xact"];
        IEnumerable<string> lines = control.Text.Split('\n').Select(l => l.Split(" setting:", 2)).Where(p => p.Length == 2 && wanted.Contains(p[0], StringComparer.Ordinal))
            .Select(p => $"{p[0].Replace("_prepared_xacts", "_prepared_transactions", StringComparison.Ordinal).Replace("_per_xact", "_per_transaction", StringComparison.Ordinal)} = {p[1].Trim()}\n");
        await _place.WriteAsync(file, string.Concat(lines), ct).ConfigureAwait(false);
        return file;
    }

    /// <summary>One more connection, that means another of its databases; the caller disposes it.</summary>
    public Task<IPostgreSqlServer> OpenAsync(string database, CancellationToken ct)
    {
        var settings = new ConnectionSettings
        {
            ["host"] = _feed.Folder, ["port"] = Port.ToString(CultureInfo.InvariantCulture), ["user"] = _plan.Facts.Base!.Superuser, ["dbname"] = database, ["connect_timeout"] = "60",
        };
        return _place.ConnectAsync(settings, ct);
    }

    private async Task ConnectAsync(CancellationToken ct) => Server = await OpenAsync(_plan.Facts.Database, ct).ConfigureAwait(false);
}
