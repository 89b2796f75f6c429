using System.Globalization;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Pair;

/// <summary>The numbers of the switches, in the database itself: a primary that missed one is known by it. Writing it also is the proof that a new primary takes writes.</summary>
internal static class EpochTable
{
    /// <summary>The last number; the table is known to be there.</summary>
    public static async Task<long> ReadAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        string?[] row = (await server.QueryAsync(server.Database, "SELECT pg_catalog.max(epoch) FROM drp_primary.epoch", ct).ConfigureAwait(false))[0];
        return row[0] is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Writes a number; twice is once. Waits for no standby: there may be none yet, and a synchronous one would never answer.</summary>
    public static Task WriteAsync(IPostgreSqlServer server, long epoch, string node, CancellationToken ct) => server.ExecuteAsync(server.Database, string.Create(CultureInfo.InvariantCulture, $"""
        SET synchronous_commit TO local;
        SET default_transaction_read_only TO off;
        CREATE SCHEMA IF NOT EXISTS drp_primary;
        CREATE TABLE IF NOT EXISTS drp_primary.epoch (epoch bigint PRIMARY KEY, node text NOT NULL, since timestamptz NOT NULL DEFAULT pg_catalog.now());
        INSERT INTO drp_primary.epoch (epoch, node) VALUES ({epoch}, {Sql.Literal(node)}) ON CONFLICT DO NOTHING
        """), ct);
}
