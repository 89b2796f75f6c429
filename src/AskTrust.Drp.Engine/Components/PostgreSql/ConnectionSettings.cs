using System.Globalization;
using AskTrust.Drp.Engine.Host;
using Npgsql;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>
/// libpq connection parameters by their keywords (<c>host</c>, <c>port</c>, <c>user</c>, <c>dbname</c>, <c>sslmode</c> …), never the password.
/// Handed to our own connections as Npgsql's settings and to PostgreSQL's programs as environment variables, so that both mean the same.
/// </summary>
internal sealed class ConnectionSettings
{
    /// <summary>Keywords that libpq also reads from the environment, and the variable of each.</summary>
    private static readonly Dictionary<string, string> s_variables = new(StringComparer.Ordinal)
    {
        ["host"] = "PGHOST", ["hostaddr"] = "PGHOSTADDR", ["port"] = "PGPORT", ["user"] = "PGUSER", ["dbname"] = "PGDATABASE",
        ["sslmode"] = "PGSSLMODE", ["sslrootcert"] = "PGSSLROOTCERT", ["sslcert"] = "PGSSLCERT", ["sslkey"] = "PGSSLKEY",
        ["sslcrl"] = "PGSSLCRL", ["sslcrldir"] = "PGSSLCRLDIR", ["sslsni"] = "PGSSLSNI", ["sslcompression"] = "PGSSLCOMPRESSION",
        ["ssl_min_protocol_version"] = "PGSSLMINPROTOCOLVERSION", ["ssl_max_protocol_version"] = "PGSSLMAXPROTOCOLVERSION",
        ["sslnegotiation"] = "PGSSLNEGOTIATION", ["sslcertmode"] = "PGSSLCERTMODE", ["channel_binding"] = "PGCHANNELBINDING",
        ["require_auth"] = "PGREQUIREAUTH", ["requirepeer"] = "PGREQUIREPEER", ["gssencmode"] = "PGGSSENCMODE", ["krbsrvname"] = "PGKRBSRVNAME",
        ["options"] = "PGOPTIONS", ["application_name"] = "PGAPPNAME", ["connect_timeout"] = "PGCONNECT_TIMEOUT", ["passfile"] = "PGPASSFILE",
        ["target_session_attrs"] = "PGTARGETSESSIONATTRS", ["load_balance_hosts"] = "PGLOADBALANCEHOSTS", ["client_encoding"] = "PGCLIENTENCODING",
    };

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>A parameter; null when not set.</summary>
    public string? this[string keyword]
    {
        get => _values.GetValueOrDefault(keyword);
        set
        {
            if (string.IsNullOrEmpty(value)) _values.Remove(keyword);
            else _values[keyword] = value;
        }
    }

    /// <summary>Every parameter that is set, by libpq's keywords.</summary>
    public IEnumerable<(string Keyword, string Value)> All => _values.Select(v => (v.Key, v.Value));

    /// <summary>True when the server runs on this machine: by socket, or by the loopback.</summary>
    public bool IsHere
    {
        get
        {
            string[] hosts = (this["hostaddr"] ?? this["host"] ?? "").Split(',');
            return Array.TrueForAll(hosts, h => h.StartsWith('/') || h == "localhost" || (System.Net.IPAddress.TryParse(h, out var address) && System.Net.IPAddress.IsLoopback(address)));
        }
    }

    /// <summary>True when libpq, and so every program we start, understands the keyword.</summary>
    public static bool IsKnown(string keyword) => s_variables.ContainsKey(keyword);

    /// <summary>Reads a connection URL; several hosts are allowed.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>; the message never repeats a password.</exception>
    public static ConnectionSettings Parse(string url)
    {
        string? rest = url.StartsWith("postgresql://", StringComparison.Ordinal) ? url[13..] : url.StartsWith("postgres://", StringComparison.Ordinal) ? url[11..] : null;
        if (rest is null) throw new DrpException(DrpError.PlanInvalid, Text.Of(PostgreSqlTexts.UrlScheme)) { Hint = PostgreSqlTexts.UrlHint };
        var settings = new ConnectionSettings();
        int query = rest.IndexOf('?', StringComparison.Ordinal);
        string parameters = query < 0 ? "" : rest[(query + 1)..];
        if (query >= 0) rest = rest[..query];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0) settings["dbname"] = Decode(rest[(slash + 1)..]);
        string authority = slash < 0 ? rest : rest[..slash];
        int at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            string user = authority[..at];
            if (user.Contains(':', StringComparison.Ordinal)) throw Password();
            settings["user"] = Decode(user);
        }

        settings.ReadHosts(authority[(at + 1)..]);
        foreach (string pair in parameters.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equal = pair.IndexOf('=', StringComparison.Ordinal);
            string keyword = Decode(equal < 0 ? pair : pair[..equal]);
            if (keyword is "password" or "sslpassword") throw Password();
            if (!IsKnown(keyword)) throw new DrpException(DrpError.PlanInvalid, Text.Of(PostgreSqlTexts.UrlParameter, keyword)) { Hint = PostgreSqlTexts.UrlHint };
            settings[keyword] = equal < 0 ? "" : Decode(pair[(equal + 1)..]);
        }

        return settings;
    }

    /// <summary>The environment in which PostgreSQL's programs reach the same server.</summary>
    public Dictionary<string, string?> ToEnvironment()
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["PGSERVICE"] = null };
        foreach (var (keyword, value) in _values) environment[s_variables[keyword]] = value;
        return environment;
    }

    /// <summary>Npgsql's settings for the same server: no pool, nothing cached, nothing secret.</summary>
    public NpgsqlConnectionStringBuilder ToNpgsql()
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = this["hostaddr"] ?? this["host"], Username = this["user"], Database = this["dbname"], Pooling = false, Enlist = false, CommandTimeout = 0,
            TcpKeepAlive = true,
        };
        if (this["port"] is { } ports)
        {
            string[] each = ports.Split(',');
            if (each.Length > 1) builder.Host = string.Join(',', builder.Host!.Split(',').Select((h, i) => $"{h}:{each[Math.Min(i, each.Length - 1)]}"));
            else builder.Port = int.Parse(ports, CultureInfo.InvariantCulture);
        }

        Set("sslmode", "SSL Mode", v => v.Replace("-", "", StringComparison.Ordinal));
        Set("sslrootcert", "Root Certificate");
        Set("sslcert", "SSL Certificate");
        Set("sslkey", "SSL Key");
        Set("sslnegotiation", "SSL Negotiation");
        Set("channel_binding", "Channel Binding");
        Set("gssencmode", "GSS Encryption Mode");
        Set("krbsrvname", "Kerberos Service Name");
        Set("require_auth", "Require Auth");
        Set("options", "Options");
        Set("application_name", "Application Name");
        Set("connect_timeout", "Timeout");
        Set("passfile", "Passfile");
        if (this["target_session_attrs"] is { } attributes && builder.Host!.Contains(',', StringComparison.Ordinal))
            builder.TargetSessionAttributes = attributes;
        return builder;

        void Set(string keyword, string name, Func<string, string>? translate = null)
        {
            if (this[keyword] is not { } value) return;
            try
            {
                builder[name] = translate is null ? value : translate(value);
            }
            catch (ArgumentException e)
            {
                throw new DrpException(DrpError.PlanInvalid, Text.Of(PostgreSqlTexts.ParameterValue, keyword, value), e) { Hint = PostgreSqlTexts.UrlHint };
            }
        }
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text);

    private static DrpException Password() => new(DrpError.PlanInvalid, PostgreSqlTexts.UrlPassword) { Hint = PostgreSqlTexts.UrlPasswordHint };

    private void ReadHosts(string hosts)
    {
        if (hosts.Length == 0) return;
        var names = new List<string>();
        var ports = new List<string>();
        foreach (string each in hosts.Split(','))
        {
            int bracket = each.LastIndexOf(']');
            int colon = each.IndexOf(':', Math.Max(bracket, 0));
            names.Add(Decode(colon < 0 ? each : each[..colon]).Trim('[', ']'));
            ports.Add(colon < 0 ? "" : each[(colon + 1)..]);
        }

        this["host"] = string.Join(',', names);
        string[] given = ports.Where(p => p.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        if (given.FirstOrDefault(p => !ushort.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out _)) is { } wrong)
            throw new DrpException(DrpError.PlanInvalid, Text.Of(PostgreSqlTexts.ParameterValue, "port", wrong)) { Hint = PostgreSqlTexts.UrlHint };
        if (given.Length > 0) this["port"] = names.Count == 1 ? given[0] : string.Join(',', ports.Select(p => p.Length == 0 ? "5432" : p));
    }
}
