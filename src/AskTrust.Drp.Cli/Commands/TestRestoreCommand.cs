using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp test-restore</c>: the proof.</summary>
internal static class TestRestoreCommand
{
    public static Command Build()
    {
        var set = Options.Set();
        var random = new Option<bool>("--random") { Description = CliTexts.OptionRandom };
        var named = Options.Components();
        var repository = Options.Repository();
        var where = Options.Named(new Option<RestoreTestWhere?>("--where") { Description = CliTexts.OptionWhere }, "auto", "cluster", "container");
        var control = new Option<bool>("--negative-control") { Description = CliTexts.OptionNegativeControl };
        var to = Options.Target();
        var jobs = Options.Parallel();
        var enforce = new Option<bool>("--enforce-objectives") { Description = CliTexts.OptionEnforce };
        var report = new Option<string?>("--report") { Description = CliTexts.OptionReport, HelpName = "DIR" };
        var formats = ReportOptionsSet.Formats();
        var command = new Command("test-restore", CliTexts.CommandTestRestore) { set, random, named, repository, where, to, control, jobs, enforce, report, formats };
        command.Validators.Add(result =>
        {
            if (result.GetResult(set) is { Tokens.Count: > 0 } && result.GetResult(random) is not null) result.AddError(Text.Of(CliTexts.NotTogether, "SET", "--random"));
        });
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var results = new List<RestoreTestResult>();
            // Without a name the engine takes the only component, or says which there are.
            string?[] components = run.Get(named) is { Length: > 0 } given ? [.. given] : [null];
            foreach (string? component in components)
            {
                var options = new RestoreTestOptions
                {
                    Id = run.Get(set) ?? "latest",
                    Random = run.Get(random),
                    Component = component,
                    Repository = run.Get(repository),
                    Where = run.Get(where),
                    To = run.Get(to),
                    NegativeControl = run.Get(control),
                    Jobs = run.Get(jobs),
                };
                var result = await session.TestRestoreAsync(options, ct);
                results.Add(result);
                run.Emit("restoreTest", result, () => Show.RestoreTest(Console.Out, run.Paint, result));
            }

            if (run.Get(report) is { } folder) await ReportOptionsSet.WriteAsync(run, results, folder, run.Get(formats)!, ct);
            return ExitCodes.Of(results, run.Get(enforce));
        }));
        return command;
    }
}
