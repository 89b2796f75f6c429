using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Enabling;

/// <summary>What a server says of itself that decides whether its WAL can be received.</summary>
internal sealed record ServerFacts
{
    /// <summary>System identifier; empty when the user may not know it.</summary>
    public required string System { get; init; }

    /// <summary>The user of the plan.</summary>
    public required string Role { get; init; }

    /// <summary>True when he may replicate.</summary>
    public required bool MayReplicate { get; init; }

    /// <summary>True when he may read <c>pg_control_system()</c>.</summary>
    public required bool MayReadControl { get; init; }

    /// <summary>True when whoever changes things is a superuser.</summary>
    public required bool IsAdmin { get; init; }

    /// <summary>True while it replays the WAL of another.</summary>
    public required bool IsStandby { get; init; }

    /// <summary>Address this machine comes from; null = by socket.</summary>
    public required string? Client { get; init; }

    /// <summary>Senders in use.</summary>
    public required int Senders { get; init; }

    /// <summary>Slots in use.</summary>
    public required int Slots { get; init; }

    /// <summary>Settings.</summary>
    public required IReadOnlyDictionary<string, ServerSetting> Settings { get; init; }

    /// <summary>Our slot; null when there is none.</summary>
    public required WalSlot? Slot { get; init; }

    /// <summary>Lines of <c>pg_hba.conf</c> it cannot read; null when nobody may ask.</summary>
    public required IReadOnlyList<string>? HbaErrors { get; init; }

    /// <summary>How a real replication connection went.</summary>
    public required (LoginOutcome Outcome, string Said) Login { get; init; }

    /// <summary>A setting as a number; 0 when there is none.</summary>
    public long Number(string name) => Settings.TryGetValue(name, out ServerSetting? s) && long.TryParse(s.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : 0;

    /// <summary>Reads them.</summary>
    /// <param name="server">The server as the plan's user.</param>
    /// <param name="admin">The server as whoever changes things.</param>
    /// <param name="slot">Our slot.</param>
    /// <param name="host">The host.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<ServerFacts> ReadAsync(IPostgreSqlServer server, IPostgreSqlServer admin, string slot, HostContext host, CancellationToken ct)
    {
        const string sql = """
            SELECT r.rolname, r.rolreplication OR r.rolsuper, pg_catalog.pg_is_in_recovery(), pg_catalog.host(pg_catalog.inet_client_addr()),
                   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_get_wal_senders()), (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots),
                   pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AND pg_catalog.has_function_privilege('pg_catalog.pg_control_checkpoint()', 'EXECUTE')
            FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
            """;
        string?[] row = (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0];
        string?[] super = (await admin.QueryAsync(admin.Database, "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user", ct).ConfigureAwait(false))[0];
        bool isAdmin = super[0] == "t", mayRead = row[6] == "t";
        IPostgreSqlServer? reader = mayRead ? server : isAdmin ? admin : null;
        var source = new WalSource(server, host);
        return new ServerFacts
        {
            System = reader is null ? "" : (await reader.QueryAsync(reader.Database, "SELECT system_identifier FROM pg_catalog.pg_control_system()", ct).ConfigureAwait(false))[0][0]!,
            Role = row[0]!, MayReplicate = row[1] == "t", MayReadControl = mayRead, IsAdmin = isAdmin, IsStandby = row[2] == "t", Client = row[3],
            Senders = int.Parse(row[4]!, CultureInfo.InvariantCulture), Slots = int.Parse(row[5]!, CultureInfo.InvariantCulture),
            Settings = await new ServerSettings(admin).ReadAsync(isAdmin, ct).ConfigureAwait(false),
            Slot = await source.SlotAsync(slot, ct).ConfigureAwait(false),
            HbaErrors = await new HbaFile(admin, slot).ErrorsAsync(ct).ConfigureAwait(false),
            Login = await ReplicationLogin.TryAsync(source, host, ct).ConfigureAwait(false),
        };
    }
}
