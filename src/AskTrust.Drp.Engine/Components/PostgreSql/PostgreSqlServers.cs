using System.Globalization;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>Connects to the server a plan means.</summary>
internal static class PostgreSqlServers
{
    /// <summary>Where libpq looks for a socket when no host is named.</summary>
    private static readonly string[] s_socketFolders = ["/var/run/postgresql", "/run/postgresql", "/tmp"];

    /// <summary>Finds the server, tries the connection, reads its version and looks for client programs that fit.</summary>
    /// <exception cref="DrpException">
    /// <see cref="DrpError.Unreachable"/>, <see cref="DrpError.KeyOrPassphrase"/>, <see cref="DrpError.Failed"/> (no such database) or
    /// <see cref="DrpError.PlanInvalid"/> (the plan does not say which server).
    /// </exception>
    public static Task<IPostgreSqlServer> ConnectAsync(PostgreSqlPlan plan, HostContext host, CancellationToken ct) => ConnectAsync(plan, host, null, new(), ct);

    /// <summary>As <see cref="ConnectAsync(PostgreSqlPlan, HostContext, CancellationToken)"/>, to another database of the same server.</summary>
    public static Task<IPostgreSqlServer> ConnectAsync(PostgreSqlPlan plan, HostContext host, string? database, CancellationToken ct) => ConnectAsync(plan, host, database, new(), ct);

    /// <summary>As <see cref="ConnectAsync(PostgreSqlPlan, HostContext, string?, CancellationToken)"/>, for many small queries one after the other: they may share a connection, which stays for up to two seconds after the last of them.</summary>
    public static Task<IPostgreSqlServer> ConnectForQueriesAsync(PostgreSqlPlan plan, HostContext host, string? database, CancellationToken ct) => ConnectAsync(plan, host, database, new() { Keep = true }, ct);

    /// <summary>As <see cref="ConnectAsync(PostgreSqlPlan, HostContext, CancellationToken)"/>, but the database itself may be gone: that may be why one restores.</summary>
    public static Task<IPostgreSqlServer> ConnectForRestoreAsync(PostgreSqlPlan plan, HostContext host, CancellationToken ct) => ConnectAsync(plan, host, null, new() { DatabaseMayBeGone = true }, ct);

    private static async Task<IPostgreSqlServer> ConnectAsync(PostgreSqlPlan plan, HostContext host, string? database, ConnectionUse use, CancellationToken ct)
    {
        Secret? password = plan.Password is null ? null : await host.Secrets.ResolveAsync(plan.Password, ct).ConfigureAwait(false);
        if (plan.Container is not null || plan.ComposeService is not null)
        {
            ContainerFacts container = await ContainerFinder.FindAsync(plan, host, ct).ConfigureAwait(false);
            ConnectionSettings inside = ContainerSettings(plan, container);
            inside["dbname"] = database ?? inside["dbname"];
            return await ContainerServer.ConnectAsync(inside, password, container, host, use.DatabaseMayBeGone, ct).ConfigureAwait(false);
        }

        var (settings, ofService) = DirectSettings(plan);
        if (ofService is not null) host.Redactor.Remember(ofService.Reveal());
        settings["dbname"] = database ?? settings["dbname"];
        return await DirectServer.ConnectAsync(settings, password ?? ofService, host, use, ct).ConfigureAwait(false);
    }

    /// <summary>Inside a container: its own socket, user and database as its image was told.</summary>
    private static ConnectionSettings ContainerSettings(PostgreSqlPlan plan, ContainerFacts container)
    {
        ConnectionSettings settings = plan.Url is null ? new ConnectionSettings() : ConnectionSettings.Parse(plan.Url);
        settings["host"] = null;
        settings["hostaddr"] = null;
        settings["port"] = null;
        settings["user"] = plan.User ?? settings["user"] ?? container.Environment.GetValueOrDefault("POSTGRES_USER") ?? "postgres";
        settings["dbname"] = plan.Database ?? settings["dbname"] ?? container.Environment.GetValueOrDefault("POSTGRES_DB") ?? settings["user"];
        SetTimeout(plan, settings);
        return settings;
    }

    private static (ConnectionSettings Settings, Secret? Password) DirectSettings(PostgreSqlPlan plan)
    {
        Secret? password = null;
        ConnectionSettings settings;
        if (plan.Url is not null) settings = ConnectionSettings.Parse(plan.Url);
        else if (plan.Service is not null) (settings, password) = ServiceFile.Read(plan.Service);
        else settings = new ConnectionSettings();
        settings["host"] ??= Given("PGHOST");
        settings["port"] ??= Given("PGPORT") ?? "5432";
        settings["host"] ??= DefaultHost(settings["port"]!);
        settings["user"] ??= plan.User ?? Given("PGUSER") ?? Environment.UserName;
        settings["dbname"] ??= plan.Database ?? Given("PGDATABASE") ?? settings["user"];
        SetTimeout(plan, settings);
        return (settings, password);
    }

    private static void SetTimeout(PostgreSqlPlan plan, ConnectionSettings settings) =>
        settings["connect_timeout"] ??= Math.Clamp((int)Math.Ceiling(plan.ConnectTimeout.TotalSeconds), 2, 1024).ToString(CultureInfo.InvariantCulture);

    private static string? Given(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private static string DefaultHost(string port) => s_socketFolders.FirstOrDefault(f => File.Exists(Path.Combine(f, $".s.PGSQL.{port}"))) ?? "localhost";
}
