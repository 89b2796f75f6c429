using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Maintenance mode for people.</summary>
internal static class ShowMaintenance
{
    /// <summary>What was done, or would be.</summary>
    public static void Report(TextWriter writer, Paint paint, MaintenanceReport report)
    {
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {report.Proxy.ToString().ToLowerInvariant()}  {DrpOutput.Visible(report.Place)}");
        foreach (string step in report.Steps) writer.WriteLine("  · " + DrpOutput.Visible(step));
        foreach (string warning in report.Warnings) writer.WriteLine("  " + paint.Warn(CliTexts.Warning) + " " + DrpOutput.Visible(warning));
        if (report.Status == RunStatus.Planned && report.Text is { } text) writer.Write("\n" + text);
    }

    /// <summary>How it stands.</summary>
    public static void Status(TextWriter writer, Paint paint, MaintenanceStatus status)
    {
        string state = status.On ? paint.Warn(Text.Of(CliTexts.MaintenanceOn, Format.Moment(status.Since!.Value))) : paint.Good(CliTexts.MaintenanceOff);
        writer.WriteLine($"{state}  {status.Proxy.ToString().ToLowerInvariant()}  {DrpOutput.Visible(status.Place)}{(status.Reason is { } reason ? "  " + DrpOutput.Visible(reason) : "")}");
        if (status.Problem is { } problem) writer.WriteLine("  " + paint.Bad(DrpOutput.Visible(problem)));
    }
}
