using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Plan.Values;

/// <summary>What a PostgreSQL connection URL holds, as far as the plan needs to know. The URL itself goes to libpq as it is.</summary>
/// <param name="User">User, when named.</param>
/// <param name="Hosts">Host list as written, ports included; empty for a socket.</param>
/// <param name="Database">Database, when named.</param>
/// <param name="Query">Parameters as written, without the question mark.</param>
internal sealed partial record ConnectionUrl(string? User, string Hosts, string? Database, string Query)
{
    /// <summary>Parameters whose value is a secret.</summary>
    private static readonly string[] s_secretParameters = ["password", "sslpassword", "oauth_client_secret"];

    /// <summary>Reads one; the password is refused before anything else is looked at.</summary>
    /// <param name="text">The URL.</param>
    /// <param name="password">The password found in it; never to be shown.</param>
    /// <returns>Null when it is no such URL. With a password in it, the record has none.</returns>
    public static ConnectionUrl? Parse(string text, out string? password)
    {
        password = null;
        var match = Shape().Match(text);
        if (!match.Success) return null;
        string rest = match.Groups["rest"].Value;
        int question = rest.IndexOf('?', StringComparison.Ordinal);
        // Where somebody did not escape them, “/”, “?” and “@” may stand inside a password: the last “@” ends the user part.
        int at = rest.LastIndexOf('@', question < 0 || rest.LastIndexOf('@', question) < 0 ? rest.Length - 1 : question);
        if (at >= 0 && !rest[..at].Contains(':', StringComparison.Ordinal)) at = rest.LastIndexOf('@', rest.AsSpan().IndexOfAny('/', '?') is >= 0 and var end ? end : rest.Length - 1);
        string userInfo = at < 0 ? "" : rest[..at];
        string location = rest[(at + 1)..];
        int colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0) password = Uri.UnescapeDataString(userInfo[(colon + 1)..]);
        question = location.IndexOf('?', StringComparison.Ordinal);
        string query = question < 0 ? "" : location[(question + 1)..];
        List<string> kept = [];
        foreach (string parameter in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = parameter.Split('=', 2);
            if (s_secretParameters.Contains(Uri.UnescapeDataString(pair[0]).Trim(), StringComparer.OrdinalIgnoreCase))
            {
                password = Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? "");
            }
            else
            {
                kept.Add(parameter);
            }
        }

        string place = question < 0 ? location : location[..question];
        int slash = place.IndexOf('/', StringComparison.Ordinal);
        string hosts = slash < 0 ? place : place[..slash];
        if (!Hosts_().IsMatch(hosts)) return null;
        return new ConnectionUrl(
            Named(colon < 0 ? userInfo : userInfo[..colon]), hosts, Named(slash < 0 ? "" : place[(slash + 1)..]), string.Join('&', kept));
    }

    /// <summary>The URL without a password.</summary>
    public override string ToString() =>
        $"postgresql://{(User is null ? "" : Uri.EscapeDataString(User) + "@")}{Hosts}/{(Database is null ? "" : Uri.EscapeDataString(Database))}{(Query.Length == 0 ? "" : "?" + Query)}";

    private static string? Named(string part) => part.Length == 0 ? null : Uri.UnescapeDataString(part);

    [GeneratedRegex(@"^postgres(?:ql)?://(?<rest>[^\s\p{C}]*)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Shape();

    [GeneratedRegex(@"^(?:(?:\[[0-9A-Fa-f:.%a-z]+\]|[A-Za-z0-9._%~-]*)(?::[0-9]{1,5})?)(?:,(?:\[[0-9A-Fa-f:.%a-z]+\]|[A-Za-z0-9._%~-]*)(?::[0-9]{1,5})?)*\z", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Hosts_();
}
