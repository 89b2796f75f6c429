using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp health</c>: is all well.</summary>
internal static class HealthCommand
{
    public static Command Build()
    {
        var name = new Argument<string?>("NAME") { Description = CliTexts.ArgumentHealth, Arity = ArgumentArity.ZeroOrOne };
        var kinds = new Option<HealthKind[]>("--kind", "-k") { Description = CliTexts.OptionHealthKind, HelpName = "KIND", DefaultValueFactory = _ => [] };
        var timeout = Options.Time("--timeout", CliTexts.OptionHealthTimeout);
        var watch = new Option<bool>("--watch", "-w") { Description = CliTexts.OptionWatch };
        var interval = Options.Time("--interval", CliTexts.OptionInterval);
        var command = new Command("health", CliTexts.CommandHealth) { name, kinds, timeout, watch, interval };
        command.Validators.Add(result =>
        {
            if (result.GetResult(interval) is not null && result.GetResult(watch) is null) result.AddError(Text.Of(CliTexts.NeedsToo, "--interval", "--watch"));
        });
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new HealthOptions { Name = run.Get(name), Kinds = run.Get(kinds)!, Timeout = run.Get(timeout) };
            if (run.Get(watch)) return await WatchAsync(run, session, options, run.Get(interval) ?? TimeSpan.FromSeconds(5), ct);
            List<HealthCheck> checks = [];
            await foreach (var check in session.HealthAsync(options, ct))
            {
                checks.Add(check);
                if (run.Json) run.Emit("health", check, () => { });
            }

            if (!run.Json) ShowHealth.All(Console.Out, run.Paint, checks);
            return ExitCodes.Of(checks);
        }));
        return command;
    }

    /// <summary>Until somebody stops it; the exit code is that of the last round.</summary>
    private static async Task<DrpError> WatchAsync(Run run, Engine.Composition.DrpSession session, HealthOptions options, TimeSpan interval, CancellationToken ct)
    {
        DrpError last = DrpError.None;
        await foreach (var round in session.WatchHealthAsync(options, interval, ct))
        {
            if (run.Json) foreach (var check in round) run.Emit("health", check, () => { });
            else ShowHealth.Round(Console.Out, run.Paint, round);
            last = ExitCodes.Of(round);
        }

        return last;
    }
}
