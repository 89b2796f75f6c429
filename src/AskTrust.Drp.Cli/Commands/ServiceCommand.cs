using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp service</c>: has a receiver run by systemd or Compose.</summary>
internal static class ServiceCommand
{
    /// <summary>This program; null when it runs inside another (<c>dotnet drp.dll</c>).</summary>
    public static string? OwnProgram => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "drp" ? path : null;

    public static Command Build() => new("service", CliTexts.CommandService) { Register(), Unregister(), List() };

    private static Command Register()
    {
        var component = Options.Component();
        var compose = new Option<bool>("--compose") { Description = CliTexts.OptionServiceCompose };
        var folder = Folder();
        var program = new Option<string?>("--program") { Description = CliTexts.OptionServiceProgram, HelpName = "PATH" };
        var user = new Option<string?>("--user") { Description = CliTexts.OptionServiceUser, HelpName = "NAME" };
        var credentials = new Option<string[]>("--credential") { Description = CliTexts.OptionServiceCredential, HelpName = "NAME=FILE", DefaultValueFactory = _ => [] };
        var start = new Option<bool>("--start") { Description = CliTexts.OptionServiceStart };
        var dryRun = Options.DryRun();
        var command = new Command("register", CliTexts.CommandServiceRegister) { component, compose, folder, program, user, credentials, start, dryRun };
        command.Validators.Add(result =>
        {
            foreach (var token in result.GetResult(credentials)?.Tokens ?? [])
            {
                if (token.Value.IndexOf('=', StringComparison.Ordinal) < 1) result.AddError(Text.Of(CliTexts.NotAMapping, token.Value));
            }
        });
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new ServiceOptions
            {
                Component = run.Get(component), Manager = Manager(run.Get(compose)), Folder = Full(run.Get(folder)), Program = run.Get(program) ?? OwnProgram, User = run.Get(user), Start = run.Get(start),
                Credentials = run.Get(credentials)!.Select(c => c.Split('=', 2)).ToDictionary(c => c[0], c => Path.GetFullPath(c[1]), StringComparer.Ordinal), DryRun = run.Get(dryRun),
            };
            var report = await session.RegisterServiceAsync(options, ct);
            run.Emit("serviceRegister", report, () => ShowService.Report(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }

    private static Command Unregister()
    {
        var component = Options.Component();
        var compose = new Option<bool>("--compose") { Description = CliTexts.OptionServiceCompose };
        var folder = Folder();
        var dryRun = Options.DryRun();
        var command = new Command("unregister", CliTexts.CommandServiceUnregister) { component, compose, folder, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new ServiceOptions { Component = run.Get(component), Manager = Manager(run.Get(compose)), Folder = Full(run.Get(folder)), DryRun = run.Get(dryRun) };
            var report = await session.UnregisterServiceAsync(options, ct);
            run.Emit("serviceUnregister", report, () => ShowService.Report(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }

    private static Command List()
    {
        var component = Options.Component();
        var folder = Folder();
        var command = new Command("list", CliTexts.CommandServiceList) { component, folder };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            await foreach (var service in session.ServicesAsync(run.Get(component), Full(run.Get(folder)), ct)) run.Emit("service", service, () => ShowService.Status(Console.Out, run.Paint, service));
            return DrpError.None;
        }));
        return command;
    }

    private static Option<string?> Folder() => new("--folder") { Description = CliTexts.OptionServiceFolder, HelpName = "DIR" };

    private static string? Full(string? folder) => folder is null ? null : Path.GetFullPath(folder);

    private static ServiceManager Manager(bool compose) => compose ? ServiceManager.Compose : ServiceManager.Systemd;
}
