using System.CommandLine;

namespace AskTrust.Drp.Cli.Completion;

/// <summary>Finds what the last word of a half-typed command line may become.</summary>
internal static class Completer
{
    /// <summary>Completions of the last word.</summary>
    /// <param name="root">The command tree.</param>
    /// <param name="words">The words after <c>drp</c>; the last is the one being typed and may be empty.</param>
    public static IReadOnlyList<string> Complete(RootCommand root, IReadOnlyList<string> words)
    {
        try
        {
            string current = words.Count == 0 ? "" : words[^1];
            var parsed = root.Parse([.. words.SkipLast(1)]);
            var command = parsed.CommandResult.Command;
            // “--option=va” and the value after “--option” complete the option's value.
            int equals = current.StartsWith("--", StringComparison.Ordinal) ? current.IndexOf('=', StringComparison.Ordinal) : -1;
            string? optionName = equals > 0 ? current[..equals] : words.Count > 1 ? words[^2] : null;
            var option = optionName is null ? null : Options(parsed).FirstOrDefault(o => o.Name == optionName || o.Aliases.Contains(optionName));
            string prefix = equals > 0 ? current[..(equals + 1)] : "";
            string typed = current[prefix.Length..];
            var context = System.CommandLine.Completions.CompletionContext.Empty;
            if (option is not null && option.Arity.MinimumNumberOfValues > 0)
                return Fitting(Values(option, parsed).Select(v => prefix + v), prefix + typed);
            if (current.StartsWith('-')) return Fitting(Options(parsed).Where(o => !o.Hidden).Select(o => o.Name), current);
            var candidates = command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name).Concat(command.Arguments.SelectMany(a => PlanNames.WithPlan(parsed, () => a.GetCompletions(context).Select(c => c.Label))));
            return Fitting(candidates, current);
        }
#pragma warning disable CA1031 // A completion must never disturb the line being typed.
        catch (Exception)
#pragma warning restore CA1031
        {
            return [];
        }
    }

    private static IEnumerable<string> Values(Option option, ParseResult parsed) =>
        option == GlobalOptions.Plan ? [] : PlanNames.WithPlan(parsed, () => option.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty).Select(c => c.Label));

    private static IEnumerable<Option> Options(ParseResult parsed)
    {
        foreach (var option in parsed.CommandResult.Command.Options) yield return option;
        foreach (var option in parsed.RootCommandResult.Command.Options.Where(o => o.Recursive && parsed.CommandResult.Command != parsed.RootCommandResult.Command)) yield return option;
    }

    private static IReadOnlyList<string> Fitting(IEnumerable<string> candidates, string typed) =>
        [.. candidates.Where(c => c.StartsWith(typed, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
