using System.CommandLine;
using AskTrust.Drp.Cli.Completion;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp job run</c>: what schedulers call.</summary>
internal static class JobCommand
{
    public static Command Build() => new("job", CliTexts.CommandJob) { RunOne() };

    private static Command RunOne()
    {
        var name = new Argument<string>("JOB") { Description = CliTexts.ArgumentJob };
        name.CompletionSources.Add(PlanNames.Jobs);
        var reason = new Option<string?>("--reason") { Description = CliTexts.OptionReason, HelpName = "TEXT" };
        var scheduled = new Option<bool>("--scheduled") { Description = CliTexts.OptionScheduled };
        var whenDue = new Option<bool>("--when-due") { Description = CliTexts.OptionWhenDue };
        var log = new Option<string?>("--log") { Description = CliTexts.OptionLog, HelpName = "FILE" };
        var dryRun = Options.DryRun();
        var command = new Command("run", CliTexts.CommandJobRun) { name, reason, scheduled, whenDue, log, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            run.LogFile = run.Get(log) is { } file ? Path.GetFullPath(file) : null;
            await using var session = await run.OpenAsync(ct);
            var options = new JobOptions { Name = run.Get(name)!, Reason = run.Get(reason), Scheduled = run.Get(scheduled), WhenDue = run.Get(whenDue), DryRun = run.Get(dryRun) };
            var report = await session.RunJobAsync(options, ct);
            run.Emit("job", report, () => ShowSchedule.Job(Console.Out, run.Paint, report));
            // A job that cron runs with --quiet says nothing on standard output but why it failed: that is what cron mails.
            if (run.Quiet) ShowSchedule.Failures(Console.Error, report);
            return report.Code;
        }));
        return command;
    }
}
