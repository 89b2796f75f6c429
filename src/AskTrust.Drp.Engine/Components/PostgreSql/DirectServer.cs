using System.Collections.Concurrent;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using Npgsql;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>What a connection is for.</summary>
internal readonly record struct ConnectionUse
{
    /// <summary>The database itself may be gone: that may be why one restores.</summary>
    public bool DatabaseMayBeGone { get; init; }

    /// <summary>A connection is kept for a moment for the next query. Not where databases are dropped or renamed: whoever is connected is in the way.</summary>
    public bool Keep { get; init; }
}

/// <summary>A server reached by network or socket: queries through Npgsql, programs of this machine.</summary>
internal sealed class DirectServer : PostgreSqlServer, IPostgreSqlServer
{
    private readonly NpgsqlConnectionStringBuilder _connection;
    private readonly ConcurrentDictionary<string, NpgsqlDataSource> _sources = new(StringComparer.Ordinal);
    private readonly IProcessRunner _processes;
    private readonly bool _keep;
    private IReadOnlyList<ClientPrograms> _installed = [];

    private DirectServer(ConnectionSettings settings, Secret? password, IProcessRunner processes, bool keep)
        : base(settings, password, LocalTarget.Instance)
    {
        (_processes, _keep) = (processes, keep);
        _connection = settings.ToNpgsql();
        if (password is not null) _connection.Password = password.Reveal();
        _connection.ApplicationName = settings["application_name"] ?? "drp";
        string host = settings["host"] ?? settings["hostaddr"]!;
        Description = host.StartsWith('/') ? $"{host}:{settings["port"]}" : string.Join(',', host.Split(',').Select(h => h.Contains(':', StringComparison.Ordinal) ? $"[{h}]" : h)) + $":{settings["port"]}";
    }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <inheritdoc/>
    public override ContainerFacts? Container => null;

    /// <inheritdoc/>
    public bool IsHere => Settings.IsHere;

    /// <inheritdoc/>
    public bool CanReplicate => LibPq.IsHere && Major >= ReplicationConnection.Since;

    /// <summary>Connects.</summary>
    public static async Task<IPostgreSqlServer> ConnectAsync(ConnectionSettings settings, Secret? password, HostContext host, ConnectionUse use, CancellationToken ct)
    {
        var server = new DirectServer(settings, password, host.Processes, use.Keep);
        await server.ReadVersionAsync(use.DatabaseMayBeGone, ct).ConfigureAwait(false);
        server._installed = await ClientPrograms.ListAsync(host.Processes, ct).ConfigureAwait(false);
        return server;
    }

    /// <inheritdoc/>
    public Task<ReplicationConnection> ReplicateAsync(CancellationToken ct) => ReplicationConnection.OpenAsync(Settings, Password, Description, ct);

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<string?[]>> QueryAsync(string database, string sql, CancellationToken ct)
    {
        try
        {
            NpgsqlConnection connection = await OpenAsync(database, ct).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            NpgsqlCommand command = connection.CreateCommand();
            await using var __ = command.ConfigureAwait(false);
#pragma warning disable CA2100 // The statements are ours, or the operator's own assertions; names in them are quoted.
            command.CommandText = sql;
#pragma warning restore CA2100
            command.AllResultTypesAreUnknown = true;
            NpgsqlDataReader reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
            await using var ___ = reader.ConfigureAwait(false);
            var rows = new List<string?[]>();
            while (await reader.ReadAsync(ct).ConfigureAwait(false))
            {
                string?[] row = new string?[reader.FieldCount];
                for (int i = 0; i < row.Length; i++) row[i] = await reader.IsDBNullAsync(i, ct).ConfigureAwait(false) ? null : reader.GetString(i);
                rows.Add(row);
            }

            return rows;
        }
        catch (Exception e) when (IsOfServer(e, ct))
        {
            throw PostgreSqlErrors.From(e, Place(database));
        }
    }

    /// <inheritdoc/>
    public override async Task ExecuteAsync(string database, string sql, CancellationToken ct)
    {
        try
        {
            NpgsqlConnection connection = await OpenAsync(database, ct).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            // Npgsql would send several statements as one transaction, in which CREATE DATABASE is not allowed.
            foreach (string statement in Sql.Split(sql))
            {
                NpgsqlCommand command = connection.CreateCommand();
                await using var __ = command.ConfigureAwait(false);
#pragma warning disable CA2100 // As above.
                command.CommandText = statement;
#pragma warning restore CA2100
                await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsOfServer(e, ct))
        {
            throw PostgreSqlErrors.From(e, Place(database));
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        foreach (NpgsqlDataSource source in _sources.Values) await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override string ProgramPath(string program)
    {
        if (ClientPrograms.Choose(_installed, Major) is not { } chosen)
        {
            string have = _installed.Count == 0 ? PostgreSqlTexts.NoVersion : string.Join(", ", _installed.Select(p => p.Major));
            throw new DrpException(DrpError.Unreachable, Text.Of(PostgreSqlTexts.ToolsTooOld, program, Major, have))
            {
                Hint = Text.Of(PostgreSqlTexts.ToolsTooOldHint, Major), Subject = program,
            };
        }

        string path = Path.Combine(chosen.Folder!, OperatingSystem.IsWindows() ? program + ".exe" : program);
        return _processes.Find(path) ?? program;
    }

    private static bool IsOfServer(Exception e, CancellationToken ct) =>
        !ct.IsCancellationRequested && e is NpgsqlException or System.Net.Sockets.SocketException or IOException or TimeoutException or InvalidOperationException;

    private async Task<NpgsqlConnection> OpenAsync(string database, CancellationToken ct) =>
        await _sources.GetOrAdd(database, MakeSource).OpenConnectionAsync(ct).ConfigureAwait(false);

    /// <summary>No pool but for a moment (a backup must not hold connections it does not use), and no loading of types: every value is text to us.</summary>
    private NpgsqlDataSource MakeSource(string database)
    {
        var builder = new NpgsqlDataSourceBuilder(_connection.ConnectionString);
        builder.ConnectionStringBuilder.Database = database;
        if (_keep) (builder.ConnectionStringBuilder.Pooling, builder.ConnectionStringBuilder.ConnectionIdleLifetime, builder.ConnectionStringBuilder.ConnectionPruningInterval) = (true, 1, 1);
        builder.ConfigureTypeLoading(loading => loading.EnableTypeLoading(false));
        return builder.Build();
    }
}
