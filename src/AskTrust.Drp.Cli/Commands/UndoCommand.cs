using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp undo</c>: takes a restore back.</summary>
internal static class UndoCommand
{
    public static Command Build()
    {
        var id = new Argument<string?>("RESTORE") { Description = CliTexts.ArgumentRestore, Arity = ArgumentArity.ZeroOrOne };
        var dryRun = Options.DryRun();
        var command = new Command("undo", CliTexts.CommandUndo) { id, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var report = await session.UndoAsync(new UndoOptions { RestoreId = run.Get(id), Confirmed = run.Yes, DryRun = run.Get(dryRun) }, ct);
            run.Emit("undo", report, () => Show.Restore(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }
}
