using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>Looks at the PostgreSQL server of a component: alive, database there, rows of the newest backup still there. Reads only.</summary>
/// <param name="context">The plan.</param>
/// <param name="plan">The component.</param>
/// <param name="points">What the newest backup has.</param>
/// <param name="unknown">Gets what could not be looked at.</param>
internal sealed class ServerLook(OperationContext context, PostgreSqlPlan plan, RecoveryPoints points, Action<string> unknown)
{
    private readonly List<DamageFinding> _found = [];

    /// <summary>Looks.</summary>
    public async Task<ServerState> RunAsync(CancellationToken ct)
    {
        IPostgreSqlServer server;
        try
        {
            server = await PostgreSqlServers.ConnectForRestoreAsync(plan, context.Host, ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (e.Code != DrpError.PlanInvalid)
        {
            return await DeadAsync(e, ct).ConfigureAwait(false);
        }

        await using var _ = server.ConfigureAwait(false);
        try
        {
            return await AliveAsync(server, ct).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            // It answered and then did not: what it has is not known.
            Add(DamageKind.ServerDown, server.Description, e.Message, e.Hint);
            return new ServerState { Findings = _found, Database = server.Database, Container = server.Container };
        }
    }

    private async Task<ServerState> DeadAsync(DrpException e, CancellationToken ct)
    {
        ContainerFacts? container = null;
        if (e.Code == DrpError.KeyOrPassphrase)
        {
            Add(DamageKind.AccessRefused, plan.Name, e.Message, e.Hint);
        }
        else if (plan.Container is null && plan.ComposeService is null)
        {
            Add(DamageKind.ServerDown, plan.Name, e.Message, e.Hint);
        }
        else
        {
            try
            {
                container = await ContainerFinder.LookAsync(plan.Container, plan.ComposeService, plan.ComposeProject, stoppedToo: true, context.Host, ct).ConfigureAwait(false);
                if (container.IsRunning) Add(DamageKind.ServerDown, container.Name, e.Message, e.Hint);
                else Add(DamageKind.ContainerStopped, container.Name, Text.Of(DamageTexts.ContainerStopped, container.Name, container.ExitCode), null, container.Finished);
            }
            catch (DrpException look)
            {
                Add(look.Subject == plan.Container || look.Code == DrpError.Unreachable ? DamageKind.ContainerMissing : DamageKind.ServerDown, plan.Container ?? plan.ComposeService!, look.Message, look.Hint);
            }
        }

        return new ServerState { Findings = _found, Container = container, Database = plan.Database ?? points.Facts?.PostgreSql?.Database };
    }

    private async Task<ServerState> AliveAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        string? folder = await ServerFiles.DataDirectoryAsync(server, ct).ConfigureAwait(false);
        var state = new ServerState { IsUp = true, Database = server.Database, DataDirectory = folder, Container = server.Container };
        if (folder is not null && Disks.OfServer(plan.Name, folder, await ServerFiles.FreeAsync(server, context.Host, folder, ct).ConfigureAwait(false)) is { } full) _found.Add(full);
        TargetState target = await TargetExamination.ExamineAsync(server, server.Database, ct).ConfigureAwait(false);
        if (target.InRecovery && plan.Pair is null) Add(DamageKind.ReadOnly, server.Description, Text.Of(DamageTexts.InRecovery, server.Description));
        if (!target.Exists)
        {
            Add(DamageKind.DatabaseMissing, server.Database, Text.Of(DamageTexts.DatabaseMissing, server.Database, server.Description), gone: points.Facts?.PostgreSql?.Rows?.Values.Sum());
            return state with { Findings = _found };
        }

        await PagesAsync(server, ct).ConfigureAwait(false);
        var tables = new TableLook(server, points.Facts?.PostgreSql?.Rows, unknown);
        foreach (TableLoss loss in await tables.RunAsync(ct).ConfigureAwait(false))
        {
            string text = loss.Kind switch { DamageKind.TableMissing => DamageTexts.TableMissing, DamageKind.TableEmpty => DamageTexts.TableEmpty, _ => DamageTexts.RowsMissing };
            Add(loss.Kind, loss.Table, Text.Of(text, loss.Table, loss.Then, loss.Now), gone: loss.Then - loss.Now);
        }

        return state with { Findings = _found, HasDatabase = true, NewRows = tables.NewRows, LostTables = [.. _found.Where(f => f.Kind is DamageKind.TableMissing or DamageKind.TableEmpty).Select(f => f.Subject)] };
    }

    /// <summary>What the server knows of its pages and indexes without a check: <c>drp repair</c> looks closer.</summary>
    private async Task PagesAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        const string pages = "SELECT sum(checksum_failures), extract(epoch FROM max(checksum_last_failure)) FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()";
        string?[] row = (await server.QueryAsync(server.Database, pages, ct).ConfigureAwait(false))[0];
        if (row[0] is { } failures && failures != "0")
        {
            DateTimeOffset? last = row[1] is { } seconds ? DateTimeOffset.FromUnixTimeMilliseconds((long)(double.Parse(seconds, CultureInfo.InvariantCulture) * 1000)) : null;
            Add(DamageKind.PagesDamaged, server.Database, Text.Of(DamageTexts.PagesDamaged, server.Database, failures, last is { } at ? Human.Time(at) : "?"));
        }

        const string invalid = """
            SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT i.indisvalid AND c.relkind = 'i' AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid) ORDER BY 1
            """;
        string[] names = [.. (await server.QueryAsync(server.Database, invalid, ct).ConfigureAwait(false)).Select(r => r[0]!)];
        if (names.Length > 0) Add(DamageKind.IndexInvalid, names[0], Text.Of(DamageTexts.IndexInvalid, string.Join(", ", names)), verdict: CheckVerdict.Warning);
    }

    private void Add(DamageKind kind, string subject, string message, string? hint = null, DateTimeOffset? since = null, long? gone = null, CheckVerdict verdict = CheckVerdict.Failed) => _found.Add(new()
    {
        Component = plan.Name, Subject = subject, Kind = kind, Verdict = verdict, Message = message, Hint = hint, Since = since, Gone = gone,
        // What was in a backup was well when it began.
        LastGood = kind is DamageKind.TableMissing or DamageKind.TableEmpty or DamageKind.RowsMissing or DamageKind.DatabaseMissing ? points.Newest?.Set.Time : null,
    });
}
