using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations.Enabling;

/// <summary>The connections of an enabling or disabling: as the plan's user, and as whoever may change things.</summary>
/// <param name="Component">Component.</param>
/// <param name="Server">As the plan's user, as the receiver will come.</param>
/// <param name="Admin">As whoever may change things; often the same.</param>
internal sealed record EnableSession(WalComponent Component, IPostgreSqlServer Server, IPostgreSqlServer Admin) : IAsyncDisposable
{
    /// <summary>Connects.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: the administrator's URL is another server's.</exception>
    public static async Task<EnableSession> OpenAsync(OperationContext context, string? name, string? adminUrl, SecretReference? adminPassword, CancellationToken ct)
    {
        WalComponent component = WalComponent.FindAny(context, name);
        IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(component.Plan, context.Host, ct).ConfigureAwait(false);
        if (adminUrl is null) return new EnableSession(component, server, server);
        IPostgreSqlServer? admin = null;
        try
        {
            admin = await PostgreSqlServers.ConnectAsync(component.Plan with { Url = adminUrl, Password = adminPassword, Service = null, User = null, Database = null }, context.Host, ct).ConfigureAwait(false);
            // The start of the server and its port: readable by everybody, and no two servers share both.
            const string sql = "SELECT pg_catalog.pg_postmaster_start_time(), pg_catalog.current_setting('port')";
            string?[] one = (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0], two = (await admin.QueryAsync(admin.Database, sql, ct).ConfigureAwait(false))[0];
            if (one[0] != two[0] || one[1] != two[1])
                throw new DrpException(DrpError.UnsafeTarget, Text.Of(EnablingTexts.OtherServer, admin.Description, component.Name, server.Description)) { Subject = admin.Description };
            return new EnableSession(component, server, admin);
        }
        catch
        {
            if (admin is not null) await admin.DisposeAsync().ConfigureAwait(false);
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Admin != Server) await Admin.DisposeAsync().ConfigureAwait(false);
        await Server.DisposeAsync().ConfigureAwait(false);
    }
}
