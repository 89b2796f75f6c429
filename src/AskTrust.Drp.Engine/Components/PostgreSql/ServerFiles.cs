using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>The files of a server, where they certainly can be seen: in its container, or on this machine.</summary>
internal static class ServerFiles
{
    /// <summary>Its data directory; null when it is elsewhere, or this user may not know where.</summary>
    public static async Task<string?> DataDirectoryAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        try
        {
            string?[] row = (await server.QueryAsync(server.Database,
                "SELECT pg_catalog.current_setting('data_directory', true), (SELECT system_identifier FROM pg_catalog.pg_control_system())", ct).ConfigureAwait(false))[0];
            if (row[0] is not { Length: > 0 } folder) return null;
            if (server.Container is not null) return folder;
            // A folder of that name may be another server's: its own number decides.
            return WalHeader.SystemOf(folder) is { } system && system.ToString(CultureInfo.InvariantCulture) == row[1] ? folder : null;
        }
        catch (Exception e) when (e is DrpException { Code: DrpError.Failed } or UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }

    /// <summary>Free bytes of the disk of a folder of the server; null when there is no <c>df</c>.</summary>
    public static async Task<long?> FreeAsync(IPostgreSqlServer server, HostContext host, string folder, CancellationToken ct)
    {
        try
        {
            ProcessResult df = await host.Processes.RunAsync(server.Where.Wrap(new Command("df", "-Pk", folder)), ct).ConfigureAwait(false);
            string[] cells = df.Text.Split('\n').ElementAtOrDefault(1)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
            return df.Ok && cells.Length > 3 && long.TryParse(cells[3], CultureInfo.InvariantCulture, out long blocks) ? blocks * 1024 : null;
        }
        catch (DrpException)
        {
            return null;
        }
    }
}
