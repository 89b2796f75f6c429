using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>
/// A conversation with one database over one connection, through <c>psql</c>: works the same for a server in a container, whose port nobody else reaches. What was
/// not committed is taken back by the server when the session is disposed, or when we are killed.
/// </summary>
internal sealed class PsqlSession : IAsyncDisposable
{
    /// <summary>Values look the same on two servers, names are whole, and no limit of the application's applies.</summary>
    private const string Settings = """
        SET client_min_messages = warning; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET standard_conforming_strings = on;
        SET row_security = off; SET DateStyle = ISO; SET IntervalStyle = postgres; SET extra_float_digits = 3; SET bytea_output = hex; SET xmloption = content;
        SET TimeZone = 'UTC'; SET lc_monetary = 'C'; SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off; SET search_path = '';

        """;

    private readonly IRunningProcess _process;
    private readonly string _place;
    private readonly string _marker = $"\u2205{Guid.NewGuid():N}";
    private readonly string _null;
    private readonly byte[] _end;

    private PsqlSession(IRunningProcess process, string place, string nullMarker)
    {
        (_process, _place, _null) = (process, place, nullMarker);
        _end = Encoding.UTF8.GetBytes(_marker + "\n");
    }

    /// <summary>Connects.</summary>
    public static async Task<PsqlSession> StartAsync(HostContext host, IPostgreSqlServer server, string database, CancellationToken ct)
    {
        string marker = $"\u2205{Guid.NewGuid():N}";
        var session = new PsqlSession(host.Processes.Start(Psql(server, database, "--csv", "--tuples-only", $"--pset=null={marker}")), $"{server.Description}/{database}", marker);
        try
        {
            await session.ExecuteAsync(Settings, ct).ConfigureAwait(false);
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The rows of a query as <c>COPY</c> text, from a connection of its own. Read <see cref="IRunningProcess.Output"/>; exit code 0 = all of them.</summary>
    public static async Task<IRunningProcess> RowsAsync(HostContext host, IPostgreSqlServer server, string database, string query, CancellationToken ct)
    {
        IRunningProcess process = host.Processes.Start(Psql(server, database));
        try
        {
            await process.Input.WriteAsync(Encoding.UTF8.GetBytes($"{Settings}COPY ({query}) TO STDOUT;\n"), ct).ConfigureAwait(false);
            process.Input.Close();
            return process;
        }
        catch (IOException)
        {
            // It has gone: whoever reads finds the end, and the exit code.
            return process;
        }
        catch
        {
            await process.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs statements.</summary>
    /// <exception cref="DrpException">One failed; the session is at its end, and what it had not committed is taken back.</exception>
    public Task ExecuteAsync(string sql, CancellationToken ct) => QueryAsync(sql, ct);

    /// <summary>Runs statements; gives the rows of all of them, values as text, null for NULL.</summary>
    /// <exception cref="DrpException">As for <see cref="ExecuteAsync"/>.</exception>
    public async Task<IReadOnlyList<string?[]>> QueryAsync(string sql, CancellationToken ct)
    {
        Task writing = WriteAsync(Encoding.UTF8.GetBytes($"{sql}\n;\n\\echo {_marker}\n"), ct);
        string answer = await AnswerAsync(ct).ConfigureAwait(false);
        await writing.ConfigureAwait(false);
        return Csv.Parse(answer, _null);
    }

    /// <summary>Puts the rows of a query of another server into a table, as they come.</summary>
    /// <param name="table">Table and columns, for <c>COPY</c>.</param>
    /// <param name="rows">From <see cref="RowsAsync"/>; disposed.</param>
    /// <param name="from">Where they come from, for messages.</param>
    /// <param name="ct">Cancels.</param>
    public async Task CopyInAsync(string table, IRunningProcess rows, string from, CancellationToken ct)
    {
        await using var _ = rows.ConfigureAwait(false);
        bool taken = await WriteAsync(Encoding.UTF8.GetBytes($"COPY {table} FROM STDIN;\n"), ct).ConfigureAwait(false);
        byte[] buffer = new byte[256 * 1024];
        while (taken && await rows.Output.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and int count) taken = await WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
        if (taken)
        {
            // Only now it is known that these were all: a source that broke must not look like one that ended.
            int code = await rows.WaitAsync(ct).ConfigureAwait(false);
            if (code != 0) throw PostgreSqlErrors.FromProgram("psql", code, rows.Errors, from);
            await WriteAsync(Encoding.UTF8.GetBytes($"\\.\n\\echo {_marker}\n"), ct).ConfigureAwait(false);
        }

        await AnswerAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static Command Psql(IPostgreSqlServer server, string database, params IReadOnlyList<string> options) =>
        server.Tool("psql", database, ["--no-psqlrc", "--no-password", "--quiet", "--set=ON_ERROR_STOP=1", .. options, "--file=-"]);

    /// <returns>False when nobody reads any more; the answer tells why.</returns>
    private async Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await _process.Input.WriteAsync(bytes, ct).ConfigureAwait(false);
            await _process.Input.FlushAsync(ct).ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task<string> AnswerAsync(CancellationToken ct)
    {
        using var answer = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (await _process.Output.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and int count)
        {
            answer.Write(buffer, 0, count);
            ReadOnlySpan<byte> all = answer.GetBuffer().AsSpan(0, (int)answer.Length);
            if (all.EndsWith(_end)) return Encoding.UTF8.GetString(all[..^_end.Length]);
        }

        int code = await _process.WaitAsync(ct).ConfigureAwait(false);
        throw PostgreSqlErrors.FromProgram("psql", code, _process.Errors, _place);
    }
}
