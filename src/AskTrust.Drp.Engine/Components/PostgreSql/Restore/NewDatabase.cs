using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Makes databases for restores: from <c>template0</c>, as the original was, and marked as unfinished until they are complete.</summary>
internal sealed class NewDatabase(IPostgreSqlServer server, HostContext host, string maintenance)
{
    private static readonly TimeSpan s_making = TimeSpan.FromSeconds(20);

    /// <summary>Begins the comment of a database that is being restored; the owner mark follows.</summary>
    public const string Mark = "drp: unfinished restore ";

    /// <summary>Makes one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="wanted">As it shall be; null = as the server makes them.</param>
    /// <param name="marked">Unfinished until <see cref="FinalCommentAsync"/>: a later run removes it when ours is killed.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Warnings: what could not be made as wanted.</returns>
    public async Task<IReadOnlyList<string>> CreateAsync(string name, DatabaseProperties? wanted, bool marked, CancellationToken ct)
    {
        List<string> warnings = [];
        string owner = "";
        if (wanted is not null)
        {
            var may = await server.QueryAsync(maintenance, $"SELECT pg_catalog.pg_has_role(oid, 'MEMBER') FROM pg_catalog.pg_roles WHERE rolname = {Sql.Literal(wanted.Owner)}", ct).ConfigureAwait(false);
            if (may.Count > 0 && may[0][0] == "t") owner = $" OWNER {Sql.Identifier(wanted.Owner)}";
            else warnings.Add(Text.Of(RestoreTexts.OwnerMissing, name, wanted.Owner, server.User));
        }

        string tablespace = wanted?.Tablespace is { } space ? $" TABLESPACE {Sql.Identifier(space)}" : "";
        string comment = marked ? $";\nCOMMENT ON DATABASE {Sql.Identifier(name)} IS {Sql.Literal(Mark + OwnerMark.Current)}" : "";
        DatabaseRecord? record = marked ? DatabaseRecord.Write(host.Temp, server.Description, name) : null;
        string head = $"{Making(name)} TEMPLATE template0{owner}{tablespace}";
        try
        {
            await server.ExecuteAsync(maintenance, $"{head}{LocaleOf(wanted, name, warnings)}{comment}", ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (wanted is not null && e.Code == DrpError.Failed)
        {
            if (await ExistsAsync(name, ct).ConfigureAwait(false)) throw;
            // Most often a locale this machine does not have: data in another sort order beats no data, and it is said.
            await server.ExecuteAsync(maintenance, $"{head} ENCODING {Sql.Literal(wanted.Encoding)}{comment}", ct).ConfigureAwait(false);
            warnings.Add(Text.Of(RestoreTexts.LocaleMissing, name, wanted.Collate, wanted.Locale ?? wanted.Ctype, e.Message));
        }

        // On a failure the record stays until this process has ended: whether the database came into being is not known for sure.
        record?.Delete();
        return warnings;
    }

    /// <summary>Brings back settings, privileges and comment of the database itself.</summary>
    /// <returns>Warnings: statements that failed for a missing role.</returns>
    public async Task<IReadOnlyList<string>> ApplySettingsAsync(string name, IReadOnlyList<string> statements, CancellationToken ct)
    {
        List<string> warnings = [];
        foreach (string statement in statements)
        {
            // The statements name the database as :"db"; psql puts the name there, whatever it is made of.
            Command psql = server.Tool("psql", maintenance, "--no-psqlrc", "--no-password", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose", $"--set=db={name}", "--file=-");
            ProcessResult result = await host.Processes.RunAsync(psql, ct, System.Text.Encoding.UTF8.GetBytes(statement + "\n;\n")).ConfigureAwait(false);
            if (result.Ok) continue;
            var log = new ScriptLog();
            foreach (string line in result.Errors.Split('\n')) log.Take(line);
            // 42704: no such role (or parameter of an extension); 42501: a parameter only a superuser may set.
            if (log.Errors is not [{ State: "42704" or "42501" } error]) throw PostgreSqlErrors.FromProgram("psql", result.ExitCode, result.Errors, server.Description);
            warnings.Add(Text.Of(RestoreTexts.SettingFailed, name, error.Text));
        }

        return warnings;
    }

    /// <summary>The comment the database shall have once it is finished, as a literal or NULL; until then it is marked again.</summary>
    public async Task<string> FinalCommentAsync(string name, CancellationToken ct)
    {
        string?[] row = (await server.QueryAsync(maintenance,
            $"SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = {Sql.Literal(name)}", ct).ConfigureAwait(false))[0];
        if (row[0] is not { } comment || comment.StartsWith(Mark, StringComparison.Ordinal)) return "NULL";
        await server.ExecuteAsync(maintenance, $"COMMENT ON DATABASE {Sql.Identifier(name)} IS {Sql.Literal(Mark + OwnerMark.Current)}", ct).ConfigureAwait(false);
        return Sql.Literal(comment);
    }

    /// <summary>The comment of a database; null when it has none.</summary>
    public async Task<string?> CommentAsync(string name, CancellationToken ct) =>
        (await server.QueryAsync(maintenance, $"SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = {Sql.Literal(name)}", ct).ConfigureAwait(false)) is [var row, ..] ? row[0] : null;

    /// <summary>A statement that marks a database as one to be dropped: when we are killed before that, a later run drops it.</summary>
    public static string MarkStatement(string name) => $"COMMENT ON DATABASE {Sql.Identifier(name)} IS {Sql.Literal(Mark + OwnerMark.Current)};\n";

    /// <summary>A statement that gives a database its comment; null = none.</summary>
    public static string CommentStatement(string name, string? comment) => $"COMMENT ON DATABASE {Sql.Identifier(name)} IS {(comment is null ? "NULL" : Sql.Literal(comment))};\n";

    /// <summary>Drops a database with its sessions, when it is there.</summary>
    public async Task DropAsync(string name, CancellationToken ct)
    {
        if (server.Major < 13)
            await server.QueryAsync(maintenance, $"SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = {Sql.Literal(name)}", ct).ConfigureAwait(false);
        await server.ExecuteAsync(maintenance, $"DROP DATABASE IF EXISTS {Sql.Identifier(name)}{(server.Major >= 13 ? " WITH (FORCE)" : "")}", ct).ConfigureAwait(false);
    }

    /// <summary>Drops a database that was restored but never took its place.</summary>
    public async Task AbandonAsync(string name, CancellationToken ct)
    {
        // A restored subscription forbids dropping its database, and dropping it in the usual way would drop production's
        // replication slot at the publisher: it must forget the slot first.
        var rows = await server.QueryAsync(maintenance,
            $"SELECT subname FROM pg_catalog.pg_subscription WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = {Sql.Literal(name)})", ct).ConfigureAwait(false);
        foreach (string subscription in rows.Select(r => Sql.Identifier(r[0]!)))
            await server.ExecuteAsync(name, $"ALTER SUBSCRIPTION {subscription} DISABLE; ALTER SUBSCRIPTION {subscription} SET (slot_name = NONE); DROP SUBSCRIPTION {subscription}", ct).ConfigureAwait(false);
        await DropAsync(name, ct).ConfigureAwait(false);
    }

    /// <summary>Drops what killed restores left behind. Databases of a living owner, or of another host, stay.</summary>
    /// <returns>The databases dropped.</returns>
    public async Task<IReadOnlyList<string>> SweepAsync(CancellationToken ct)
    {
        var rows = await server.QueryAsync(maintenance, $"""
            SELECT datname, pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database
            WHERE NOT datistemplate AND pg_catalog."left"(pg_catalog.shobj_description(oid, 'pg_database'), {Mark.Length}) = {Sql.Literal(Mark)}
            """, ct).ConfigureAwait(false);
        List<string> dropped = [];
        foreach (string?[] row in rows)
        {
            if (OwnerMark.Parse(row[1]![Mark.Length..])?.Look() != OwnerState.Gone) continue;
            await AbandonAsync(row[0]!, ct).ConfigureAwait(false);
            dropped.Add(row[0]!);
        }

        foreach (DatabaseRecord record in DatabaseRecord.LeftOver(host.Temp, server.Description))
        {
            if (await IsUnmarkedAsync(record.Database, ct).ConfigureAwait(false))
            {
                await AbandonAsync(record.Database, ct).ConfigureAwait(false);
                dropped.Add(record.Database);
            }

            record.Delete();
        }

        return dropped;
    }

    /// <summary>Looks whether there is a database of that name.</summary>
    public async Task<bool> ExistsAsync(string name, CancellationToken ct) =>
        (await server.QueryAsync(maintenance, $"SELECT 1 FROM pg_catalog.pg_database WHERE datname = {Sql.Literal(name)}", ct).ConfigureAwait(false)).Count > 0;

    private static string Making(string name) => $"CREATE DATABASE {Sql.Identifier(name)}";

    /// <summary>Looks whether it is there without any comment, so as the killed run made it, once the server has ended making it.</summary>
    private async Task<bool> IsUnmarkedAsync(string name, CancellationToken ct)
    {
        long start = host.Clock.GetTimestamp();
        while (host.Clock.GetElapsedTime(start) < s_making)
        {
            string making = $"SELECT 1 FROM pg_catalog.pg_stat_activity WHERE state = 'active' AND pid <> pg_catalog.pg_backend_pid() AND pg_catalog.strpos(query, {Sql.Literal(Making(name))}) = 1";
            if ((await server.QueryAsync(maintenance, making, ct).ConfigureAwait(false)).Count == 0) break;
            await Task.Delay(TimeSpan.FromMilliseconds(200), host.Clock, ct).ConfigureAwait(false);
        }

        return await ExistsAsync(name, ct).ConfigureAwait(false) && await CommentAsync(name, ct).ConfigureAwait(false) is null;
    }

    private string LocaleOf(DatabaseProperties? wanted, string name, List<string> warnings)
    {
        if (wanted is null) return "";
        string text = $" ENCODING {Sql.Literal(wanted.Encoding)} LC_COLLATE {Sql.Literal(wanted.Collate)} LC_CTYPE {Sql.Literal(wanted.Ctype)}";
        switch (wanted.Provider)
        {
            case "i" when server.Major >= 15:
                return $"{text} LOCALE_PROVIDER icu ICU_LOCALE {Sql.Literal(wanted.Locale ?? "und")}";
            case "b" when server.Major >= 17:
                return $"{text} LOCALE_PROVIDER builtin BUILTIN_LOCALE {Sql.Literal(wanted.Locale ?? "C")}";
            case "c":
                return server.Major >= 15 ? $"{text} LOCALE_PROVIDER libc" : text;
            default:
                warnings.Add(Text.Of(RestoreTexts.ProviderMissing, name, wanted.Provider, server.Major));
                return text;
        }
    }
}
