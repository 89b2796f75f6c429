using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>One PostgreSQL database as a source of backups: an archive of pg_dump (or several, made in parallel) and the roles.</summary>
/// <param name="plan">The component.</param>
/// <param name="planFile">Path of the plan, for the checks.</param>
/// <param name="host">The outside world.</param>
/// <param name="database">Another database of the same server in place of the plan's; null = the plan's.</param>
internal sealed class PostgreSqlSource(PostgreSqlPlan plan, string planFile, HostContext host, string? database = null) : IComponentSource
{
    /// <inheritdoc/>
    public string Name => plan.Name;

    /// <inheritdoc/>
    public Task<IReadOnlyList<PlanCheck>> ProbeAsync(CancellationToken ct) => new PostgreSqlProbe(plan, planFile, host).RunAsync(ct);

    /// <inheritdoc/>
    public async Task<long?> EstimateAsync(CancellationToken ct)
    {
        IPostgreSqlServer server = await PostgreSqlServers.ConnectForQueriesAsync(plan, host, database, ct).ConfigureAwait(false);
        await using var _ = server.ConfigureAwait(false);
        return await EstimateAsync(server, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IComponentBackup> BeginAsync(CancellationToken ct)
    {
        IPostgreSqlServer server = await PostgreSqlServers.ConnectForQueriesAsync(plan, host, database, ct).ConfigureAwait(false);
        try
        {
            return await PostgreSqlBackup.BeginAsync(plan, server, host, ct).ConfigureAwait(false);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Bytes of rows and large objects, without indexes: about what a dump without compression has.</summary>
    internal static async Task<long> EstimateAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        const string sql = """
            SELECT coalesce(pg_catalog.sum(pg_catalog.pg_table_size(c.oid)), 0)::bigint
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_(toast|temp)'
            """;
        return long.Parse((await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0][0]!, CultureInfo.InvariantCulture);
    }
}
