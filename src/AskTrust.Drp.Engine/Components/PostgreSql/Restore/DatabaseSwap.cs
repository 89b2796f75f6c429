using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// Renames databases in one transaction, so that at every moment – also when we or the server are killed – the name leads either to the
/// old database or to the new one. Nothing is switched off for it that would have to be switched on again: a rename locks the database, so
/// new sessions wait outside (and then meet the new one), while those that are in are ended.
/// </summary>
internal sealed class DatabaseSwap(HostContext host, IPostgreSqlServer server, string maintenance)
{
    private const int Attempts = 4;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(100);

    /// <summary>Renames, all or none.</summary>
    /// <param name="renames">From and to.</param>
    /// <param name="also">Further statements for the same transaction, before the renames.</param>
    /// <param name="ct">Looked at before it begins; then it is carried through.</param>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: somebody holds on to a database and may not be ended by us.</exception>
    public async Task RenameAsync(IReadOnlyList<(string From, string To)> renames, string also, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        // From here on a cancellation would leave it unknown which of the two happened.
        using var limit = new CancellationTokenSource(s_limit, host.Clock);
        string sql = $"SET lock_timeout = '30s';\nBEGIN;\n{also}{string.Concat(renames.Select(r => $"ALTER DATABASE {Sql.Identifier(r.From)} RENAME TO {Sql.Identifier(r.To)};\n"))}COMMIT";
        string names = string.Join(", ", renames.Select(r => Sql.Literal(r.From)));
        for (int attempt = 1; ; attempt++)
        {
            await EndSessionsAsync(names, limit.Token).ConfigureAwait(false);
            using var renamed = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
            Task ending = KeepEndingAsync(names, renamed.Token);
            try
            {
                await server.ExecuteAsync(maintenance, sql, limit.Token).ConfigureAwait(false);
                return;
            }
            catch (DrpException e)
            {
                var holders = await HoldersAsync(names, limit.Token).ConfigureAwait(false);
                if (holders.Count == 0 && attempt > 1) throw;
                if (attempt == Attempts)
                    throw new DrpException(DrpError.UnsafeTarget, Text.Of(RestoreTexts.SessionsHold, renames[0].From, string.Join(", ", holders)), e) { Hint = RestoreTexts.SessionsHoldHint, Subject = renames[0].From };
            }
            finally
            {
                await renamed.CancelAsync().ConfigureAwait(false);
                await ending.ConfigureAwait(false);
            }
        }
    }

    /// <summary>While the rename waits for the sessions that were in before it locked the door.</summary>
    private async Task KeepEndingAsync(string names, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await Task.Delay(s_beat, host.Clock, ct).ConfigureAwait(false);
                await EndSessionsAsync(names, ct).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or DrpException)
        {
            // Renamed; or not allowed to end a session: then the rename itself says who is in the way.
        }
    }

    private async Task EndSessionsAsync(string names, CancellationToken ct) =>
        // One that we may not end must not keep us from the others.
        await server.QueryAsync(maintenance, $"""
            SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a, pg_catalog.pg_roles me
            WHERE a.datname IN ({names}) AND a.pid <> pg_catalog.pg_backend_pid() AND me.rolname = current_user
              AND (me.rolsuper OR pg_catalog.pg_has_role(a.usesysid, 'MEMBER')
                   OR pg_catalog.pg_has_role('pg_signal_backend', 'MEMBER') AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = a.usesysid))
            """, ct).ConfigureAwait(false);

    private async Task<IReadOnlyList<string>> HoldersAsync(string names, CancellationToken ct)
    {
        var rows = await server.QueryAsync(maintenance, $"""
            SELECT DISTINCT coalesce(usename::text, backend_type) || coalesce(' ' || nullif(application_name, ''), '') FROM pg_catalog.pg_stat_activity
            WHERE datname IN ({names}) AND pid <> pg_catalog.pg_backend_pid()
            UNION ALL SELECT 'PREPARE TRANSACTION ' || gid FROM pg_catalog.pg_prepared_xacts WHERE database IN ({names}) LIMIT 20
            """, ct).ConfigureAwait(false);
        return [.. rows.Select(r => r[0]!)];
    }
}
