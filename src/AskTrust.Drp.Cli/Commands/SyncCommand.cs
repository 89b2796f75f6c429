using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp sync</c>: copies what repositories lack.</summary>
internal static class SyncCommand
{
    public static Command Build()
    {
        var repositories = Options.Repositories();
        var from = new Option<string?>("--from") { Description = CliTexts.OptionFrom, HelpName = "NAME" };
        from.CompletionSources.Add(Completion.PlanNames.Repositories);
        var dryRun = Options.DryRun();
        var command = new Command("sync", CliTexts.CommandSync) { repositories, from, dryRun };
        var filter = new FilterOptions(command, repository: false);
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new SyncOptions { Repositories = run.Get(repositories)!, From = run.Get(from), Filter = filter.Read(run), DryRun = run.Get(dryRun) };
            var results = new List<SyncResult>();
            await foreach (var result in session.SyncAsync(options, ct))
            {
                results.Add(result);
                run.Emit("sync", result, () => Show.Sync(Console.Out, run.Paint, result));
            }

            if (results.Count == 0 && !run.Quiet) run.Say(CliTexts.NothingToCopy);
            return ExitCodes.Of(results);
        }));
        return command;
    }
}
