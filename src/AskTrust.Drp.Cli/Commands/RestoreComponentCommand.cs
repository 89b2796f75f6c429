using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp restore-component</c>.</summary>
internal static class RestoreComponentCommand
{
    public static Command Build()
    {
        var set = Options.Set();
        var file = new Option<string?>("--file", "-f") { Description = CliTexts.OptionFileOfComponent, HelpName = "PATH" };
        var component = Options.Component();
        var repository = Options.Repository();
        var destination = new Option<string?>("--destination", "-d") { Description = CliTexts.OptionDestination, HelpName = "DIR|VOLUME" };
        var include = new Option<string[]>("--include", "-i") { Description = CliTexts.OptionInclude, HelpName = "PATTERN", DefaultValueFactory = _ => [] };
        var force = new Option<bool>("--force") { Description = CliTexts.OptionForceFiles };
        var dryRun = Options.DryRun();
        var command = new Command("restore-component", CliTexts.CommandRestoreComponent) { set, file, component, repository, destination, include, force, dryRun };
        command.Validators.Add(result =>
        {
            if (result.GetResult(file) is not null && result.GetResult(set) is { Tokens.Count: > 0 }) result.AddError(Text.Of(CliTexts.NotTogether, "SET", "--file"));
        });
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new RestoreComponentOptions
            {
                Id = run.Get(set) ?? "latest",
                Path = run.Get(file) is { } path ? Path.GetFullPath(path) : null,
                Component = run.Get(component),
                Repository = run.Get(repository),
                Destination = run.Get(destination),
                Include = run.Get(include)!,
                Force = run.Get(force),
                Confirmed = run.Yes,
                DryRun = run.Get(dryRun),
            };
            var report = await session.RestoreComponentAsync(options, ct);
            run.Emit("restore", report, () => Show.Restore(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }
}
