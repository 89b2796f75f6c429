using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp config export</c>.</summary>
internal static class ConfigCommand
{
    public static Command Build() => new("config", CliTexts.CommandConfig) { Export() };

    private static Command Export()
    {
        var folder = new Argument<string>("FOLDER") { Description = CliTexts.ArgumentExport };
        var component = Options.Component();
        var force = new Option<bool>("--force") { Description = CliTexts.OptionForceMasked };
        var dryRun = Options.DryRun();
        var command = new Command("export", CliTexts.CommandConfigExport) { folder, component, force, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new ConfigExportOptions { Destination = run.Get(folder)!, Component = run.Get(component), Force = run.Get(force), DryRun = run.Get(dryRun) };
            bool unread = false;
            await foreach (var file in session.ExportConfigAsync(options, ct))
            {
                unread |= file.Problem is not null;
                run.Emit("maskedFile", file, () => ShowConfig.Masked(Console.Out, run.Paint, file));
            }

            return unread ? DrpError.Incomplete : DrpError.None;
        }));
        return command;
    }
}
