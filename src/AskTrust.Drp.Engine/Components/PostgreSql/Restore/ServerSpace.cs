using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Free space where the server keeps its data: a restore that fills production's disk would be a second disaster.</summary>
internal static class ServerSpace
{
    private const long Reserve = 64L * 1024 * 1024;

    /// <summary>Checks that a database of that size still fits. Known only where the server's files are certainly those we can look at: in its container, or over its socket.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.NotEnoughSpace"/>.</exception>
    public static async Task CheckAsync(HostContext host, IPostgreSqlServer server, string maintenance, long needed, CancellationToken ct)
    {
        if (needed <= 0 || await FreeAsync(host, server, maintenance, ct).ConfigureAwait(false) is not { } free || free >= needed + Reserve) return;
        throw new DrpException(DrpError.NotEnoughSpace, Text.Of(RestoreTexts.NoSpace, server.Description, Size(needed), Size(free)))
        {
            Hint = RestoreTexts.NoSpaceHint, Subject = server.Description,
        };
    }

    /// <summary>False: a database of that size, and a quarter more, would not fit. True also where nobody can tell.</summary>
    public static async Task<bool> IsAmpleAsync(HostContext host, IPostgreSqlServer server, string database, long needed, CancellationToken ct) =>
        await FreeAsync(host, server, database, ct).ConfigureAwait(false) is not { } free || free >= needed + (needed / 4) + Reserve;

    private static async Task<long?> FreeAsync(HostContext host, IPostgreSqlServer server, string maintenance, CancellationToken ct)
    {
        try
        {
            string?[] row = (await server.QueryAsync(maintenance,
                "SELECT CASE WHEN pg_catalog.inet_server_addr() IS NULL THEN pg_catalog.current_setting('data_directory', true) END", ct).ConfigureAwait(false))[0];
            if (row[0] is not { Length: > 0 } folder) return null;
            return await ServerFiles.FreeAsync(server, host, folder, ct).ConfigureAwait(false);
        }
        catch (DrpException)
        {
            // Only a superuser may know where the data is; and there may be no df. Then nobody can tell.
            return null;
        }
    }

    private static string Size(long bytes) => (bytes / 1048576.0).ToString("N0", CultureInfo.CurrentUICulture) + " MiB";
}
