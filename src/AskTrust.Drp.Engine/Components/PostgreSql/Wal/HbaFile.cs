using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Wal;

/// <summary>
/// <c>pg_hba.conf</c> of a server, read and written through the server itself: so it is the right file wherever the server runs. Our lines stand between two
/// marks at the top, where they take effect before any other.
/// </summary>
internal sealed class HbaFile(IPostgreSqlServer server, string mark)
{
    private string Begin => $"# AskTrust.Drp {mark}: begin (drp pitr disable removes these lines)\n";

    private string End => $"# AskTrust.Drp {mark}: end\n";

    /// <summary>Lines of the file the server cannot read, as it says; null when this user may not ask.</summary>
    public async Task<IReadOnlyList<string>?> ErrorsAsync(CancellationToken ct)
    {
        try
        {
            var rows = await server.QueryAsync(server.Database, "SELECT line_number, error FROM pg_catalog.pg_hba_file_rules WHERE error IS NOT NULL", ct).ConfigureAwait(false);
            return [.. rows.Select(r => $"{r[0]}: {r[1]}")];
        }
        catch (DrpException e) when (e.Code == DrpError.Failed)
        {
            return null;
        }
    }

    /// <summary>True when our lines are in it.</summary>
    public async Task<bool> HasOursAsync(CancellationToken ct) => (await ReadAsync(ct).ConfigureAwait(false)).Text.Contains(Begin, StringComparison.Ordinal);

    /// <summary>Adds a line, has the server check the file, and only then has it read.</summary>
    /// <exception cref="DrpException">The server does not take the line; the file is as it was.</exception>
    public async Task AddAsync(string line, CancellationToken ct)
    {
        var (path, text) = await ReadAsync(ct).ConfigureAwait(false);
        await ReplaceAsync(path, text, $"{Begin}{line}\n{End}{Without(text)}", ct).ConfigureAwait(false);
    }

    /// <summary>Takes our lines out; what others changed meanwhile stays.</summary>
    /// <returns>False when there were none.</returns>
    public async Task<bool> RemoveAsync(CancellationToken ct)
    {
        var (path, text) = await ReadAsync(ct).ConfigureAwait(false);
        string without = Without(text);
        if (without == text) return false;
        await ReplaceAsync(path, text, without, ct).ConfigureAwait(false);
        return true;
    }

    private string Without(string text)
    {
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, Math.Max(begin, 0), StringComparison.Ordinal);
        return begin < 0 || end < 0 ? text : text.Remove(begin, end + End.Length - begin);
    }

    private async Task ReplaceAsync(string path, string before, string after, CancellationToken ct)
    {
        int errors = (await ErrorsAsync(ct).ConfigureAwait(false))?.Count ?? 0;
        try
        {
            await WriteAsync(path, after, ct).ConfigureAwait(false);
            if ((await ReadAsync(ct).ConfigureAwait(false)).Text != after) throw new DrpException(DrpError.Failed, Text.Of(Physical.PhysicalTexts.HbaNotWritten, path)) { Subject = path };
            if (await ErrorsAsync(ct).ConfigureAwait(false) is { } now && now.Count > errors) throw new DrpException(DrpError.Failed, Text.Of(Physical.PhysicalTexts.HbaRefused, path, now[0])) { Subject = path };
        }
        catch
        {
            // The server has not read it yet: nothing happened if it is again as it was.
            await WriteAsync(path, before, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        await server.QueryAsync(server.Database, "SELECT pg_catalog.pg_reload_conf()", ct).ConfigureAwait(false);
    }

    /// <summary>The bytes as they are: the file need not be in the encoding of the database.</summary>
    private async Task<(string Path, string Text)> ReadAsync(CancellationToken ct)
    {
        const string sql = "SELECT f.path, pg_catalog.encode(pg_catalog.pg_read_binary_file(f.path), 'base64') FROM pg_catalog.current_setting('hba_file') AS f(path)";
        string?[] row = (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0];
        return (row[0]!, Encoding.Latin1.GetString(Convert.FromBase64String(row[1]!)));
    }

    /// <summary>A superuser of PostgreSQL writes files through a large object, which goes again in the same transaction.</summary>
    private Task WriteAsync(string path, string text, CancellationToken ct) => server.ExecuteAsync(server.Database, $"""
        DO $drp$ DECLARE o oid; BEGIN
        o := pg_catalog.lo_from_bytea(0, pg_catalog.decode('{Convert.ToBase64String(Encoding.Latin1.GetBytes(text))}', 'base64'));
        PERFORM pg_catalog.lo_export(o, {Sql.Literal(path)});
        PERFORM pg_catalog.lo_unlink(o);
        END $drp$
        """, ct);
}
