using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp verify</c>.</summary>
internal static class VerifyCommand
{
    public static Command Build()
    {
        var depth = Options.Named(new Option<VerificationDepth>("--depth", "-d") { Description = CliTexts.OptionDepth, DefaultValueFactory = _ => VerificationDepth.Content }, "present", "content", "archive");
        var newOnly = new Option<bool>("--new-only") { Description = CliTexts.OptionNewOnly };
        var command = new Command("verify", CliTexts.CommandVerify);
        var filter = new FilterOptions(command);
        command.Options.Add(depth);
        command.Options.Add(newOnly);
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var results = new List<VerificationResult>();
            var options = new VerifyOptions { Filter = filter.Read(run), Depth = run.Get(depth), NewOnly = run.Get(newOnly) };
            await foreach (var result in session.VerifyAsync(options, ct))
            {
                results.Add(result);
                run.Emit("verification", result, () => Show.Verification(Console.Out, run.Paint, result));
            }

            if (results.Count == 0) throw FilterOptions.NothingFits();
            return ExitCodes.Of(results);
        }));
        return command;
    }
}
