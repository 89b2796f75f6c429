using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>How the restoring programs connect to a database: with settings of the session that make a one-off load fast and safe.</summary>
internal sealed class RestoreConnection
{
    /// <summary>
    /// Whether large values may be compressed with lz4: the server was built with it, and nobody chose a method, in whatever way. The choice of a column is
    /// part of the dump and stays as it was.
    /// </summary>
    private const string FreeToCompress = """
        SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals) AND source = 'default')
           AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) AS one WHERE one LIKE 'default\_toast\_compression=%')
        """;

    private readonly IPostgreSqlServer _server;
    private readonly bool _lz4;

    private RestoreConnection(IPostgreSqlServer server, string database, bool lz4) => (_server, Database, _lz4) = (server, database, lz4);

    /// <summary>The database that is written into.</summary>
    public string Database { get; }

    /// <summary>Major version of the server.</summary>
    public int Major => _server.Major;

    /// <summary>Asks the server what the settings depend on.</summary>
    /// <param name="host">The host.</param>
    /// <param name="server">The server.</param>
    /// <param name="database">The database.</param>
    /// <param name="size">What it will take up, bytes; 0 = not known. Where that is nearly all there is, values stay as small as the server makes them: lz4 needs up to a fifth more.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<RestoreConnection> ToAsync(HostContext host, IPostgreSqlServer server, string database, long size, CancellationToken ct)
    {
        bool lz4 = (await server.QueryAsync(database, FreeToCompress, ct).ConfigureAwait(false))[0][0] == "t"
            && (size == 0 || await ServerSpace.IsAmpleAsync(host, server, database, size, ct).ConfigureAwait(false));
        return new RestoreConnection(server, database, lz4);
    }

    /// <summary>A program that writes into the database.</summary>
    /// <param name="program">The program.</param>
    /// <param name="jobs">Sessions at the same time.</param>
    /// <param name="arguments">Its arguments.</param>
    public Command Tool(string program, int jobs, params IReadOnlyList<string> arguments) =>
        // Environment and container wrapping come from the server; a connection string adds the options to them.
        _server.Tool(program, null, [$"--dbname={Sql.ConnectionString(Database)} options='{Options(jobs)}'", "--no-password", .. arguments]);

    /// <summary>
    /// Settings every user may change. No wait for the disk at each commit (a database that is not complete yet may lose its last
    /// second); memory for building indexes, shared out between the jobs; no time limits an administrator meant for applications; and of the two methods for
    /// large values the one that costs a fraction of the processor's time, the default of PostgreSQL 19 (decision 0015).
    /// </summary>
    private string Options(int jobs) => string.Join(' ',
    [
        "-c synchronous_commit=off",
        $"-c maintenance_work_mem={Math.Max(1024 / Math.Max(jobs, 1), 128)}MB",
        "-c statement_timeout=0", "-c lock_timeout=0", "-c idle_in_transaction_session_timeout=0",
        "-c default_transaction_read_only=off", "-c row_security=off",
        .. _lz4 ? ["-c default_toast_compression=lz4"] : Array.Empty<string>(),
    ]);
}
