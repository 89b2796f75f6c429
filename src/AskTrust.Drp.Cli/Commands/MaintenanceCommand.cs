using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp maintenance</c>: what visitors see while a restore runs.</summary>
internal static class MaintenanceCommand
{
    public static Command Build() => new("maintenance", CliTexts.CommandMaintenance) { Switch("on", CliTexts.CommandMaintenanceOn), Switch("off", CliTexts.CommandMaintenanceOff), Status(), Serve() };

    private static Command Switch(string name, string description)
    {
        var reason = new Option<string?>("--reason") { Description = CliTexts.OptionReason, HelpName = "TEXT" };
        var dryRun = Options.DryRun();
        var command = new Command(name, description) { reason, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new MaintenanceOptions { Reason = run.Get(reason), DryRun = run.Get(dryRun) };
            var report = name == "on" ? await session.EnableMaintenanceAsync(options, ct) : await session.DisableMaintenanceAsync(options, ct);
            run.Emit(name == "on" ? "maintenanceOn" : "maintenanceOff", report, () => ShowMaintenance.Report(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }

    private static Command Status()
    {
        var command = new Command("status", CliTexts.CommandMaintenanceStatus);
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var status = await session.MaintenanceAsync(ct);
            run.Emit("maintenance", status, () => ShowMaintenance.Status(Console.Out, run.Paint, status));
            return status.Problem is null ? DrpError.None : DrpError.Incomplete;
        }));
        return command;
    }

    private static Command Serve()
    {
        var listen = new Option<string>("--listen") { Description = CliTexts.OptionListen, HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:8087" };
        var command = new Command("serve", CliTexts.CommandMaintenanceServe) { listen };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            await session.ServeMaintenanceAsync(run.Get(listen)!, () => run.Say(Text.Of(CliTexts.MaintenanceServing, run.Get(listen))), ct);
            return DrpError.None;
        }));
        return command;
    }
}
