using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp backup</c>.</summary>
internal static class BackupCommand
{
    public static Command Build()
    {
        var job = Options.Job();
        var components = Options.Components();
        var repositories = Options.Repositories();
        var reason = new Option<string?>("--reason") { Description = CliTexts.OptionReason, HelpName = "TEXT" };
        var pin = new Option<bool>("--pin") { Description = CliTexts.OptionPin };
        var kind = Options.Named(new Option<string?>("--kind", "-k") { Description = CliTexts.OptionKindOfBackup }, "full", "base");
        var full = new Option<bool>("--full") { Description = CliTexts.OptionFull };
        var maxAge = new Option<TimeSpan?>("--max-age")
        {
            Description = CliTexts.OptionMaxAge,
            HelpName = "DURATION",
            CustomParser = result =>
            {
                var duration = Options.Duration(result.Tokens[0].Value);
                if (duration is null) result.AddError(Text.Of(CliTexts.NotADuration, result.Tokens[0].Value));
                return duration;
            },
        };
        var proven = new Option<bool>("--require-proven") { Description = CliTexts.OptionRequireProven };
        var dryRun = Options.DryRun();
        var command = new Command("backup", CliTexts.CommandBackup) { job, components, repositories, kind, full, reason, pin, maxAge, proven, dryRun };
        kind.AcceptOnlyFromAmong("full", "base");
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new BackupOptions
            {
                Job = run.Get(job),
                Components = run.Get(components)!,
                Repositories = run.Get(repositories)!,
                Kind = run.Get(kind),
                Full = run.Get(full),
                Reason = run.Get(reason),
                Pin = run.Get(pin),
                MaxAge = run.Get(maxAge),
                RequireProven = run.Get(proven),
                DryRun = run.Get(dryRun),
            };
            var report = await session.BackupAsync(options, ct);
            run.Emit("backup", report, () => Show.Backup(Console.Out, run.Paint, report));
            return report.Code;
        }));
        return command;
    }
}
