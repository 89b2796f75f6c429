using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Pair;

/// <summary>How one server reaches the other: connection strings without a password, and the lines of the password file they name.</summary>
/// <param name="Streaming">For <c>primary_conninfo</c> and copies: the replication user.</param>
/// <param name="Superuser">For rewinds.</param>
/// <param name="StreamingPass">Line of the password file; null = no password.</param>
/// <param name="SuperuserPass">Line of the password file; null = no password.</param>
internal sealed record StreamConnection(ConnectionSettings Streaming, ConnectionSettings Superuser, string? StreamingPass, string? SuperuserPass)
{
    private static readonly string[] s_kept = ["host", "hostaddr", "port", "user", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslsni", "channel_binding", "gssencmode", "connect_timeout"];

    /// <summary>From the plan; resolves the passwords.</summary>
    public static async Task<StreamConnection> OfAsync(PairPlan pair, PairNodePlan primary, HostContext host, CancellationToken ct)
    {
        Secret? superuser = primary.Password is null ? null : await host.Secrets.ResolveAsync(primary.Password, ct).ConfigureAwait(false);
        SecretReference? own = pair.ReplicationPassword ?? (pair.ReplicationUser is null ? primary.Password : null);
        Secret? streaming = own is null ? null : await host.Secrets.ResolveAsync(own, ct).ConfigureAwait(false);
        ConnectionSettings forAll = ConnectionSettings.Parse(primary.Url), forStream = ConnectionSettings.Parse(primary.Url);
        foreach (ConnectionSettings settings in (ConnectionSettings[])[forAll, forStream])
        {
            settings["port"] ??= "5432";
            settings["user"] ??= "postgres";
        }

        if (pair.ReplicationUser is { } user) forStream["user"] = user;
        return new StreamConnection(forStream, forAll, Line(forStream, streaming), Line(forAll, superuser));
    }

    /// <summary>A connection string for a setting or a program.</summary>
    /// <param name="settings">The connection.</param>
    /// <param name="database">Database; null = none.</param>
    /// <param name="passFile">File with the password; null = none.</param>
    /// <param name="application">Name in the statistics of the other server; null = none.</param>
    public static string Text(ConnectionSettings settings, string? database, string? passFile, string? application)
    {
        IEnumerable<(string Key, string? Value)> parts = s_kept.Select(k => (k, settings[k])).Concat([("dbname", database), ("passfile", passFile), ("application_name", application)]);
        return string.Join(' ', parts.Where(p => p.Value is not null).Select(p => $"{p.Key}='{p.Value!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'"));
    }

    private static string? Line(ConnectionSettings settings, Secret? password)
    {
        if (password is null) return null;
        // Whatever host the connection names: the file belongs to this one connection.
        return $"*:{settings["port"]}:*:{Escaped(settings["user"]!)}:{Escaped(password.Reveal())}\n";

        static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
    }
}
