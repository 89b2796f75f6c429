using System.Globalization;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Wal;

/// <summary>What a server says of its WAL.</summary>
/// <param name="System">System identifier.</param>
/// <param name="Major">Major version, asked anew each time: an upgrade may change it beneath us.</param>
/// <param name="SegmentSize">Bytes of a segment.</param>
/// <param name="IsStandby">True while it replays the WAL of another.</param>
/// <param name="Level"><c>wal_level</c>.</param>
/// <param name="Flushed">Up to where its WAL is durable.</param>
/// <param name="Timeline">Timeline of its last checkpoint.</param>
internal sealed record WalServerState(ulong System, int Major, int SegmentSize, bool IsStandby, string Level, Lsn Flushed, uint Timeline);

/// <summary>A slot as the server sees it.</summary>
/// <param name="Active">Somebody streams.</param>
/// <param name="ProcessId">The server process that serves him.</param>
/// <param name="Client">Name and address of him.</param>
/// <param name="Restart">Oldest WAL that is kept for it; null = none, or it was lost.</param>
/// <param name="Status"><c>wal_status</c>: <c>reserved</c>, <c>extended</c>, <c>unreserved</c>, <c>lost</c>.</param>
/// <param name="Retained">Bytes the server keeps for it.</param>
internal sealed record WalSlot(bool Active, int? ProcessId, string? Client, Lsn? Restart, string? Status, long Retained);

/// <summary>A server as the source of its WAL: facts, slot, and the program that streams.</summary>
internal sealed class WalSource(IPostgreSqlServer server, HostContext host)
{
    /// <summary>The server.</summary>
    public IPostgreSqlServer Server => server;

    /// <summary>Reads what is needed to receive.</summary>
    public async Task<WalServerState> StateAsync(CancellationToken ct)
    {
        const string sql = """
            SELECT s.system_identifier, (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_segment_size'), pg_catalog.pg_is_in_recovery(),
                   pg_catalog.current_setting('wal_level'),
                   CASE WHEN pg_catalog.pg_is_in_recovery() THEN COALESCE(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn()) ELSE pg_catalog.pg_current_wal_flush_lsn() END,
                   c.timeline_id, pg_catalog.current_setting('server_version_num')::int / 10000
            FROM pg_catalog.pg_control_system() s, pg_catalog.pg_control_checkpoint() c
            """;
        string?[] row = (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0];
        return new WalServerState(ulong.Parse(row[0]!, CultureInfo.InvariantCulture), int.Parse(row[6]!, CultureInfo.InvariantCulture), int.Parse(row[1]!, CultureInfo.InvariantCulture), row[2] == "t", row[3]!,
            Lsn.Parse(row[4]!), uint.Parse(row[5]!, CultureInfo.InvariantCulture));
    }

    /// <summary>Looks at a physical slot; null when there is none.</summary>
    public async Task<WalSlot?> SlotAsync(string slot, CancellationToken ct)
    {
        string sql = $"""
            SELECT s.active, s.active_pid, COALESCE(a.application_name, '') || ' ' || COALESCE(a.client_addr::text, ''), s.restart_lsn, s.wal_status,
                   COALESCE(pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END, s.restart_lsn), 0)::bigint
            FROM pg_catalog.pg_replication_slots s LEFT JOIN pg_catalog.pg_stat_replication a ON a.pid = s.active_pid WHERE s.slot_name = {Sql.Literal(slot)} AND s.slot_type = 'physical'
            """;
        IReadOnlyList<string?[]> rows = await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false);
        if (rows.Count == 0) return null;
        string?[] row = rows[0];
        return new WalSlot(row[0] == "t", row[1] is { } id ? int.Parse(id, CultureInfo.InvariantCulture) : null, row[2], Lsn.TryParse(row[3], out Lsn restart) ? restart : null, row[4],
            long.Parse(row[5]!, CultureInfo.InvariantCulture));
    }

    /// <summary>Makes the slot; the server keeps its WAL from now on.</summary>
    public Task MakeSlotAsync(string slot, CancellationToken ct) =>
        server.QueryAsync(server.Database, $"SELECT pg_catalog.pg_create_physical_replication_slot({Sql.Literal(slot)}, true)", ct);

    /// <summary>Removes the slot.</summary>
    public Task DropSlotAsync(string slot, CancellationToken ct) =>
        server.QueryAsync(server.Database, $"SELECT pg_catalog.pg_drop_replication_slot({Sql.Literal(slot)})", ct);

    /// <summary>Ends the stream of a receiver that was killed; its program runs on without knowing.</summary>
    public Task EndStreamAsync(int processId, CancellationToken ct) =>
        server.QueryAsync(server.Database, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_catalog.pg_terminate_backend({processId})"), ct);

    /// <summary>The program that streams into a folder.</summary>
    public Command Stream(string folder, string slot, bool synchronous)
    {
        string[] options = ["--slot", slot, "--no-loop", "--no-password", "--verbose", "--status-interval=1", .. synchronous ? ["--synchronous"] : Array.Empty<string>()];
        Command command = server.Container is { } container
            ? Beside("pg_receivewal", SideContainer(slot, container), ["--volume", $"{folder}:/spool"], ["--directory", "/spool", .. options])
            : server.Tool("pg_receivewal", null, ["--directory", folder, .. options]);
        return command with { Environment = new Dictionary<string, string?>(command.Environment, StringComparer.Ordinal) { ["PGAPPNAME"] = slot } };
    }

    /// <summary>
    /// A client program that comes from where the receiver comes. For a server in a container: a second container of the same image in the same network
    /// namespace, where the stock image trusts the loopback; the server's own container is not touched.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="name">Name of the second container.</param>
    /// <param name="docker">More arguments of <c>docker run</c>.</param>
    /// <param name="arguments">Arguments of the program.</param>
    public Command Beside(string program, string name, IReadOnlyList<string> docker, IReadOnlyList<string> arguments)
    {
        Command local = server.Tool(program, null, arguments);
        if (server.Container is not { } container) return local;
        string engine = ContainerEngine.ProgramOf(host.Processes);
        Dictionary<string, string?> environment = new(local.Environment, StringComparer.Ordinal) { ["PGHOST"] = "127.0.0.1", ["PGAPPNAME"] = "drp" };
        List<string> run = ["run", "--rm", "--name", name, "--network", $"container:{container.Id}", "--pull", "never", .. docker];
        if (!OperatingSystem.IsWindows()) run.AddRange(["--user", string.Create(CultureInfo.InvariantCulture, $"{Posix.UserId}")]);
        foreach (string variable in environment.Where(v => v.Value is not null).Select(v => v.Key)) run.AddRange(["--env", variable]);
        run.AddRange(["--entrypoint", program, container.Image, .. arguments]);
        return new Command(engine, [.. run]) { Environment = environment, AfterKill = new Command(engine, "rm", "--force", name) };
    }

    /// <summary>Removes the side container of a receiver that was killed.</summary>
    public async Task RemoveSideContainerAsync(string slot, CancellationToken ct)
    {
        if (server.Container is not { } container) return;
        // Fails when there is none, which is as good.
        await host.Processes.RunAsync(new Command(ContainerEngine.ProgramOf(host.Processes), "rm", "--force", SideContainer(slot, container)), ct).ConfigureAwait(false);
    }

    /// <summary>Of this slot of this server: another plan of this machine may have the same names.</summary>
    private static string SideContainer(string slot, ContainerFacts server) => $"drp-receive-{slot.Replace('_', '-')}-{server.Id[..12]}";
}
