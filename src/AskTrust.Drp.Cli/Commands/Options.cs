using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using AskTrust.Drp.Cli.Completion;

namespace AskTrust.Drp.Cli.Commands;

/// <summary>Options that several commands share, with their completion.</summary>
internal static class Options
{
    /// <summary><c>--component</c>, repeatable.</summary>
    public static Option<string[]> Components() => Completed(new Option<string[]>("--component", "-c") { Description = CliTexts.OptionComponents, HelpName = "NAME", DefaultValueFactory = _ => [] }, PlanNames.Components);

    /// <summary><c>--component</c>, one.</summary>
    public static Option<string?> Component() => Completed(new Option<string?>("--component", "-c") { Description = CliTexts.OptionComponent, HelpName = "NAME" }, PlanNames.Components);

    /// <summary><c>--repository</c>, repeatable.</summary>
    public static Option<string[]> Repositories() => Completed(new Option<string[]>("--repository", "-r") { Description = CliTexts.OptionRepositories, HelpName = "NAME", DefaultValueFactory = _ => [] }, PlanNames.Repositories);

    /// <summary><c>--repository</c>, one.</summary>
    public static Option<string?> Repository() => Completed(new Option<string?>("--repository", "-r") { Description = CliTexts.OptionRepository, HelpName = "NAME" }, PlanNames.Repositories);

    /// <summary><c>--job</c>.</summary>
    public static Option<string?> Job() => Completed(new Option<string?>("--job", "-j") { Description = CliTexts.OptionJob, HelpName = "NAME" }, PlanNames.Jobs);

    /// <summary><c>--dry-run</c>.</summary>
    public static Option<bool> DryRun() => new("--dry-run", "-n") { Description = CliTexts.OptionDryRun };

    /// <summary>Parallel jobs of pg_restore.</summary>
    public static Option<int> Parallel()
    {
        var option = new Option<int>("--jobs") { Description = CliTexts.OptionParallel, HelpName = "N" };
        option.Validators.Add(r => Range(r, 0, 64));
        return option;
    }

    /// <summary>Sets by id; patterns allowed.</summary>
    public static Argument<string[]> Sets(string description, ArgumentArity arity)
    {
        var argument = new Argument<string[]>("SET") { Description = description, Arity = arity, DefaultValueFactory = _ => [] };
        argument.CompletionSources.Add(PlanNames.Sets);
        // An option there is not is no set that there is not.
        argument.Validators.Add(r =>
        {
            if (r.Tokens.FirstOrDefault(t => t.Value.StartsWith('-')) is { } option) r.AddError(Text.Of(CliTexts.NoSuchOption, option.Value));
        });
        return argument;
    }

    /// <summary>One set by id, or <c>latest</c>.</summary>
    public static Argument<string?> Set()
    {
        var argument = new Argument<string?>("SET") { Description = CliTexts.ArgumentSet, Arity = ArgumentArity.ZeroOrOne };
        argument.CompletionSources.Add(PlanNames.Sets);
        return argument;
    }

    /// <summary>A moment: ISO 8601 (UTC unless it says otherwise), or a duration that means “ago”.</summary>
    public static Option<DateTimeOffset?> Moment(string name, string description) => new(name) { Description = description, HelpName = "TIME", CustomParser = ParseMoment };

    /// <summary>A duration.</summary>
    public static Option<TimeSpan?> Time(string name, string description) => new(name)
    {
        Description = description, HelpName = "TIME",
        CustomParser = r =>
        {
            if (Duration(r.Tokens[0].Value) is { } time) return time;
            r.AddError(Text.Of(CliTexts.NotADuration, r.Tokens[0].Value));
            return null;
        },
    };

    /// <summary>Where a secret is found.</summary>
    public static Option<SecretReference?> Reference(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "'${env:NAME}'",
        CustomParser = result =>
        {
            // The value is not repeated: it may be the password itself.
            if (!SecretReference.TryParse(result.Tokens[0].Value, out var reference)) result.AddError(CliTexts.NotAReference);
            return reference;
        },
    };

    /// <summary><c>--to</c>: what a recovery ends at.</summary>
    public static Option<RecoveryTarget?> Target() => new("--to")
    {
        Description = CliTexts.OptionTo,
        HelpName = "TARGET",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (Duration(text) is { } ago) return RecoveryTarget.At(TimeProvider.System.GetUtcNow() - ago);
            if (!RecoveryTarget.TryParse(text, out var target)) result.AddError(Text.Of(CliTexts.NotATarget, text));
            return target;
        },
    };

    /// <summary><c>--project</c>: a Compose project.</summary>
    public static Option<string?> Project() => new("--project", "-p") { Description = CliTexts.OptionProject, HelpName = "NAME" };

    /// <summary><c>--stop-timeout</c>.</summary>
    public static Option<TimeSpan?> StopTimeout() => Time("--stop-timeout", CliTexts.OptionStopTimeout);

    /// <summary><c>--health-timeout</c>.</summary>
    public static Option<TimeSpan?> HealthTimeout() => Time("--health-timeout", CliTexts.OptionServiceTimeout);

    /// <summary>Whole number between two bounds.</summary>
    public static void Range(OptionResult result, int least, int most)
    {
        if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && (value < least || value > most))
            result.AddError(Text.Of(CliTexts.OutOfRange, result.Option.Name, least, most));
    }

    /// <summary>Completes the names of an enumeration as they are written in the help: in lower case.</summary>
    public static Option<T> Named<T>(Option<T> option, params string[] names)
    {
        option.CompletionSources.Clear();
        option.CompletionSources.Add(names);
        option.HelpName = string.Join('|', names);
        return option;
    }

    /// <summary>A duration of digits and one unit: <c>30m 12h 7d 4w</c>.</summary>
    public static TimeSpan? Duration(string text)
    {
        if (text.EndsWith("ms", StringComparison.Ordinal)) return int.TryParse(text.AsSpan(0, text.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out int ms) ? TimeSpan.FromMilliseconds(ms) : null;
        if (text.Length < 2 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count > 100_000) return null;
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            'w' => TimeSpan.FromDays(count * 7),
            _ => null,
        };
    }

    private static DateTimeOffset? ParseMoment(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Duration(text) is { } ago) return TimeProvider.System.GetUtcNow() - ago;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment)) return moment;
        result.AddError(Text.Of(CliTexts.NotAMoment, text));
        return null;
    }

    private static Option<T> Completed<T>(Option<T> option, Func<System.CommandLine.Completions.CompletionContext, IEnumerable<System.CommandLine.Completions.CompletionItem>> source)
    {
        option.CompletionSources.Add(source);
        return option;
    }
}
