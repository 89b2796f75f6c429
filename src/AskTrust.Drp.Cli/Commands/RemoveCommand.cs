using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp remove</c>: deletes sets by name, after a question.</summary>
internal static class RemoveCommand
{
    public static Command Build()
    {
        var sets = Options.Sets(CliTexts.ArgumentExactSets, ArgumentArity.OneOrMore);
        var repositories = Options.Repositories();
        var force = new Option<bool>("--force") { Description = CliTexts.OptionForceRemove };
        var dryRun = Options.DryRun();
        var command = new Command("remove", CliTexts.CommandRemove) { sets, repositories, force, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new RemoveOptions { Ids = run.Get(sets)!, Repositories = run.Get(repositories)!, Force = run.Get(force), DryRun = run.Get(dryRun) };
            if (!options.DryRun) await Question.ConfirmAsync(run, Text.Of(CliTexts.RemoveQuestion, string.Join(", ", options.Ids)), ct);
            var decisions = new List<RetentionDecision>();
            await foreach (var decision in session.RemoveAsync(options, ct))
            {
                decisions.Add(decision);
                run.Emit("removal", decision, () => Show.Decision(Console.Out, run.Paint, decision));
            }

            if (decisions.Count == 0) throw FilterOptions.NothingFits();
            return ExitCodes.OfRemoval(decisions);
        }));
        return command;
    }
}
