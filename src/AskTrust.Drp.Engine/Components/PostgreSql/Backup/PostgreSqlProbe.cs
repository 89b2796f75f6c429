using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>Looks whether a backup of a database would work: connection, tools, rights. Reads only.</summary>
internal sealed class PostgreSqlProbe(PostgreSqlPlan plan, string planFile, HostContext host)
{
    private readonly List<PlanCheck> _checks = [];

    /// <summary>Runs every check; what depends on a failed one is skipped, and says so.</summary>
    public async Task<IReadOnlyList<PlanCheck>> RunAsync(CancellationToken ct)
    {
        IPostgreSqlServer? server = null;
        try
        {
            await CheckAsync("connection", async () =>
            {
                server = await PostgreSqlServers.ConnectAsync(plan, host, ct).ConfigureAwait(false);
                return Ok(Text.Of(PostgreSqlTexts.ProbeConnected, server.Description, server.Database, server.Version, server.User));
            }).ConfigureAwait(false);
            (string Check, Func<IPostgreSqlServer, CancellationToken, Task<Finding>> Look)[] checks =
            [
                ("tools", ToolsAsync), ("read", ReadAsync), ("large objects", LargeObjectsAsync), ("globals", GlobalsAsync), ("canary", CanaryAsync), ("size", SizeAsync),
            ];
            foreach (var (check, look) in checks)
            {
                if (server is null) Add(check, new Finding(CheckVerdict.Skipped, PostgreSqlTexts.ProbeNoConnection), TimeSpan.Zero);
                else await CheckAsync(check, () => look(server, ct)).ConfigureAwait(false);
            }

            return _checks;
        }
        finally
        {
            if (server is not null) await server.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static Finding Ok(string message) => new(CheckVerdict.Ok, message);

    private async Task<Finding> ToolsAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        string[] programs = plan.Globals ? ["pg_dump", "pg_dumpall"] : ["pg_dump"];
        var versions = new List<string>();
        foreach (string program in programs)
        {
            ProcessResult result = await host.Processes.RunAsync(server.Tool(program, null, "--version"), ct).ConfigureAwait(false);
            if (!result.Ok) throw PostgreSqlErrors.FromProgram(program, result.ExitCode, result.Errors, server.Description);
            versions.Add(result.Text.Trim());
        }

        return Ok(Text.Of(PostgreSqlTexts.ProbeTools, string.Join(", ", versions), server.Where.Description));
    }

    private static async Task<Finding> ReadAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        IReadOnlyList<CatalogTable> tables = await CatalogTable.ListAsync(server, server.Database, sizes: false, ct).ConfigureAwait(false);
        CatalogTable[] dumped = [.. tables.Where(t => t.Kind is 'r' or 'p')];
        string[] closed = [.. dumped.Where(t => !t.IsReadable).Select(t => t.Key)];
        if (closed.Length > 0) return new Finding(CheckVerdict.Failed, Text.Of(PostgreSqlTexts.ProbeUnreadable, server.User, Some(closed)), PostgreSqlTexts.HintPermission, DrpError.Failed);
        string[] filtered = [.. dumped.Where(t => t.IsFiltered).Select(t => t.Key)];
        return filtered.Length > 0
            ? new Finding(CheckVerdict.Failed, Text.Of(PostgreSqlTexts.ProbeFiltered, server.User, Some(filtered)), PostgreSqlTexts.HintRowSecurity, DrpError.Failed)
            : Ok(Text.Of(PostgreSqlTexts.ProbeReadable, dumped.Length));
    }

    private static async Task<Finding> LargeObjectsAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        const string sql = """
            SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (
                pg_catalog.pg_has_role(m.lomowner, 'USAGE')
                OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
                OR EXISTS (SELECT FROM pg_catalog.aclexplode(m.lomacl) a
                           WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))))
            FROM pg_catalog.pg_largeobject_metadata m
            """;
        string?[] row = (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0];
        return row[1] == "0"
            ? Ok(Text.Of(PostgreSqlTexts.ProbeLargeObjects, row[0]))
            : new Finding(CheckVerdict.Failed, Text.Of(PostgreSqlTexts.ProbeLargeObjectsClosed, server.User, row[1], row[0]), PostgreSqlTexts.ProbeLargeObjectsHint, DrpError.Failed);
    }

    private async Task<Finding> GlobalsAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        if (!plan.Globals) return new Finding(CheckVerdict.Skipped, PostgreSqlTexts.ProbeNotWanted);
        const string sql = "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')";
        return (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0][0] == "t"
            ? Ok(PostgreSqlTexts.ProbeGlobals)
            : new Finding(CheckVerdict.Warning, Text.Of(PostgreSqlTexts.NoRolePasswords, server.User), PostgreSqlTexts.ProbeGlobalsHint);
    }

    private async Task<Finding> CanaryAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        if (!plan.Canary) return new Finding(CheckVerdict.Skipped, PostgreSqlTexts.ProbeNotWanted);
        const string sql = """
            SELECT pg_catalog.pg_is_in_recovery(),
                   CASE WHEN to_regclass('drp_canary.canary') IS NOT NULL
                        THEN pg_catalog.has_schema_privilege('drp_canary', 'USAGE') AND pg_catalog.has_table_privilege(to_regclass('drp_canary.canary'), 'SELECT,INSERT,DELETE')
                        ELSE pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') END
            """;
        string?[] row = (await server.QueryAsync(server.Database, sql, ct).ConfigureAwait(false))[0];
        if (row[0] == "t") return new Finding(CheckVerdict.Warning, PostgreSqlTexts.CanaryOnStandby, PostgreSqlTexts.ProbeCanaryHint);
        return row[1] == "t"
            ? Ok(PostgreSqlTexts.ProbeCanary)
            : new Finding(CheckVerdict.Warning, Text.Of(PostgreSqlTexts.ProbeCanaryClosed, server.User), PostgreSqlTexts.ProbeCanaryHint);
    }

    private static async Task<Finding> SizeAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        long bytes = await PostgreSqlSource.EstimateAsync(server, ct).ConfigureAwait(false);
        string extensions = (await server.QueryAsync(server.Database, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_extension", ct).ConfigureAwait(false))[0][0]!;
        return Ok(Text.Of(PostgreSqlTexts.ProbeSize, (bytes / 1048576.0).ToString("N1", CultureInfo.CurrentUICulture), extensions));
    }

    private static string Some(string[] names) => string.Join(", ", names.Take(5)) + (names.Length > 5 ? $" … ({names.Length})" : "");

    private async Task CheckAsync(string check, Func<Task<Finding>> look)
    {
        long start = host.Clock.GetTimestamp();
        Finding finding;
        try
        {
            finding = await look().ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            finding = new Finding(CheckVerdict.Failed, e.Message, e.Hint, e.Code);
        }

        Add(check, finding, host.Clock.GetElapsedTime(start));
    }

    private void Add(string check, Finding finding, TimeSpan elapsed) => _checks.Add(new PlanCheck
    {
        Plan = planFile, Subject = $"component {plan.Name}", Check = check, Verdict = finding.Verdict, Message = finding.Message, Hint = finding.Hint, Code = finding.Code,
        Elapsed = elapsed,
    });

    private sealed record Finding(CheckVerdict Verdict, string Message, string? Hint = null, DrpError Code = DrpError.None);
}
