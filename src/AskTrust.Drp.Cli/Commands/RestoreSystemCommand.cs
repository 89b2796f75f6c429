using System.CommandLine;
using AskTrust.Drp.Cli.Completion;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp restore-system</c>: everything the plan protects.</summary>
internal static class RestoreSystemCommand
{
    public static Command Build()
    {
        var set = Options.Set();
        var from = new Option<string?>("--from") { Description = CliTexts.OptionFromSet, HelpName = "PATH" };
        var repository = Options.Repository();
        var only = Names("--only", CliTexts.OptionOnly);
        var except = Names("--except", CliTexts.OptionExcept);
        var project = Options.Project();
        var file = new Option<string?>("--compose-file") { Description = CliTexts.OptionComposeFile, HelpName = "FILE" };
        var noStop = new Option<bool>("--no-stop") { Description = CliTexts.OptionNoStop };
        var noStart = new Option<bool>("--no-start") { Description = CliTexts.OptionNoStart };
        var force = new Option<bool>("--force") { Description = CliTexts.OptionForceSystem };
        var noSafety = new Option<string?>("--no-safety") { Description = CliTexts.OptionNoSafety, HelpName = "REASON" };
        var stop = Options.StopTimeout();
        var health = Options.HealthTimeout();
        var resume = new Option<bool>("--resume") { Description = CliTexts.OptionResume };
        var undo = new Option<string?>("--undo") { Description = CliTexts.OptionUndoSystem, HelpName = "ID", Arity = ArgumentArity.ZeroOrOne };
        var dryRun = Options.DryRun();
        var command = new Command("restore-system", CliTexts.CommandRestoreSystem) { set, from, repository, only, except, project, file, noStop, noStart, force, noSafety, stop, health, resume, undo, dryRun };
        command.Validators.Add(result =>
        {
            if (result.GetResult(set) is { Tokens.Count: > 0 } && result.GetResult(from) is not null) result.AddError(Text.Of(CliTexts.NotTogether, "SET", "--from"));
            if (result.GetResult(resume) is not null && result.GetResult(undo) is not null) result.AddError(Text.Of(CliTexts.NotTogether, "--resume", "--undo"));
            if (result.GetResult(noSafety) is { Tokens: [var reason] } && string.IsNullOrWhiteSpace(reason.Value)) result.AddError(CliTexts.ReasonEmpty);
        });
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new SystemRestoreOptions
            {
                Id = run.Get(set) ?? "latest", Path = run.Get(from), Repository = run.Get(repository), Only = run.Get(only)!, Except = run.Get(except)!, Project = run.Get(project),
                ComposeFile = run.Get(file), NoStop = run.Get(noStop), NoStart = run.Get(noStart), NoSafetyReason = run.Get(noSafety), Confirmed = run.Yes || run.Get(force), DryRun = run.Get(dryRun),
            };
            options = options with { StopTimeout = run.Get(stop) ?? options.StopTimeout, HealthTimeout = run.Get(health) ?? options.HealthTimeout };
            var report = run.Has(undo) ? await session.UndoSystemAsync(run.Get(undo), options.DryRun, ct)
                : run.Get(resume) ? await session.ResumeSystemAsync(options.DryRun, ct)
                : await session.RestoreSystemAsync(options, ct);
            run.Emit("systemRestore", report, () => ShowStack.Restore(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }

    private static Option<string[]> Names(string name, string description)
    {
        var option = new Option<string[]>(name) { Description = description, HelpName = "NAME|TYPE", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        option.CompletionSources.Add(PlanNames.Components);
        return option;
    }
}
