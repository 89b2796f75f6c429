using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp kit</c>: what has to lie somewhere else than on the machine.</summary>
internal static class KitCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = CliTexts.ArgumentKitFolder };
        var secrets = new Option<bool>("--include-secrets") { Description = CliTexts.OptionIncludeSecrets };
        var dryRun = Options.DryRun();
        var command = new Command("export", CliTexts.CommandKitExport) { folder, secrets, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var report = await session.ExportKitAsync(new RecoveryKitOptions { Folder = run.Get(folder)!, IncludeSecrets = run.Get(secrets), DryRun = run.Get(dryRun) }, ct);
            run.Emit("recoveryKit", report, () => ShowStack.Kit(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return new Command("kit", CliTexts.CommandKit) { command };
    }
}
