using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp primary</c>: primary and standby change places.</summary>
internal static class PrimaryCommand
{
    public static Command Build() => new("primary", CliTexts.CommandPrimary) { Status(), Switch(), Rejoin(), Guard() };

    private static Command Status()
    {
        var component = Options.Component();
        var command = new Command("status", CliTexts.CommandPrimaryStatus) { component };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            bool failed = false;
            await foreach (var status in session.PrimaryAsync(run.Get(component), ct))
            {
                run.Emit("primary", status, () => ShowPrimary.Status(Console.Out, run.Paint, status));
                failed |= status.Verdict == CheckVerdict.Failed;
            }

            return failed ? DrpError.Failed : DrpError.None;
        }));
        return command;
    }

    private static Command Switch()
    {
        var component = Options.Component();
        var to = new Option<string?>("--to") { Description = CliTexts.OptionPrimaryTo, HelpName = "NODE" };
        var loss = new Option<bool>("--allow-data-loss") { Description = CliTexts.OptionAllowDataLoss };
        var unfenced = new Option<string?>("--unfenced") { Description = CliTexts.OptionUnfenced, HelpName = "REASON" };
        var leave = new Option<bool>("--leave-old") { Description = CliTexts.OptionLeaveOld };
        var reseed = Reseed();
        var abort = new Option<bool>("--abort") { Description = CliTexts.OptionAbort };
        var dryRun = Options.DryRun();
        var command = new Command("switch", CliTexts.CommandPrimarySwitch) { component, to, loss, unfenced, leave, reseed, abort, dryRun };
        command.Validators.Add(result =>
        {
            if (result.GetResult(unfenced) is { Tokens: [var reason] } && string.IsNullOrWhiteSpace(reason.Value)) result.AddError(CliTexts.ReasonEmpty);
            if (result.GetResult(unfenced) is not null && result.GetResult(loss) is null) result.AddError(Text.Of(CliTexts.NeedsToo, "--unfenced", "--allow-data-loss"));
            if (result.GetResult(leave) is not null && result.GetResult(reseed) is not null) result.AddError(Text.Of(CliTexts.NotTogether, "--leave-old", "--reseed"));
        });
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var report = await session.SwitchPrimaryAsync(
                new PrimarySwitchOptions
                {
                    Component = run.Get(component), To = run.Get(to), AllowDataLoss = run.Get(loss), UnfencedReason = run.Get(unfenced), LeaveOld = run.Get(leave), Reseed = run.Get(reseed),
                    Abort = run.Get(abort), Confirmed = run.Yes, DryRun = run.Get(dryRun),
                }, ct);
            run.Emit("primarySwitch", report, () => ShowPrimary.Switch(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }

    private static Command Rejoin()
    {
        var node = new Argument<string?>("NODE") { Description = CliTexts.ArgumentRejoin, Arity = ArgumentArity.ZeroOrOne };
        var component = Options.Component();
        var reseed = Reseed();
        var dryRun = Options.DryRun();
        var command = new Command("rejoin", CliTexts.CommandPrimaryRejoin) { node, component, reseed, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var report = await session.RepairStandbyAsync(
                new StandbyRepairOptions { Component = run.Get(component), Node = run.Get(node), Reseed = run.Get(reseed), Confirmed = run.Yes, DryRun = run.Get(dryRun) }, ct);
            run.Emit("standbyRepair", report, () => ShowPrimary.Repair(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }

    private static Command Guard()
    {
        var node = new Argument<string>("NODE") { Description = CliTexts.ArgumentGuard };
        var component = Options.Component();
        var command = new Command("guard", CliTexts.CommandPrimaryGuard) { node, component };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            await session.GuardPrimaryAsync(run.Get(node)!, run.Get(component), ct);
            return DrpError.None;
        }));
        return command;
    }

    private static Option<bool> Reseed() => new("--reseed") { Description = CliTexts.OptionReseed };
}
