using AskTrust.Drp.Cli.Commands;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Jobs and their schedules for people.</summary>
internal static class ShowSchedule
{
    /// <summary>A run of a job.</summary>
    public static void Job(TextWriter writer, Paint paint, JobReport report)
    {
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {paint.Bold(report.Job)}  {Format.Duration(report.Duration)}{(report.Message is { } message ? "  " + DrpOutput.Visible(message) : "")}");
        foreach (var step in report.Steps)
        {
            writer.WriteLine($"  {paint.Status(step.Status, Show.Word(step.Status))}  {Word(step.Action)}  {Redact.Passwords(DrpOutput.Visible(step.Message))}");
            if (step.Hint is { } hint) writer.WriteLine("    → " + Redact.Passwords(DrpOutput.Visible(hint)));
        }
    }

    /// <summary>Only the steps that failed, one line each.</summary>
    public static void Failures(TextWriter writer, JobReport report)
    {
        foreach (var step in report.Steps.Where(s => s.Code != DrpError.None)) writer.WriteLine($"{report.Job}, {Word(step.Action)}: {Redact.Passwords(DrpOutput.Visible(step.Message))}");
    }

    /// <summary>What was done with the schedules, or would be.</summary>
    public static void Report(TextWriter writer, Paint paint, ScheduleReport report)
    {
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {paint.Bold(string.Join(", ", report.Jobs))}  {ScheduleCommand.Word(report.Manager)}");
        foreach (string step in report.Steps) writer.WriteLine("  · " + DrpOutput.Visible(step));
        foreach (string warning in report.Warnings) writer.WriteLine("  " + paint.Warn(CliTexts.Warning) + " " + DrpOutput.Visible(warning));
        if (report.Status == RunStatus.Planned && report.Text is { } text) writer.Write("\n" + text);
    }

    /// <summary>How they stand.</summary>
    public static void List(TextWriter writer, Paint paint, IReadOnlyList<ScheduleStatus> all)
    {
        var table = new Table(new Table.Column(CliTexts.ColumnJob), new Table.Column(CliTexts.ColumnSchedule), new Table.Column(CliTexts.ColumnState), new Table.Column(CliTexts.ColumnLastRun),
            new Table.Column(CliTexts.ColumnEnded), new Table.Column(CliTexts.ColumnNextRun), new Table.Column(CliTexts.ColumnMissed, Right: true), new Table.Column(CliTexts.ColumnPlace));
        foreach (var one in all)
        {
            string ended = one.LastStatus is { } status ? Show.Word(status) + (one.LastCode is { } code && code != DrpError.None ? $" ({(int)code})" : "") : "-";
            table.Add(
                one.Job, $"{one.Schedule} {one.TimeZone}", new(State(one.State), one.State == ServiceFileState.Current ? paint.Good : paint.Warn), one.LastRun is { } last ? Format.Moment(last) : "-",
                new(ended, one.LastStatus is { } s ? t => paint.Status(s, t) : null), Format.Moment(one.NextRun), new(Format.Number(one.Missed.Count), one.Missed.Count > 0 ? paint.Bad : null), one.Place);
        }

        table.Write(writer, paint);
        foreach (var one in all.Where(s => s.Missed.Count > 0))
            writer.WriteLine(paint.Warn(CliTexts.Warning) + " " + Text.Of(CliTexts.MissedRuns, one.Job, string.Join(", ", one.Missed.TakeLast(5).Select(Format.Moment)) + (one.Missed.Count > 5 ? ", …" : "")));
    }

    private static string State(ServiceFileState state) => state switch
    {
        ServiceFileState.Current => CliTexts.ServiceCurrent,
        ServiceFileState.Outdated => CliTexts.ServiceOutdated,
        ServiceFileState.Foreign => CliTexts.ServiceForeign,
        _ => CliTexts.ServiceMissing,
    };

    private static string Word(JobAction action) => action switch
    {
        JobAction.Backup => "backup",
        JobAction.Sync => "sync",
        JobAction.Verify => "verify",
        JobAction.TestRestore => "test-restore",
        _ => "prune",
    };
}
