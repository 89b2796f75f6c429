using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp damage</c>: what is wrong, and how to recover.</summary>
internal static class DamageCommand
{
    public static Command Build()
    {
        var components = Options.Components();
        var noSearch = new Option<bool>("--no-search") { Description = CliTexts.OptionNoSearch };
        var command = new Command("damage", CliTexts.CommandDamage) { components, noSearch };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var report = await session.AssessDamageAsync(new DamageOptions { Components = run.Get(components)!, NoSearch = run.Get(noSearch) }, ct);
            run.Emit("damage", report, () => ShowDamage.Report(Console.Out, run.Paint, report));
            return ExitCodes.Of(report);
        }));
        return command;
    }
}
