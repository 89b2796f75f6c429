using System.CommandLine;

namespace AskTrust.Drp.Cli;

/// <summary>Options that every command takes.</summary>
internal static class GlobalOptions
{
    /// <summary><c>--plan</c>.</summary>
    public static readonly Option<string?> Plan = new("--plan", "-p") { Description = CliTexts.OptionPlan, HelpName = "FILE", Recursive = true };

    /// <summary><c>--json</c>.</summary>
    public static readonly Option<bool> Json = new("--json") { Description = CliTexts.OptionJson, Recursive = true };

    /// <summary><c>--lang</c>; taken by <see cref="Language"/>, here only for help and checking.</summary>
    public static readonly Option<string?> Lang = new Option<string?>("--lang") { Description = CliTexts.OptionLang, HelpName = "en|fr", Recursive = true }.AcceptOnlyFromAmong(Language.Known);

    /// <summary><c>--verbose</c>.</summary>
    public static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = CliTexts.OptionVerbose, Recursive = true };

    /// <summary><c>--quiet</c>.</summary>
    public static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = CliTexts.OptionQuiet, Recursive = true };

    /// <summary><c>--yes</c>.</summary>
    public static readonly Option<bool> Yes = new("--yes", "-y") { Description = CliTexts.OptionYes, Recursive = true };

    /// <summary><c>--no-color</c>.</summary>
    public static readonly Option<bool> NoColor = new("--no-color") { Description = CliTexts.OptionNoColor, Recursive = true };

    /// <summary>All of them.</summary>
    public static readonly Option[] All = [Plan, Json, Lang, Verbose, Quiet, Yes, NoColor];

    /// <summary>The plan to work on: the option, else <c>DRP_PLAN</c>, else <c>drp.yaml</c> here.</summary>
    public static string PlanPath(ParseResult parsed) =>
        parsed.GetValue(Plan) ?? (Environment.GetEnvironmentVariable("DRP_PLAN") is { Length: > 0 } fromEnvironment ? fromEnvironment : "drp.yaml");
}
