using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Services for people.</summary>
internal static class ShowService
{
    /// <summary>What was done, or would be.</summary>
    public static void Report(TextWriter writer, Paint paint, ServiceReport report)
    {
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {paint.Bold(report.Name)}  {DrpOutput.Visible(report.File)}");
        foreach (string step in report.Steps) writer.WriteLine("  · " + DrpOutput.Visible(step));
        foreach (string warning in report.Warnings) writer.WriteLine("  " + paint.Warn(CliTexts.Warning) + " " + DrpOutput.Visible(warning));
        if (report.Status == RunStatus.Planned && report.Text is { } text) writer.Write("\n" + text);
    }

    /// <summary>What a server is like, and what was changed on it, or would be.</summary>
    public static void PointInTime(TextWriter writer, Paint paint, PointInTimeReport report)
    {
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {paint.Bold(report.Component)}  {DrpOutput.Visible(report.Server)}  {report.Slot}");
        foreach (PointInTimeFinding finding in report.Findings)
        {
            writer.WriteLine($"  {paint.Verdict(finding.Verdict, Show.Word(finding.Verdict).PadRight(7))}  {finding.Check}: {Redact.Passwords(DrpOutput.Visible(finding.Message))}");
            if (finding.Change is { } change) writer.WriteLine("           + " + Redact.Passwords(DrpOutput.Visible(change)));
            if (finding.Hint is { } hint) writer.WriteLine("           → " + Redact.Passwords(DrpOutput.Visible(hint)));
        }

        foreach (string step in report.Steps) writer.WriteLine("  · " + Redact.Passwords(DrpOutput.Visible(step)));
        foreach (string warning in report.Warnings) writer.WriteLine("  " + paint.Warn(CliTexts.Warning) + " " + Redact.Passwords(DrpOutput.Visible(warning)));
    }

    /// <summary>How one stands.</summary>
    public static void Status(TextWriter writer, Paint paint, ServiceStatus service)
    {
        string state = service.State switch
        {
            ServiceFileState.Current => paint.Good(CliTexts.ServiceCurrent),
            ServiceFileState.Outdated => paint.Warn(CliTexts.ServiceOutdated),
            ServiceFileState.Foreign => paint.Bad(CliTexts.ServiceForeign),
            _ => paint.Warn(CliTexts.ServiceMissing),
        };
        writer.WriteLine($"{service.Name}  {state}  {service.Enabled ?? "-"}  {service.Active ?? "-"}  {DrpOutput.Visible(service.File)}");
    }
}
