using System.Globalization;
using AskTrust.Drp.Engine.Plan.Values;

namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>
/// The lines of a job for cron: a comment that names it, and the entry. Where cron's clock is not the job's, the entry comes at every time of the machine that the job may
/// fall on (summer time moves it), and <c>drp job run --when-due</c> skips all but the right one: this works with every cron, also Debian's, which knows no CRON_TZ.
/// </summary>
/// <param name="setting">Plan, program, options.</param>
/// <param name="machine">Time zone of the machine.</param>
internal sealed class CronText(ScheduleSetting setting, TimeZoneInfo machine)
{
    /// <summary>Longest command cron takes.</summary>
    private const int Longest = 990;

    private const string Path_ = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const string Verb = " job run ";

    /// <summary>File that runs of cron write their messages to.</summary>
    public static string Log(OperationContext context) => Path.Combine(context.Host.Temp.StateDirectory, "log", context.Plan.Name + ".log");

    /// <summary>The comment before the entry of a job.</summary>
    public static string Mark(string job) => $"# job {job} ";

    /// <summary>The two lines of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="program">Path of <c>drp</c>.</param>
    /// <param name="user">User, where the entry names one; null = it names none.</param>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: a path cannot stand in a crontab.</exception>
    public IReadOnlyList<string> Lines(JobPlan job, string program, string? user)
    {
        CronFields schedule = Schedules.Of(job)!;
        TimeZoneInfo zone = Schedules.ZoneOf(job);
        bool same = zone.HasSameRules(machine);
        string fields = same ? Schedules.Macros.GetValueOrDefault(job.Schedule!, job.Schedule!) : Candidates(schedule, zone);
        string command = Command(job, program, sameClock: same);
        if (command.Length > Longest || command.Any(char.IsControl)) throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(ScheduleTexts.NotForCron, setting.Context.Plan.Path)) { Hint = ScheduleTexts.NotForCronHint, Subject = setting.Context.Plan.Path };
        return [Mark(job.Name) + $"({job.Schedule}, {job.TimeZone})", $"{fields} {(user is null ? "" : user + " ")}{command}"];
    }

    /// <summary>The program an entry runs; null when it is none of ours.</summary>
    public static string? ProgramOf(string entry)
    {
        int verb = entry.IndexOf(Verb, StringComparison.Ordinal), exec = entry.IndexOf(" exec '", StringComparison.Ordinal);
        return exec < 0 || verb < exec ? null : entry[(exec + 7)..(verb - 1)].Replace("'\\''", "'", StringComparison.Ordinal).Replace("\\%", "%", StringComparison.Ordinal);
    }

    /// <summary>Every time of day of the machine at which the job may be due: its times for a year and a month.</summary>
    private string Candidates(CronFields schedule, TimeZoneInfo zone)
    {
        DateTimeOffset now = setting.Context.Clock.GetUtcNow();
        SortedSet<int> minutes = [], hours = [];
        foreach (DateTimeOffset moment in schedule.Between(now, now.AddDays(396), zone))
        {
            DateTimeOffset local = TimeZoneInfo.ConvertTime(moment, machine);
            minutes.Add(local.Minute);
            hours.Add(local.Hour);
        }

        // Rare ones (29 February) are there in whole years only: then any hour may be theirs.
        if (minutes.Count == 0 || hours.Count == 24) hours = [.. Enumerable.Range(0, 24)];
        if (minutes.Count == 0) minutes = [.. schedule.Minutes];
        return $"{List(minutes, 60)} {List(hours, 24)} * * *";
    }

    private string Command(JobPlan job, string program, bool sameClock)
    {
        OperationContext context = setting.Context;
        string environment = Word(setting.EnvironmentFile);
        string line = $"set -a; [ ! -r {environment} ] || . {environment}; PATH={Path_} DRP_STATE={Word(context.Host.Temp.StateDirectory)} exec {Word(program)}{Verb}{job.Name} --plan {Word(context.Plan.Path)} --log {Word(Log(context))} --scheduled{(sameClock ? "" : " --when-due")} --quiet >/dev/null";
        // To cron, a percent sign is a line break.
        return line.Replace("%", "\\%", StringComparison.Ordinal);
    }

    private static string Word(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string List(SortedSet<int> values, int all) => values.Count == all ? "*" : string.Join(',', values.Select(v => v.ToString(CultureInfo.InvariantCulture)));
}
