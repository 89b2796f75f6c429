using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Integrity;

/// <summary>Looks at the integrity of a database. Reads only, but for the extension <c>amcheck</c> where it may be made.</summary>
internal sealed class IntegrityLook(HostContext host, IPostgreSqlServer server, string database)
{
    /// <summary>Looks.</summary>
    /// <param name="mayInstall">The extension <c>amcheck</c> may be made where it is not there.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IntegrityReport> RunAsync(bool mayInstall, CancellationToken ct)
    {
        string? reason = await PrepareAsync(mayInstall, ct).ConfigureAwait(false);
        IReadOnlyList<Corruption> found = [];
        try
        {
            if (reason is null) found = await Amcheck.RunAsync(host, server, database, ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (e.Code == DrpError.Failed)
        {
            // No right to, or no such program: then it is said that nobody has looked.
            reason = e.Message;
        }

        var (failures, last) = await ChecksumsAsync(ct).ConfigureAwait(false);
        return new IntegrityReport
        {
            Checked = reason is null, NotChecked = reason, Corruptions = found, InvalidIndexes = await InvalidAsync(server, database, ct).ConfigureAwait(false), ChecksumFailures = failures, LastChecksumFailure = last,
            Collations = await CollationsAsync(ct).ConfigureAwait(false), WithoutStatistics = await UnanalysedAsync(ct).ConfigureAwait(false),
        };
    }

    /// <summary>Why <c>pg_amcheck</c> cannot look; null when it can.</summary>
    private async Task<string?> PrepareAsync(bool mayInstall, CancellationToken ct)
    {
        if (server.Major < 14) return Text.Of(IntegrityTexts.TooOld, server.Version);
        if ((await QueryAsync("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'amcheck'", ct).ConfigureAwait(false)).Count > 0) return null;
        if (!mayInstall) return Text.Of(IntegrityTexts.NoExtension, database);
        try
        {
            await server.ExecuteAsync(database, "CREATE EXTENSION IF NOT EXISTS amcheck", ct).ConfigureAwait(false);
            return null;
        }
        catch (DrpException e) when (e.Code == DrpError.Failed)
        {
            return Text.Of(IntegrityTexts.CannotInstall, e.Message);
        }
    }

    private async Task<(long? Failures, DateTimeOffset? Last)> ChecksumsAsync(CancellationToken ct)
    {
        const string sql = "SELECT checksum_failures, extract(epoch FROM checksum_last_failure) FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()";
        string?[] row = (await QueryAsync(sql, ct).ConfigureAwait(false))[0];
        return row[0] is null ? (null, null) : (long.Parse(row[0]!, CultureInfo.InvariantCulture),
            row[1] is { } at ? DateTimeOffset.FromUnixTimeMilliseconds((long)(double.Parse(at, CultureInfo.InvariantCulture) * 1000)) : null);
    }

    /// <summary>Indexes that queries cannot use.</summary>
    public static async Task<IReadOnlyList<InvalidIndex>> InvalidAsync(IPostgreSqlServer server, string database, CancellationToken ct)
    {
        // One that is just being built is no damage.
        const string sql = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.format('%I.%I', tn.nspname, t.relname), c.relname ~ '_cc(new|old)[0-9]*$'
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_class t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
            WHERE NOT i.indisvalid AND c.relkind = 'i' AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
            ORDER BY 1
            """;
        return [.. (await server.QueryAsync(database, sql, ct).ConfigureAwait(false)).Select(r => new InvalidIndex(r[0]!, r[1]!, r[2] == "t"))];
    }

    private async Task<IReadOnlyList<CollationMismatch>> CollationsAsync(CancellationToken ct)
    {
        string sql = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.collname), c.collversion, pg_catalog.pg_collation_actual_version(c.oid)
            FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
            WHERE c.collversion <> pg_catalog.pg_collation_actual_version(c.oid)
              AND EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class i ON i.oid = a.attrelid WHERE i.relkind = 'i' AND a.attcollation = c.oid)
            """;
        if (server.Major >= 15)
        {
            sql += """

                UNION ALL SELECT 'database', d.datcollversion, pg_catalog.pg_database_collation_actual_version(d.oid)
                FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database() AND d.datcollversion <> pg_catalog.pg_database_collation_actual_version(d.oid)
                """;
        }

        return [.. (await QueryAsync(sql, ct).ConfigureAwait(false)).Select(r => new CollationMismatch(r[0]!, r[1]!, r[2]!))];
    }

    private async Task<int> UnanalysedAsync(CancellationToken ct)
    {
        const string sql = """
            SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND pg_catalog.pg_relation_size(c.oid) > 0 AND c.reltuples < 0
            """;
        return int.Parse((await QueryAsync(sql, ct).ConfigureAwait(false))[0][0]!, CultureInfo.InvariantCulture);
    }

    private Task<IReadOnlyList<string?[]>> QueryAsync(string sql, CancellationToken ct) => server.QueryAsync(database, sql, ct);
}
