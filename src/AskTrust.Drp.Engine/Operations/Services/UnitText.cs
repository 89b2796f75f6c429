using System.Globalization;
using System.Text;

namespace AskTrust.Drp.Engine.Operations.Services;

/// <summary>How words stand in units of systemd, and what all our services have in common.</summary>
internal static class UnitText
{
    /// <summary>What a service that backs up never needs to do.</summary>
    public const string Hardening = """
        KillMode=mixed
        KillSignal=SIGTERM
        TimeoutStopSec=60
        UMask=0077
        NoNewPrivileges=yes
        ProtectSystem=full
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        LockPersonality=yes
        RestrictRealtime=yes
        SystemCallArchitectures=native

        """;

    /// <summary>Percent signs are specifiers to systemd everywhere.</summary>
    public static string Escape(string text) => text.Replace("%", "%%", StringComparison.Ordinal);

    /// <summary>One word in quotes.</summary>
    public static string Quote(string text) =>
        $"\"{Escape(text).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>A word of a command line: there, a dollar sign begins a variable.</summary>
    public static string Word(string text) => Quote(text).Replace("$", "$$", StringComparison.Ordinal);

    /// <summary>The word that was quoted.</summary>
    public static string Plain(string text) =>
        text.Replace("$$", "$", StringComparison.Ordinal).Replace("%%", "%", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);

    /// <summary>Where the state is, where secrets come from, and as whom it runs.</summary>
    /// <param name="state">State directory.</param>
    /// <param name="environmentFile">File of secrets.</param>
    /// <param name="variables">Variables the plan reads.</param>
    /// <param name="credentials">Credentials of systemd.</param>
    /// <param name="user">User; null = root.</param>
    public static string Surroundings(string state, string environmentFile, IReadOnlyList<string> variables, IReadOnlyDictionary<string, string> credentials, string? user)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            Environment={Quote("DRP_STATE=" + state)}
            # Secrets that the plan reads from the environment ({(variables.Count == 0 ? "none" : string.Join(", ", variables))}): one NAME=value in each line, for root's eyes only.
            EnvironmentFile=-{Escape(Path.GetFullPath(environmentFile))}

            """);
        foreach (var (name, file) in credentials) text.Append(CultureInfo.InvariantCulture, $"LoadCredential={name}:{Escape(file)}\n");
        if (user is not null) text.Append(CultureInfo.InvariantCulture, $"User={user}\n");
        return text.ToString();
    }

    /// <summary>What a unit that is there was registered with: program, user, credentials; null where there is none.</summary>
    /// <param name="unit">Path.</param>
    /// <param name="verb">What follows the program in its command line.</param>
    public static (string? Program, string? User, IReadOnlyDictionary<string, string> Credentials)? Read(string unit, string verb)
    {
        if (!File.Exists(unit)) return null;
        var credentials = new Dictionary<string, string>(StringComparer.Ordinal);
        string? program = null, user = null;
        foreach (string line in File.ReadLines(unit))
        {
            if (line.StartsWith("ExecStart=\"", StringComparison.Ordinal) && line.IndexOf("\" " + verb, StringComparison.Ordinal) is > 0 and var end) program = Plain(line[11..end]);
            else if (line.StartsWith("User=", StringComparison.Ordinal)) user = line[5..];
            else if (line.StartsWith("LoadCredential=", StringComparison.Ordinal) && line[15..].Split(':', 2) is [var name, var file]) credentials[name] = Plain(file);
        }

        return (program, user, credentials);
    }
}
