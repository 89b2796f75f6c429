using System.CommandLine;

namespace AskTrust.Drp.Cli.Commands;

/// <summary>The conditions that name sets, shared by list, verify and sync.</summary>
internal sealed class FilterOptions
{
    private readonly Argument<string[]> _sets = Options.Sets(CliTexts.ArgumentSets, ArgumentArity.ZeroOrMore);
    private readonly Option<string?> _component = Options.Component();
    private readonly Option<string?>? _repository;
    private readonly Option<string?> _kind = new Option<string?>("--kind") { Description = CliTexts.OptionKind }.AcceptOnlyFromAmong("full", "incremental", "base", "safety");
    private readonly Option<DateTimeOffset?> _before = Options.Moment("--before", CliTexts.OptionBefore);
    private readonly Option<DateTimeOffset?> _after = Options.Moment("--after", CliTexts.OptionAfter);
    private readonly Option<bool> _proven = new("--proven") { Description = CliTexts.OptionProven };
    private readonly Option<bool> _unproven = new("--unproven") { Description = CliTexts.OptionUnproven };
    private readonly Option<bool> _latest = new("--latest") { Description = CliTexts.OptionLatest };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="repository">False where <c>--repository</c> means something else.</param>
    public FilterOptions(Command command, bool repository = true)
    {
        command.Arguments.Add(_sets);
        if (repository) command.Options.Add(_repository = Options.Repository());
        foreach (var option in (Option[])[_component, _kind, _before, _after, _proven, _unproven, _latest]) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_proven) is not null && result.GetResult(_unproven) is not null) result.AddError(Text.Of(CliTexts.NotTogether, "--proven", "--unproven"));
        });
    }

    /// <summary>The filter of a command line.</summary>
    public BackupFilter Read(Run run) => new()
    {
        Ids = run.Get(_sets)!,
        Component = run.Get(_component),
        Repository = _repository is null ? null : run.Get(_repository),
        Kind = run.Get(_kind),
        Before = run.Get(_before),
        After = run.Get(_after),
        Proven = run.Get(_proven) ? true : run.Get(_unproven) ? false : null,
        Latest = run.Get(_latest),
    };

    /// <summary>True when sets were asked for by their very id, so that finding none is an error.</summary>
    public static bool Exact(BackupFilter filter) => filter.Ids.Any(i => !i.Contains('*', StringComparison.Ordinal) && !i.Contains('?', StringComparison.Ordinal));

    /// <summary>The error when nothing fits.</summary>
    public static DrpException NothingFits() => new(DrpError.RepositoryMissing, CliTexts.NoSetFits) { Hint = CliTexts.NoSetFitsHint };
}
