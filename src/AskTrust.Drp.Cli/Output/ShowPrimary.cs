using System.Globalization;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Primary and standby for people.</summary>
internal static class ShowPrimary
{
    /// <summary>How a pair stands.</summary>
    public static void Status(TextWriter writer, Paint paint, PrimaryStatus status)
    {
        writer.WriteLine($"{paint.Verdict(status.Verdict, Show.Word(status.Verdict))}  " + Text.Of(CliTexts.PrimaryLine, V(status.Component), status.Primary is { } name ? paint.Bold(V(name)) : "–", status.Epoch?.ToString(CultureInfo.InvariantCulture) ?? "?"));
        foreach (NodeStatus node in status.Nodes)
        {
            string role = node.Role switch
            {
                NodeRole.Primary => paint.Good(CliTexts.RolePrimary),
                NodeRole.Standby => node.Streams ? paint.Good(CliTexts.RoleStreams) : paint.Warn(CliTexts.RoleStandby),
                NodeRole.Stale => paint.Bad(CliTexts.RoleStale),
                _ => paint.Bad(CliTexts.RoleSilent),
            };
            string lag = node.Node == status.Standby && status.LagBytes is { } bytes ? "  " + Text.Of(CliTexts.Behind, Format.Bytes(bytes)) : "";
            string place = node.Timeline is { } timeline ? string.Create(CultureInfo.InvariantCulture, $"  {timeline}:{node.Position?.ToString() ?? "–"}") : "";
            writer.WriteLine($"  {V(node.Node)}  {role}{place}{lag}  {V(node.Location)}");
        }

        foreach (string problem in status.Problems) writer.WriteLine("  " + (status.Verdict == CheckVerdict.Failed ? paint.Bad(V(problem)) : paint.Warn(V(problem))));
    }

    /// <summary>What a switch did.</summary>
    public static void Switch(TextWriter writer, Paint paint, PrimarySwitchReport report)
    {
        Head(writer, paint, report);
        if (report.Status != RunStatus.Planned)
        {
            string loss = report.LossFree ? CliTexts.NoLoss : report.LossBytes is { } bytes ? Text.Of(CliTexts.KnownLoss, Format.Bytes(bytes)) : CliTexts.UnknownLoss;
            string down = report.Downtime is { } time ? "  " + Text.Of(CliTexts.NobodyWrote, Format.Duration(time)) : "";
            writer.WriteLine($"  {loss}{down}  " + Text.Of(CliTexts.SwitchNumber, report.Epoch, report.Timeline?.ToString(CultureInfo.InvariantCulture) ?? "–"));
        }

        Tail(writer, paint, report);
    }

    /// <summary>What became of a server that was made a standby.</summary>
    public static void Repair(TextWriter writer, Paint paint, PrimarySwitchReport report)
    {
        Head(writer, paint, report);
        Tail(writer, paint, report);
    }

    private static void Head(TextWriter writer, Paint paint, PrimarySwitchReport report) =>
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {V(report.Component)}: {V(report.From)} → {paint.Bold(V(report.To))}  {V(report.SwitchId)}  {Format.Duration(report.Duration)}");

    private static void Tail(TextWriter writer, Paint paint, PrimarySwitchReport report)
    {
        foreach (SwitchStep step in report.Steps)
            writer.WriteLine($"  {(step.Status == RunStatus.Planned ? "·" : paint.Status(step.Status, Show.Word(step.Status)))} {V(step.Text)}{(step.Elapsed is { } time ? "  " + Format.Duration(time) : "")}");
        string? standby = report.Standby switch
        {
            StandbyOutcome.Following => CliTexts.StandbyFollowing,
            StandbyOutcome.Rewound => CliTexts.StandbyRewound,
            StandbyOutcome.Reseeded => CliTexts.StandbyReseeded,
            _ => null,
        };
        if (standby is not null) writer.WriteLine("  " + Text.Of(standby, V(report.From)));
        if (report.Previous is { } previous) writer.WriteLine("  " + Text.Of(CliTexts.PreviousKept, V(previous)));
        foreach (string warning in report.Warnings) writer.WriteLine("  " + paint.Warn(CliTexts.Warning) + " " + Redact.Passwords(V(warning)));
    }

    private static string V(string? text) => DrpOutput.Visible(text);
}
