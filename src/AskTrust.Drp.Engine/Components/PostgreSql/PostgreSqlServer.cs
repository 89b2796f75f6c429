using System.Globalization;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>What servers have in common however we reach them: settings, version, and how programs are started against them.</summary>
internal abstract class PostgreSqlServer(ConnectionSettings settings, Secret? password, IExecutionTarget where) : IPostgreSqlServer
{
    /// <summary>The version query: number and text.</summary>
    private const string VersionQuery = "SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('server_version')";

    /// <inheritdoc/>
    public abstract string Description { get; }

    /// <inheritdoc/>
    public string Version { get; private set; } = "";

    /// <inheritdoc/>
    public int Major { get; private set; }

    /// <inheritdoc/>
    public string Database => settings["dbname"]!;

    /// <inheritdoc/>
    public string User => settings["user"]!;

    /// <inheritdoc/>
    public IExecutionTarget Where => where;

    /// <inheritdoc/>
    public abstract ContainerFacts? Container { get; }

    /// <summary>The connection, without the password.</summary>
    protected ConnectionSettings Settings => settings;

    /// <summary>The password; null = none, or one that libpq finds by itself.</summary>
    protected Secret? Password => password;

    /// <inheritdoc/>
    public Command Tool(string program, string? database, params IReadOnlyList<string> arguments)
    {
        Dictionary<string, string?> environment = settings.ToEnvironment();
        environment["PGDATABASE"] = database;
        environment["PGAPPNAME"] = settings["application_name"] ?? "drp";
        environment["PGCLIENTENCODING"] = program == "psql" ? "UTF8" : settings["client_encoding"];
        // Messages we recognise errors by.
        environment["LC_ALL"] = "C.UTF-8";
        environment["LANGUAGE"] = null;
        environment["PGOPTIONS"] = settings["options"];
        if (password is not null) environment["PGPASSWORD"] = password.Reveal();
        IReadOnlyList<string> all = (program, database) switch
        {
            (_, null) => arguments,
            ("pg_restore", _) => [$"--dbname={Sql.ConnectionString(database)}", .. arguments],
            ("pg_dumpall", _) => [$"--database={Sql.ConnectionString(database)}", .. arguments],
            _ => arguments,
        };
        return where.Wrap(new Command(ProgramPath(program), [.. all]) { Environment = environment });
    }

    /// <inheritdoc/>
    public abstract Task<IReadOnlyList<string?[]>> QueryAsync(string database, string sql, CancellationToken ct);

    /// <inheritdoc/>
    public abstract Task ExecuteAsync(string database, string sql, CancellationToken ct);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Where a client program is.</summary>
    protected abstract string ProgramPath(string program);

    /// <summary>For messages: server and database.</summary>
    protected string Place(string database) => $"{Description}/{database}";

    /// <summary>Tries the connection and reads the version.</summary>
    /// <param name="databaseMayBeGone">The database itself may not exist any more: then another one of the server is tried.</param>
    /// <param name="ct">Cancels.</param>
    protected async Task ReadVersionAsync(bool databaseMayBeGone, CancellationToken ct)
    {
        string?[] row = await FirstRowAsync(databaseMayBeGone ? [Database, "postgres", "template1"] : [Database], ct).ConfigureAwait(false);
        Major = int.Parse(row[0]!, CultureInfo.InvariantCulture) / 10000;
        Version = row[1]!.Split(' ')[0];
    }

    private async Task<string?[]> FirstRowAsync(string[] databases, CancellationToken ct)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                return (await QueryAsync(databases[i], VersionQuery, ct).ConfigureAwait(false))[0];
            }
            catch (DrpException e) when (i + 1 < databases.Length && e.Code == DrpError.Failed)
            {
                // The server answered, only not for this database.
            }
        }
    }
}
