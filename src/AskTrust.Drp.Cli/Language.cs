using System.Globalization;

namespace AskTrust.Drp.Cli;

/// <summary>Which language drp speaks: <c>--lang</c>, else LC_ALL, LC_MESSAGES, LANG in POSIX' order, else English.</summary>
internal static class Language
{
    /// <summary>The languages we have.</summary>
    public static readonly string[] Known = ["en", "fr"];

    /// <summary>Sets the language of texts. Numbers and dates keep the invariant culture: what drp prints does not change with the machine.</summary>
    public static void Choose(IReadOnlyList<string> args)
    {
        var culture = CultureInfo.GetCultureInfo(Pick(args, Environment.GetEnvironmentVariable));
        CultureInfo.CurrentUICulture = culture;
        CultureInfo.DefaultThreadCurrentUICulture = culture;
    }

    /// <summary>The language code; the option is looked for before parsing, because the help texts depend on it.</summary>
    internal static string Pick(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        for (int i = 0; i < args.Count && args[i] != "--"; i++)
        {
            string? given = args[i].StartsWith("--lang=", StringComparison.Ordinal) || args[i].StartsWith("--lang:", StringComparison.Ordinal) ? args[i][7..]
                : args[i] == "--lang" && i + 1 < args.Count ? args[i + 1] : null;
            if (given is not null && Known.Contains(given, StringComparer.OrdinalIgnoreCase)) return given.ToLowerInvariant();
        }

        foreach (string name in (string[])["LC_ALL", "LC_MESSAGES", "LANG"])
        {
            // The first that is set decides, even when we do not speak it.
            if (environment(name) is { Length: > 0 } value) return value.StartsWith("fr", StringComparison.OrdinalIgnoreCase) ? "fr" : "en";
        }

        return "en";
    }
}
