using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp restart</c>: services of a Compose project.</summary>
internal static class RestartCommand
{
    public static Command Build()
    {
        var services = new Argument<string[]>("SERVICE") { Description = CliTexts.ArgumentServices, Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
        var project = Options.Project();
        var dependents = new Option<bool>("--with-dependents") { Description = CliTexts.OptionDependents };
        var stop = Options.StopTimeout();
        var health = Options.HealthTimeout();
        var dryRun = Options.DryRun();
        var command = new Command("restart", CliTexts.CommandRestart) { services, project, dependents, stop, health, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new ServiceRestartOptions { Services = run.Get(services)!, Project = run.Get(project), Dependents = run.Get(dependents), DryRun = run.Get(dryRun) };
            options = options with { StopTimeout = run.Get(stop) ?? options.StopTimeout, HealthTimeout = run.Get(health) ?? options.HealthTimeout };
            var report = await session.RestartServicesAsync(options, ct);
            run.Emit("serviceRestart", report, () => ShowStack.Restart(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }
}
