using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp pitr enable</c> and <c>disable</c>: makes a server ready, and takes that back.</summary>
internal static class EnableCommand
{
    public static Command Enable()
    {
        var component = Options.Component();
        var restart = new Option<bool>("--restart") { Description = CliTexts.OptionEnableRestart };
        var hba = new Option<bool>("--hba") { Description = CliTexts.OptionEnableHba };
        var (url, password) = Admin();
        var dryRun = Options.DryRun();
        var command = new Command("enable", CliTexts.CommandPitrEnable) { component, restart, hba, url, password, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var report = await session.EnablePointInTimeAsync(
                new EnableOptions { Component = run.Get(component), Restart = run.Get(restart), Hba = run.Get(hba), AdminUrl = run.Get(url), AdminPassword = run.Get(password), DryRun = run.Get(dryRun) }, ct);
            run.Emit("pitrEnable", report, () => ShowService.PointInTime(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }

    public static Command Disable()
    {
        var component = Options.Component();
        var force = new Option<bool>("--force") { Description = CliTexts.OptionDisableForce };
        var (url, password) = Admin();
        var dryRun = Options.DryRun();
        var command = new Command("disable", CliTexts.CommandPitrDisable) { component, force, url, password, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new DisableOptions { Component = run.Get(component), Force = run.Get(force), AdminUrl = run.Get(url), AdminPassword = run.Get(password), DryRun = run.Get(dryRun) };
            if (!options.DryRun) await Question.ConfirmAsync(run, Text.Of(CliTexts.DisableQuestion, options.Component ?? CliTexts.TheServer), ct);
            var report = await session.DisablePointInTimeAsync(options, ct);
            run.Emit("pitrDisable", report, () => ShowService.PointInTime(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }

    private static (Option<string?> Url, Option<SecretReference?> Password) Admin() =>
        (new Option<string?>("--admin-url") { Description = CliTexts.OptionAdminUrl, HelpName = "URL" }, Options.Reference("--admin-password", CliTexts.OptionAdminPassword));
}
