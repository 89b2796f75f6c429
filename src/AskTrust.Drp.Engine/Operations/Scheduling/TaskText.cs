using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using AskTrust.Drp.Engine.Plan.Values;

namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>A job as a task of Windows: one trigger for each time of the day. Windows knows no time zone for a trigger but UTC and its own.</summary>
internal static class TaskText
{
    /// <summary>Most triggers of a task.</summary>
    private const int MostTriggers = 48;

    private static readonly XNamespace s_ns = "http://schemas.microsoft.com/windows/2004/02/mit/task";
    private static readonly string[] s_weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    /// <summary>The text.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: the schedule needs more triggers than a task may have.</exception>
    public static string Xml(OperationContext context, JobPlan job, string program)
    {
        CronFields schedule = Schedules.Of(job)!;
        if (!schedule.AnyDay && !schedule.AnyWeekday && !schedule.Either) throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(ScheduleTexts.NotForTasks, job.Name, job.Schedule)) { Subject = job.Name };
        var times = schedule.Hours.SelectMany(h => schedule.Minutes.Select(m => new TimeOnly(h, m))).ToList();
        XElement[] triggers = [.. times.SelectMany(t => Days(schedule).Select(d => Trigger(job, t, new XElement(d))))];
        if (triggers.Length > MostTriggers) throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(ScheduleTexts.TooManyTriggers, job.Name, triggers.Length, MostTriggers)) { Subject = job.Name };
        var task = new XElement(s_ns + "Task", new XAttribute("version", "1.2"),
            new XElement(s_ns + "RegistrationInfo", new XElement(s_ns + "Description", $"Job {job.Name} ({context.Plan.Name})")),
            new XElement(s_ns + "Triggers", triggers),
            new XElement(s_ns + "Principals", new XElement(s_ns + "Principal", new XAttribute("id", "Author"), new XElement(s_ns + "UserId", "S-1-5-18"), new XElement(s_ns + "RunLevel", "HighestAvailable"))),
            new XElement(s_ns + "Settings",
                new XElement(s_ns + "MultipleInstancesPolicy", "IgnoreNew"), new XElement(s_ns + "DisallowStartIfOnBatteries", "false"), new XElement(s_ns + "StopIfGoingOnBatteries", "false"),
                new XElement(s_ns + "StartWhenAvailable", "true"), new XElement(s_ns + "ExecutionTimeLimit", "PT0S")),
            new XElement(s_ns + "Actions", new XAttribute("Context", "Author"), new XElement(s_ns + "Exec",
                new XElement(s_ns + "Command", program),
                new XElement(s_ns + "Arguments", $"job run {job.Name} --plan \"{context.Plan.Path}\" --log \"{CronText.Log(context)}\" --quiet --reason schedule"))));
        return task.ToString(SaveOptions.None).ReplaceLineEndings("\n") + "\n";
    }

    /// <summary>The program of a text; null when it cannot be read.</summary>
    public static string? ProgramOf(string text)
    {
        try
        {
            return XDocument.Parse(text).Descendants(s_ns + "Command").FirstOrDefault()?.Value;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    /// <summary>In UTC (marked with Z) where the job is; else in the time of the machine, whose zone must then be the job's.</summary>
    private static XElement Trigger(JobPlan job, TimeOnly time, XElement days) => new(s_ns + "CalendarTrigger",
        new XElement(s_ns + "Enabled", "true"),
        new XElement(s_ns + "StartBoundary", string.Create(CultureInfo.InvariantCulture, $"2024-01-01T{time:HH:mm}:00{(job.TimeZone == "UTC" ? "Z" : "")}")),
        job.Jitter is { } jitter ? new XElement(s_ns + "RandomDelay", XmlConvert.ToString(jitter)) : null,
        days);

    private static IEnumerable<XElement> Days(CronFields schedule)
    {
        var months = new XElement(s_ns + "Months", schedule.Months.Select(m => new XElement(s_ns + CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName(m))));
        if (schedule.AnyDay && schedule.AnyWeekday && schedule.Months.Count == 12)
        {
            yield return new XElement(s_ns + "ScheduleByDay", new XElement(s_ns + "DaysInterval", 1));
            yield break;
        }

        if (!schedule.AnyWeekday)
        {
            var week = schedule.Weekdays.Select(d => new XElement(s_ns + s_weekdays[d]));
            yield return schedule.Months.Count == 12
                ? new XElement(s_ns + "ScheduleByWeek", new XElement(s_ns + "WeeksInterval", 1), new XElement(s_ns + "DaysOfWeek", week))
                : new XElement(s_ns + "ScheduleByMonthDayOfWeek", new XElement(s_ns + "Weeks", Enumerable.Range(1, 4).Select(w => new XElement(s_ns + "Week", w)).Append(new XElement(s_ns + "Week", "Last"))), new XElement(s_ns + "DaysOfWeek", week), months);
        }

        if (schedule.AnyWeekday || schedule.Either)
            yield return new XElement(s_ns + "ScheduleByMonth", new XElement(s_ns + "DaysOfMonth", schedule.Days.Select(d => new XElement(s_ns + "Day", d))), months);
    }
}
