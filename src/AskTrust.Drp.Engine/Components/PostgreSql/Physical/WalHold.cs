using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Keeps the server from removing WAL while a base is copied: a temporary replication slot, which goes with its session whatever happens to us. Where the
/// server has none free or the user may not, the base is taken all the same; should WAL really go missing, the backup fails and says so.
/// </summary>
internal sealed class WalHold : IAsyncDisposable
{
    private readonly IRunningProcess? _session;

    private WalHold(IRunningProcess? session) => _session = session;

    /// <summary>Begins to hold.</summary>
    public static async Task<WalHold> BeginAsync(IPostgreSqlServer server, HostContext host, CancellationToken ct)
    {
        string sql = $"SET idle_session_timeout = 0;\nSELECT slot_name FROM pg_catalog.pg_create_physical_replication_slot('drp_base_{Guid.NewGuid():N}', true, true);\n";
        if (server.Major < 14) sql = sql[(sql.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        IRunningProcess session = host.Processes.Start(server.Tool("psql", server.Database,
            "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--file=-"));
        try
        {
            await session.Input.WriteAsync(System.Text.Encoding.UTF8.GetBytes(sql), ct).ConfigureAwait(false);
            await session.Input.FlushAsync(ct).ConfigureAwait(false);
            using var reader = new StreamReader(session.Output, leaveOpen: true);
            if (await reader.ReadLineAsync(ct).ConfigureAwait(false) is { Length: > 0 }) return new WalHold(session);
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

        host.Say(DrpEventLevel.Verbose, Text.Of(PhysicalTexts.NotHeld, session.Errors.Trim()));
        await session.DisposeAsync().ConfigureAwait(false);
        return new WalHold(null);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session?.DisposeAsync() ?? ValueTask.CompletedTask;
}
