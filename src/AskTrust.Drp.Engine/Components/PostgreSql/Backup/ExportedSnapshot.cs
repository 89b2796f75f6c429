using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>A transaction held open by a psql of its own, whose view of the data several dumps share.</summary>
internal sealed class ExportedSnapshot : IAsyncDisposable
{
    private readonly IRunningProcess _session;

    private ExportedSnapshot(IRunningProcess session, string id) => (_session, Id) = (session, id);

    /// <summary>Name for <c>pg_dump --snapshot</c>.</summary>
    public string Id { get; }

    /// <summary>Begins the transaction and exports its snapshot.</summary>
    public static async Task<ExportedSnapshot> BeginAsync(IPostgreSqlServer server, bool serializable, HostContext host, CancellationToken ct)
    {
        string mode = serializable ? "SERIALIZABLE READ ONLY DEFERRABLE" : "REPEATABLE READ READ ONLY";
        string sql = $"SET statement_timeout = 0;\nSET idle_in_transaction_session_timeout = 0;\nBEGIN ISOLATION LEVEL {mode};\nSELECT pg_catalog.pg_export_snapshot();\n";
        IRunningProcess session = host.Processes.Start(server.Tool("psql", server.Database,
            "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--file=-"));
        try
        {
            await session.Input.WriteAsync(System.Text.Encoding.UTF8.GetBytes(sql), ct).ConfigureAwait(false);
            await session.Input.FlushAsync(ct).ConfigureAwait(false);
            // A StreamReader may read ahead; nothing else will ever come.
            using var reader = new StreamReader(session.Output, leaveOpen: true);
            if (await reader.ReadLineAsync(ct).ConfigureAwait(false) is { Length: > 0 } id) return new ExportedSnapshot(session, id);
            int code = await session.WaitAsync(ct).ConfigureAwait(false);
            throw PostgreSqlErrors.FromProgram("psql", code, session.Errors, $"{server.Description}/{server.Database}");
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session.DisposeAsync();
}
