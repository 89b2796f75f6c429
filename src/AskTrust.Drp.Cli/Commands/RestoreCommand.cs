using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp restore</c>.</summary>
internal static class RestoreCommand
{
    public static Command Build()
    {
        var set = Options.Set();
        var file = new Option<string?>("--file", "-f") { Description = CliTexts.OptionFile, HelpName = "PATH" };
        var component = Options.Component();
        var repository = Options.Repository();
        var database = new Option<string?>("--database") { Description = CliTexts.OptionDatabase, HelpName = "NAME" };
        var url = new Option<string?>("--target-url") { Description = CliTexts.OptionTargetUrl, HelpName = "URL" };
        var password = Options.Reference("--target-password", CliTexts.OptionTargetPassword);
        var force = new Option<bool>("--force") { Description = CliTexts.OptionForceRestore };
        var ifEmpty = new Option<bool>("--if-empty") { Description = CliTexts.OptionIfEmpty };
        var globals = new Option<bool>("--globals") { Description = CliTexts.OptionGlobals };
        var jobs = Options.Parallel();
        var noSafety = new Option<string?>("--no-safety") { Description = CliTexts.OptionNoSafety, HelpName = "REASON" };
        var keepPrevious = new Option<bool>("--keep-previous") { Description = CliTexts.OptionKeepPrevious };
        var to = Options.Target();
        var dataDirectory = new Option<string?>("--data-directory", "-D") { Description = CliTexts.OptionDataDirectory, HelpName = "DIR" };
        var container = new Option<string?>("--container") { Description = CliTexts.OptionIntoContainer, HelpName = "NAME" };
        var service = new Option<string?>("--service") { Description = CliTexts.OptionIntoService, HelpName = "NAME" };
        var project = new Option<string?>("--project") { Description = CliTexts.OptionIntoProject, HelpName = "NAME" };
        var delta = new Option<bool>("--delta") { Description = CliTexts.OptionDelta };
        var exclusive = new Option<bool>("--exclusive") { Description = CliTexts.OptionExclusive };
        var timeline = new Option<uint?>("--timeline") { Description = CliTexts.OptionTimeline, HelpName = "N" };
        var spaces = new Option<string[]>("--tablespace") { Description = CliTexts.OptionTablespace, HelpName = "NAME=DIR", DefaultValueFactory = _ => [] };
        var start = new Option<bool>("--start") { Description = CliTexts.OptionStart };
        var dryRun = Options.DryRun();
        var command = new Command("restore", CliTexts.CommandRestore) { set, file, component, repository, database, url, password, force, ifEmpty, globals, jobs, noSafety, keepPrevious, to, dataDirectory, container, service, project, delta, exclusive, timeline, spaces, start, dryRun };
        command.Validators.Add(result =>
        {
            bool whole = result.GetResult(to) is not null;
            int places = new Option[] { dataDirectory, container, service }.Count(o => result.GetResult(o) is not null);
            if (places != (whole ? 1 : 0)) result.AddError(CliTexts.OnePlace);
            if (result.GetResult(project) is not null && result.GetResult(service) is null) result.AddError(Text.Of(CliTexts.OnlyWith, "--project", "--service"));
            if (result.GetResult(delta) is not null && result.GetResult(dataDirectory) is null) result.AddError(Text.Of(CliTexts.OnlyWith, "--delta", "--data-directory"));
            if (whole && result.GetResult(file) is not null) result.AddError(Text.Of(CliTexts.NotTogether, "--to", "--file"));
            foreach (var token in result.GetResult(spaces)?.Tokens ?? [])
            {
                if (token.Value.IndexOf('=', StringComparison.Ordinal) < 1) result.AddError(Text.Of(CliTexts.NotAMapping, token.Value));
            }

            if (!whole && result.GetResult(file) is null == result.GetResult(set) is not { Tokens.Count: > 0 }) result.AddError(Text.Of(CliTexts.ExactlyOne, "SET", "--file"));
            if (result.GetResult(noSafety) is { Tokens: [var reason] } && string.IsNullOrWhiteSpace(reason.Value)) result.AddError(CliTexts.ReasonEmpty);
        });
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new RestoreOptions
            {
                To = run.Get(to),
                DataDirectory = run.Get(dataDirectory),
                Container = run.Get(container),
                Service = run.Get(service),
                Project = run.Get(project),
                Delta = run.Get(delta),
                Exclusive = run.Get(exclusive),
                Timeline = run.Get(timeline),
                Tablespaces = run.Get(spaces)!.Select(s => s.Split('=', 2)).ToDictionary(s => s[0], s => s[1], StringComparer.Ordinal),
                Start = run.Get(start),
                Id = run.Get(file) is null ? run.Get(set) : null,
                Path = run.Get(file),
                Component = run.Get(component),
                Repository = run.Get(repository),
                Database = run.Get(database),
                TargetUrl = run.Get(url),
                TargetPassword = run.Get(password),
                Force = run.Get(force),
                IfEmpty = run.Get(ifEmpty),
                Globals = run.Get(globals),
                Jobs = run.Get(jobs),
                NoSafetyReason = run.Get(noSafety),
                Confirmed = run.Yes,
                KeepPrevious = run.Get(keepPrevious),
                DryRun = run.Get(dryRun),
            };
            var report = await session.RestoreAsync(options, ct);
            run.Emit("restore", report, () => Show.Restore(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }
}
