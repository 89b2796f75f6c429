using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp repair</c>: checks a database and rebuilds broken indexes.</summary>
internal static class RepairCommand
{
    public static Command Build()
    {
        var component = Options.Component();
        var database = new Option<string?>("--database") { Description = CliTexts.OptionRepairDatabase, HelpName = "NAME" };
        var all = new Option<bool>("--all") { Description = CliTexts.OptionRepairAll };
        var noAnalyze = new Option<bool>("--no-analyze") { Description = CliTexts.OptionNoAnalyze };
        var dryRun = Options.DryRun();
        var command = new Command("repair", CliTexts.CommandRepair) { component, database, all, noAnalyze, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var report = await session.RepairAsync(
                new RepairOptions
                {
                    Component = run.Get(component), Database = run.Get(database), All = run.Get(all), NoAnalyze = run.Get(noAnalyze), Confirmed = run.Yes, DryRun = run.Get(dryRun),
                }, ct);
            run.Emit("repair", report, () => ShowRepair.Report(Console.Out, run.Paint, report));
            return ExitCodes.Of(report);
        }));
        return command;
    }
}
