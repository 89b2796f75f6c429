using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>
/// A row with the time, written just before a dump and read back from the restored copy: the difference to the moment of the disaster is the
/// measured recovery point. Its own schema, the last hundred rows; only where the plan allows it.
/// </summary>
internal static class Canary
{
    /// <summary>The schema.</summary>
    public const string Schema = "drp_canary";

    /// <summary>The table, schema and all.</summary>
    public const string Table = "drp_canary.canary";

    /// <summary>The newest moment in a copy, as ISO 8601 with microseconds; NULL when there is none.</summary>
    public const string ReadQuery =
        """SELECT pg_catalog.to_char(pg_catalog.max(written_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM drp_canary.canary""";

    private const string Write = """
        CREATE SCHEMA IF NOT EXISTS drp_canary;
        CREATE TABLE IF NOT EXISTS drp_canary.canary (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          written_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
          host text NOT NULL);
        COMMENT ON SCHEMA drp_canary IS 'A row before each backup, read back by restore tests; safe to drop.';
        DELETE FROM drp_canary.canary WHERE id <= (SELECT pg_catalog.max(id) - 99 FROM drp_canary.canary);
        """;

    /// <summary>Writes a row.</summary>
    /// <returns>Its moment, by the server's clock.</returns>
    public static async Task<DateTimeOffset> WriteAsync(IPostgreSqlServer server, string host, CancellationToken ct)
    {
        await server.ExecuteAsync(server.Database, Write, ct).ConfigureAwait(false);
        string insert = $"INSERT INTO drp_canary.canary (host) VALUES ({Sql.Literal(host)})";
        await server.ExecuteAsync(server.Database, insert, ct).ConfigureAwait(false);
        return Parse((await server.QueryAsync(server.Database, ReadQuery, ct).ConfigureAwait(false))[0][0]!);
    }

    /// <summary>Writes a row where it can be done: a canary that cannot be written must not cost the backup, but it is said aloud.</summary>
    /// <returns>Its moment; null when none was written.</returns>
    public static async Task<DateTimeOffset?> TryWriteAsync(IPostgreSqlServer server, bool isStandby, ICollection<string> warnings, CancellationToken ct)
    {
        if (isStandby)
        {
            warnings.Add(PostgreSqlTexts.CanaryOnStandby);
            return null;
        }

        try
        {
            return await WriteAsync(server, Environment.MachineName, ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (e.Code == DrpError.Failed)
        {
            warnings.Add(Text.Of(PostgreSqlTexts.CanaryFailed, e.Message));
            return null;
        }
    }

    /// <summary>Reads the moment that <see cref="ReadQuery"/> gives.</summary>
    public static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
