using System.Globalization;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>Reads what a restore must know of a database: how it was made, versions, position in the WAL.</summary>
internal static class DatabaseFacts
{
    /// <summary>Reads them; rows, large objects and canary are filled in when the dump is done.</summary>
    public static async Task<PostgreSqlFacts> ReadAsync(IPostgreSqlServer server, string toolVersion, CancellationToken ct)
    {
        string provider = server.Major >= 15 ? "d.datlocprovider" : "'c'";
        string locale = server.Major >= 17 ? "d.datlocale" : server.Major >= 15 ? "d.daticulocale" : "NULL";
        string sql = $"""
            SELECT pg_catalog.pg_get_userbyid(d.datdba), pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, {provider}, {locale},
                   pg_catalog.pg_database_size(d.oid),
                   CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_current_wal_lsn()::text END,
                   pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
            FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
            """;
        string?[] row = (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0];
        string? system = row[8] == "t"
            ? (await server.QueryAsync(server.Database, "SELECT system_identifier FROM pg_catalog.pg_control_system()", ct).ConfigureAwait(false))[0][0]
            : null;
        IReadOnlyList<string?[]> extensions = await server.QueryAsync(server.Database, "SELECT extname, extversion FROM pg_catalog.pg_extension ORDER BY 1", ct).ConfigureAwait(false);
        return new PostgreSqlFacts
        {
            Database = server.Database, ServerVersion = server.Version, Major = server.Major, ToolVersion = toolVersion, SystemIdentifier = system, Lsn = row[7],
            DatabaseSize = long.Parse(row[6]!, CultureInfo.InvariantCulture), Owner = row[0]!, Encoding = row[1]!, Collate = row[2]!, Ctype = row[3]!,
            LocaleProvider = row[4]!, Locale = row[5],
            DatabaseSettings = await DatabaseSettings.ReadAsync(server, server.Database, ct).ConfigureAwait(false),
            Extensions = extensions.ToDictionary(e => e[0]!, e => e[1]!, StringComparer.Ordinal),
            Image = server.Container?.Image, ImageDigest = server.Container?.ImageDigest,
        };
    }
}
