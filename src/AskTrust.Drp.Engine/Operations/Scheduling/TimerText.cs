using System.Globalization;
using AskTrust.Drp.Engine.Operations.Services;
using AskTrust.Drp.Engine.Plan;
using AskTrust.Drp.Engine.Plan.Values;

namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>The two units of a job: its service and the timer that starts it.</summary>
internal static class TimerText
{
    private static readonly string[] s_weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    /// <summary>Calendar events of systemd, in the time zone of the job. Two where a cron expression takes a day of the month or one of the week.</summary>
    public static IReadOnlyList<string> Calendar(CronFields schedule, string zone)
    {
        string time = $"{List(schedule.Hours, 24)}:{List(schedule.Minutes, 60)}:00 {zone}";
        string months = List(schedule.Months, 12), days = List(schedule.Days, 31);
        string week = schedule.AnyWeekday ? "" : string.Join(',', schedule.Weekdays.Select(d => s_weekdays[d])) + " ";
        return schedule.Either ? [$"*-{months}-{days} {time}", $"{week}*-{months}-* {time}"] : [$"{week}*-{months}-{days} {time}"];
    }

    /// <summary>The timer.</summary>
    public static string Timer(OperationContext context, JobPlan job) => $"""
        [Unit]
        Description=Times of the job {job.Name} ({context.Plan.Name})

        [Timer]
        {string.Join('\n', Calendar(Schedules.Of(job)!, job.TimeZone).Select(c => "OnCalendar=" + c))}
        # A time that passed while the machine was off is made up for.
        Persistent=true
        AccuracySec=1s
        RandomizedDelaySec={(job.Jitter is { } jitter ? (long)jitter.TotalSeconds : 0).ToString(CultureInfo.InvariantCulture)}s

        [Install]
        WantedBy=timers.target

        """.ReplaceLineEndings("\n");

    /// <summary>The service. Its output goes to the journal.</summary>
    public static string Service(ScheduleSetting setting, JobPlan job)
    {
        OperationContext context = setting.Context;
        string[] variables = [.. PlanSecrets.Of(context.Plan).Where(s => s.Kind == SecretKind.Environment).Select(s => s.Target)];
        return $"""
            [Unit]
            Description=Job {job.Name} ({context.Plan.Name})
            Wants=network-online.target
            After=network-online.target docker.service postgresql.service

            [Service]
            Type=oneshot
            ExecStart={UnitText.Word(setting.Program)} job run {job.Name} --plan {UnitText.Word(context.Plan.Path)} --reason schedule

            """.ReplaceLineEndings("\n")
            + UnitText.Surroundings(context.Host.Temp.StateDirectory, setting.EnvironmentFile, variables, setting.Options.Credentials, setting.Options.User)
            + UnitText.Hardening
            + $"ReadWritePaths={string.Join(' ', Folders(context).Select(f => UnitText.Quote("-" + f)))}\n";
    }

    /// <summary>What a job writes to.</summary>
    private static IEnumerable<string> Folders(OperationContext context) =>
        context.Plan.Repositories.Values.OfType<DirectoryRepositoryPlan>().Select(r => Path.GetFullPath(r.Path, context.Plan.Folder)).Prepend(context.Host.Temp.StateDirectory).Distinct(StringComparer.Ordinal);

    private static string List(IReadOnlyList<int> values, int all) =>
        values.Count == all ? "*" : string.Join(',', values.Select(v => v.ToString("00", CultureInfo.InvariantCulture)));
}
