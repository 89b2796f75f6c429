using System.CommandLine;
using AskTrust.Drp.Cli.Completion;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp schedule</c>: has the jobs of the plan called at their times.</summary>
internal static class ScheduleCommand
{
    private static readonly (string Word, ScheduleManager Manager)[] s_managers =
        [("auto", ScheduleManager.Auto), ("systemd", ScheduleManager.Systemd), ("crontab", ScheduleManager.Crontab), ("cron.d", ScheduleManager.CronFolder), ("windows", ScheduleManager.Windows)];

    public static Command Build() => new("schedule", CliTexts.CommandSchedule) { Register(), Unregister(), List() };

    /// <summary>A manager as it is written.</summary>
    public static string Word(ScheduleManager manager) => s_managers.First(m => m.Manager == manager).Word;

    private static Command Register()
    {
        var jobs = Jobs();
        var manager = Manager();
        var folder = Folder();
        var program = new Option<string?>("--program") { Description = CliTexts.OptionServiceProgram, HelpName = "PATH" };
        var user = User();
        var credentials = new Option<string[]>("--credential") { Description = CliTexts.OptionServiceCredential, HelpName = "NAME=FILE", DefaultValueFactory = _ => [] };
        var dryRun = Options.DryRun();
        var command = new Command("register", CliTexts.CommandScheduleRegister) { jobs, manager, folder, program, user, credentials, dryRun };
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
            var options = Read(run, jobs, manager, folder, user) with
            {
                Program = run.Get(program) ?? ServiceCommand.OwnProgram, DryRun = run.Get(dryRun),
                Credentials = run.Get(credentials)!.Select(c => c.Split('=', 2)).ToDictionary(c => c[0], c => Path.GetFullPath(c[1]), StringComparer.Ordinal),
            };
            var report = await session.RegisterScheduleAsync(options, ct);
            run.Emit("scheduleRegister", report, () => ShowSchedule.Report(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }

    private static Command Unregister()
    {
        var jobs = Jobs();
        var manager = Manager();
        var folder = Folder();
        var user = User();
        var dryRun = Options.DryRun();
        var command = new Command("unregister", CliTexts.CommandScheduleUnregister) { jobs, manager, folder, user, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var report = await session.UnregisterScheduleAsync(Read(run, jobs, manager, folder, user) with { DryRun = run.Get(dryRun) }, ct);
            run.Emit("scheduleUnregister", report, () => ShowSchedule.Report(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }

    private static Command List()
    {
        var jobs = Jobs();
        var manager = Manager();
        var folder = Folder();
        var user = User();
        var command = new Command("list", CliTexts.CommandScheduleList) { jobs, manager, folder, user };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            List<ScheduleStatus> all = [];
            await foreach (var schedule in session.SchedulesAsync(Read(run, jobs, manager, folder, user), ct))
            {
                all.Add(schedule);
                if (run.Json) run.Emit("schedule", schedule, () => { });
            }

            if (!run.Json) run.Emit("schedule", all, () => ShowSchedule.List(Console.Out, run.Paint, all));
            return ExitCodes.Of(all);
        }));
        return command;
    }

    private static ScheduleOptions Read(Run run, Argument<string[]> jobs, Option<string> manager, Option<string?> folder, Option<string?> user) => new()
    {
        Jobs = run.Get(jobs)!, Manager = s_managers.First(m => m.Word == run.Get(manager)).Manager, Folder = run.Get(folder) is { } named ? Path.GetFullPath(named) : null, User = run.Get(user),
    };

    private static Argument<string[]> Jobs()
    {
        var jobs = new Argument<string[]>("JOB") { Description = CliTexts.ArgumentJobs, Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
        jobs.CompletionSources.Add(PlanNames.Jobs);
        return jobs;
    }

    private static Option<string> Manager()
    {
        string[] words = [.. s_managers.Select(m => m.Word)];
        var manager = Options.Named(new Option<string>("--manager", "-m") { Description = CliTexts.OptionScheduleManager, DefaultValueFactory = _ => "auto" }, words);
        manager.AcceptOnlyFromAmong(words);
        return manager;
    }

    private static Option<string?> Folder() => new("--folder") { Description = CliTexts.OptionScheduleFolder, HelpName = "DIR" };

    private static Option<string?> User() => new("--user") { Description = CliTexts.OptionScheduleUser, HelpName = "NAME" };
}
