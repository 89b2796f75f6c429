namespace AskTrust.Drp.Engine.Components.PostgreSql.Wal;

/// <summary>A setting of a server.</summary>
/// <param name="Name">Name.</param>
/// <param name="Value">Value in force.</param>
/// <param name="AtStart">True when only a restart changes it.</param>
/// <param name="Fixed">True when the server's command line says it: <c>ALTER SYSTEM</c> has no effect then.</param>
/// <param name="Pending">True when it was changed and waits for the restart.</param>
/// <param name="Written">What <c>ALTER SYSTEM</c> wrote; null = nothing.</param>
internal sealed record ServerSetting(string Name, string Value, bool AtStart, bool Fixed, bool Pending, string? Written);

/// <summary>Reads and changes the settings of a server, the way <c>ALTER SYSTEM</c> does.</summary>
internal sealed class ServerSettings(IPostgreSqlServer server)
{
    private static readonly string[] s_names =
    [
        "wal_level", "max_wal_senders", "max_replication_slots", "max_slot_wal_keep_size", "synchronous_standby_names", "synchronous_commit", "data_checksums", "idle_replication_slot_timeout", Physical.WalSummaries.Setting,
    ];

    /// <summary>Those that matter here; one that this version has not got is not there.</summary>
    /// <param name="all">True: also what <c>ALTER SYSTEM</c> wrote, which only a superuser may read.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyDictionary<string, ServerSetting>> ReadAsync(bool all, CancellationToken ct)
    {
        string written = all
            ? "(SELECT f.setting FROM pg_catalog.pg_file_settings f WHERE f.name = s.name AND f.sourcefile LIKE '%/postgresql.auto.conf' ORDER BY f.seqno DESC LIMIT 1)"
            : "NULL";
        string sql = $"""
            SELECT s.name, s.setting, s.context = 'postmaster', s.source = 'command line', s.pending_restart, {written}
            FROM pg_catalog.pg_settings s WHERE s.name IN ({string.Join(", ", s_names.Select(Sql.Literal))})
            """;
        IReadOnlyList<string?[]> rows = await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false);
        return rows.ToDictionary(r => r[0]!, r => new ServerSetting(r[0]!, r[1] ?? "", r[2] == "t", r[3] == "t", r[4] == "t", r[5]), StringComparer.Ordinal);
    }

    /// <summary>The statement that writes a value, or takes one back.</summary>
    public static string Statement(string name, string? value) => value is null ? $"ALTER SYSTEM RESET {name}" : $"ALTER SYSTEM SET {name} = {Sql.Literal(value)}";

    /// <summary>Writes a value; null = takes it back.</summary>
    public Task WriteAsync(string name, string? value, CancellationToken ct) => server.ExecuteAsync(server.Database, Statement(name, value), ct);

    /// <summary>Has the server read its files.</summary>
    public Task ReloadAsync(CancellationToken ct) => server.QueryAsync(server.Database, "SELECT pg_catalog.pg_reload_conf()", ct);
}
