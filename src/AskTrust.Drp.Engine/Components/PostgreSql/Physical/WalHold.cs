using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Keeps the server from removing WAL while a base is copied: a temporary replication slot, which goes with its session whatever happens to us. Where the
/// server has none free or the user may not, the base is taken all the same; should WAL really go missing, the backup fails and says so.
/// </summary>
internal sealed class WalHold : IAsyncDisposable
{
    private readonly IAsyncDisposable _session;

    private WalHold(IAsyncDisposable session) => _session = session;

    /// <summary>Begins to hold.</summary>
    public static async Task<WalHold> BeginAsync(IPostgreSqlServer server, HostContext host, CancellationToken ct)
    {
        string slot = $"drp_base_{Guid.NewGuid():N}";
        return new WalHold(server.CanReplicate ? await ConnectAsync(server, slot, host, ct).ConfigureAwait(false) : await StartAsync(server, slot, host, ct).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private static async Task<IAsyncDisposable> ConnectAsync(IPostgreSqlServer server, string slot, HostContext host, CancellationToken ct)
    {
        ReplicationConnection? connection = null;
        try
        {
            connection = await server.ReplicateAsync(ct).ConfigureAwait(false);
            connection.Send($"CREATE_REPLICATION_SLOT {slot} TEMPORARY PHYSICAL RESERVE_WAL");
            await connection.RestAsync(ct).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e)
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            if (e is not DrpException) throw;
            return NotHeld(host, e.Message);
        }
    }

    private static async Task<IAsyncDisposable> StartAsync(IPostgreSqlServer server, string slot, HostContext host, CancellationToken ct)
    {
        string sql = $"SELECT slot_name FROM pg_catalog.pg_create_physical_replication_slot('{slot}', true, true);\n";
        if (server.Major >= 14) sql = "SET idle_session_timeout = 0;\n" + sql;
        IRunningProcess session = host.Processes.Start(server.Tool("psql", server.Database,
            "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--file=-"));
        try
        {
            await session.Input.WriteAsync(System.Text.Encoding.UTF8.GetBytes(sql), ct).ConfigureAwait(false);
            await session.Input.FlushAsync(ct).ConfigureAwait(false);
            using var reader = new StreamReader(session.Output, leaveOpen: true);
            if (await reader.ReadLineAsync(ct).ConfigureAwait(false) is { Length: > 0 }) return session;
            await session.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It ended before it had read everything; what it said tells why.
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        string why = session.Errors.Trim();
        await session.DisposeAsync().ConfigureAwait(false);
        return NotHeld(host, why);
    }

    private static Nothing NotHeld(HostContext host, string why)
    {
        host.Say(DrpEventLevel.Verbose, Text.Of(PhysicalTexts.NotHeld, why));
        return Nothing.Instance;
    }
}
