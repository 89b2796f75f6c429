using System.CommandLine;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp pin</c>: keeps sets from retention, or lets it have them again.</summary>
internal static class PinCommand
{
    public static Command Build()
    {
        var sets = Options.Sets(CliTexts.ArgumentExactSets, ArgumentArity.OneOrMore);
        var lift = new Option<bool>("--lift") { Description = CliTexts.OptionLift };
        var reason = new Option<string?>("--reason") { Description = CliTexts.OptionReason, HelpName = "TEXT" };
        var dryRun = Options.DryRun();
        var command = new Command("pin", CliTexts.CommandPin) { sets, lift, reason, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new PinOptions { Ids = run.Get(sets)!, Pinned = !run.Get(lift), Reason = run.Get(reason), DryRun = run.Get(dryRun) };
            await foreach (var set in session.PinAsync(options, ct))
            {
                run.Emit("backupSet", set, () => Console.Out.WriteLine(Text.Of(set.Pinned ? CliTexts.NowPinned : CliTexts.NowUnpinned, set.Id)));
            }

            return DrpError.None;
        }));
        return command;
    }
}
