using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>
/// Finds an entry of <c>pg_service.conf</c> where libpq looks for it: <c>PGSERVICEFILE</c>, the user's file, then the system's.
/// A password in it is honoured, as libpq does: the file belongs to the operator and is not part of the plan.
/// </summary>
internal static class ServiceFile
{
    /// <summary>Reads one entry.</summary>
    /// <returns>The settings, and the password when the file holds one.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: no such entry; names the files looked at.</exception>
    public static (ConnectionSettings Settings, Secret? Password) Read(string service)
    {
        var looked = new List<string>();
        foreach (string path in Candidates())
        {
            looked.Add(path);
            if (File.Exists(path) && Find(File.ReadLines(path), service) is { } found) return found;
        }

        throw new DrpException(DrpError.PlanInvalid, Text.Of(PostgreSqlTexts.ServiceMissing, service, string.Join(", ", looked))) { Hint = PostgreSqlTexts.ServiceHint };
    }

    /// <summary>Finds an entry in the lines of a file; null when it is not there.</summary>
    public static (ConnectionSettings Settings, Secret? Password)? Find(IEnumerable<string> lines, string service)
    {
        ConnectionSettings? settings = null;
        Secret? password = null;
        foreach (string raw in lines)
        {
            string line = raw.Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (line[0] == '[')
            {
                if (settings is not null) break;
                if (line == $"[{service}]") settings = new ConnectionSettings();
                continue;
            }

            int equal = line.IndexOf('=', StringComparison.Ordinal);
            if (settings is null || equal < 0) continue;
            string keyword = line[..equal].Trim(), value = line[(equal + 1)..].Trim();
            if (keyword == "password") password = new Secret(value);
            else if (ConnectionSettings.IsKnown(keyword)) settings[keyword] = value;
        }

        return settings is null ? null : (settings, password);
    }

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable("PGSERVICEFILE") is { Length: > 0 } given) yield return given;
        yield return OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "postgresql", ".pg_service.conf")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".pg_service.conf");
        if (Environment.GetEnvironmentVariable("PGSYSCONFDIR") is { Length: > 0 } system) yield return Path.Combine(system, "pg_service.conf");
        if (OperatingSystem.IsWindows()) yield break;
        yield return "/etc/postgresql-common/pg_service.conf";
        yield return "/etc/pg_service.conf";
        yield return "/etc/sysconfig/pgsql/pg_service.conf";
    }
}
